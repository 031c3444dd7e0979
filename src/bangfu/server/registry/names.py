"""How a name is typed by its sound: pinyin without tones and initials, surnames read as surnames."""

from __future__ import annotations

SURNAMES = {
    "单于": "chan yu", "单": "shan", "解": "xie", "仇": "qiu", "查": "zha", "曾": "zeng", "区": "ou", "盖": "ge", "乐": "yue", "朴": "piao",
    "任": "ren", "华": "hua", "秘": "bi", "召": "shao", "覃": "qin", "缪": "miao", "翟": "zhai", "种": "chong", "员": "yun", "折": "she",
    "繁": "po", "冼": "xian", "卜": "bu", "黑": "he", "逄": "pang", "郇": "xun", "祭": "zhai",
}  # fmt: skip
"""Readings of surnames that differ from how the character is mostly read."""


def sounds(name: str) -> tuple[str, str]:
    """Return pinyin in lower case without spaces, and the initials."""
    from pypinyin import lazy_pinyin  # reads a dictionary of phrases for half a second: only for who writes names

    name = name.strip()
    for length in (2, 1):
        reading = SURNAMES.get(name[:length])
        if reading:
            syllables = [*reading.split(), *lazy_pinyin(name[length:])]
            break
    else:
        syllables = lazy_pinyin(name)
    said = [s.lower().replace("ü", "v") for s in syllables if s.strip()]
    return "".join(said)[:200], "".join(s[0] for s in said)[:60]

"""What people write out of habit in an expression that is not part of the language, and what to write instead.

Nothing here decides what an expression means: ``parse`` does. A habit is looked for first, because Python would read some
(``2024-10-11`` is a subtraction to it) and would only say "wrong" of the others.
"""

from __future__ import annotations

import re

from bangfu.rules.vocabulary import Label

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_HABITS: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(r"\d{4}-\d{1,2}-\d{1,2}|\d{4}年"),
        "日期“{said}”不能写在表达式里：起止日写在条目的 from、until；随日期变的值写成参数的 values；从某事算起请用日期事实",
        'the date "{said}" cannot stand in an expression: days of force go to from and until of the entry, values that change to the values of a parameter, spells to a date fact',
    ),
    (
        re.compile(r"\d[\d.]*\s*(?:%|％|万?元[/\w·]*|[人户家次月岁年日周](?![\w.]))"),
        "“{said}”带单位或百分号，不能写在表达式里：请在 figures 里取名，如 figures: {{line: {said}}}，这里写名称",
        '"{said}" has a unit and cannot stand in an expression: name it in figures, such as figures: {{line: {said}}}, and write the name here',
    ),
    (re.compile(r"[（），：；“”‘’＝＞＜＋－＊／]"), "“{said}”是全角符号，请改用半角（英文）符号", '"{said}" is a full-width sign: use the ASCII one'),
    (re.compile(r"且|并且|或者|[≤≥≠×÷]|&&|\|\|"), "不认识“{said}”：且写 and，或写 or，非写 not，比较写 <= >= !=，乘除写 * /", 'there is no "{said}": write and, or, not; <= >= !=; * /'),
    (re.compile(r"(?<![=!<>])=(?!=)"), "相等要写两个等号 ==", "equality takes two signs: =="),
)
_KINDS = {
    "yes_no": Label("是或否", "yes or no"), "number": Label("数", "a number"), "code": Label("代码", "a code"),
    "codes": Label("多选代码", "several codes"), "date": Label("日期", "a date"), "list": Label("清单", "a list of codes"),
    "bands": Label("分档表（用 band 或 marginal 读取）", "a table of bands (read it with band or marginal)"),
    "rounding": Label("取整方式", "a way of rounding"), "text": Label("文字", "a text"),
}  # fmt: skip


def kind_words(kind: str) -> Label:
    """Return what a type is called."""
    return _KINDS.get(kind, Label(kind, kind))


def habit_in(text: str) -> tuple[int, str, str] | None:
    """Return (0-based column, 中文, English) of the first habit in an expression, quoted codes left out; None if there is none.

    >>> habit_in("age >= 60"), habit_in("'2024-01-01' in x"), (habit_in("age = 60") or (0,))[0]
    (None, None, 4)
    """
    bare = _QUOTED.sub(lambda found: " " * len(found[0]), text)
    hits = [(found.start(), found[0], zh, en) for pattern, zh, en in _HABITS if (found := pattern.search(bare))]
    if not hits:
        return None
    column, said, zh, en = min(hits)
    return column, zh.format(said=said), en.format(said=said)

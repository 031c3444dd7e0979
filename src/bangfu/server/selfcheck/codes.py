"""Codes by which a visitor finds kept answers again: 65 bits by chance, easy to read aloud, kept as keyed digests alone."""

from __future__ import annotations

import re
import secrets
import unicodedata

from bangfu.server.registry.identity import key_ring

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""32 signs without I, L, O and U, which are misread."""
LENGTH = 13
GROUPS = (5, 4, 4)
CODE_PURPOSE, WHOLE_PURPOSE = "selfcheck.code", "selfcheck.code+last4"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_LAST_FOUR = re.compile(r"[0-9]{3}[0-9X]")


def new_code() -> str:
    """Return a new code without its dashes."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def grouped(code: str) -> str:
    """Return a code as it is shown: ``XXXXX-XXXX-XXXX``."""
    parts, start = [], 0
    for length in GROUPS:
        parts.append(code[start : start + length])
        start += length
    return "-".join(parts)


def read_code(text: str) -> str | None:
    """Return the code somebody typed (any case, spaces, dashes, full-width signs, O for 0); None where it is none."""
    plain = re.sub(r"[\s\-–—_.·]", "", unicodedata.normalize("NFKC", text[:100])).upper().translate(_MISREAD)
    return plain if len(plain) == LENGTH and all(sign in ALPHABET for sign in plain) else None


def read_last_four(text: str) -> str | None:
    """Return the last four signs of an ID number; None where they cannot be."""
    plain = unicodedata.normalize("NFKC", text[:20]).strip().upper()
    return plain if _LAST_FOUR.fullmatch(plain) else None


def code_digest(code: str) -> str:
    """Return the digest by which the row is found."""
    return key_ring().blind_index(code, CODE_PURPOSE)


def whole_digest(code: str, last_four: str) -> str:
    """Return the digest that proves both."""
    return key_ring().blind_index(f"{code}\n{last_four}", WHOLE_PURPOSE)

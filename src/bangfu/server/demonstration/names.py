"""Names, addresses and numbers of people who do not exist. Nothing here can be somebody's.

ID numbers carry a birth two hundred years after the person's own, so that nobody bears them; they pass the check digit
because the register refuses those that do not.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from stdnum.cn import ric

LONG_NAMES = (
    "欧阳建国", "司马秀英", "诸葛志强", "上官雨桐", "阿依古丽", "买买提江", "巴特尔", "尼玛次仁", "卓玛央金", "古丽巴哈尔", "玛依努尔·艾合买提",
    "阿卜杜热合曼·买买提明", "次仁多吉", "苏日娜", "皇甫国平", "热依汗古丽",
)  # fmt: skip
"""Longer names, of several peoples; put together from common parts, nobody is meant."""
LONG_SHARE = 7
YEARS_AFTER = 200
ROADS = ("示例一路", "示例二路", "示例巷", "虚构里", "样例街")


def share(*key: object) -> int:
    """Return a number from 0 to 99 that depends on the key alone."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:4], "big") % 100


def name_of(drawn: str, person: str) -> str:
    """Return the name of a made-up person: as drawn, for some a longer one."""
    if share("long", person) >= LONG_SHARE:
        return drawn
    return LONG_NAMES[share("which", person) % len(LONG_NAMES)]


def address_of(community: str, number: int) -> str:
    """Return the made-up address of a household."""
    road = ROADS[share("road", community, number) % len(ROADS)]
    return f"{community}{road}{number % 97 + 1}号{number % 6 + 1}栋{number % 18 + 1:d}{share('door', number) % 4 + 1:02d}室（虚构）"


def birthday_on_card(born: dt.date) -> dt.date:
    """Return the birth that the ID number of a made-up person carries."""
    return born.replace(year=born.year + YEARS_AFTER, day=28 if (born.month, born.day) == (2, 29) else born.day)


def id_number_of(district: str, on_card: dt.date, sex: str | None, sequence: int) -> str:
    """Return an ID number with a right check digit that nobody bears; ``sequence`` tells apart who is born on one day."""
    body = f"{district}{on_card:%Y%m%d}{sequence * 2 + (sex != 'female'):03d}"
    digit: str = ric.calc_check_digit(body + "0")
    return body + digit

"""Names, addresses and numbers of people who do not exist. Nothing here can be somebody's.

ID numbers carry a birth two hundred years after the person's own, so that nobody bears them; they pass the check digit
because the register refuses those that do not.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from stdnum.cn import ric

LONG_NAMES = (
    ("欧阳建国", "诸葛志强", "买买提江", "巴特尔", "尼玛次仁", "阿卜杜热合曼·买买提明", "次仁多吉", "皇甫国平"),
    ("司马秀英", "上官雨桐", "阿依古丽", "卓玛央金", "古丽巴哈尔", "玛依努尔·艾合买提", "苏日娜", "热依汗古丽"),
)
"""Longer names, of men and of women, of several peoples; put together from common parts, nobody is meant."""
LONG_SHARE = 12
SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹")
GIVEN = (
    (
        (2000, ("浩然", "子轩", "宇轩", "俊杰", "博文", "晨", "天佑", "一鸣", "嘉豪", "思远")),
        (1970, ("伟", "强", "磊", "军", "勇", "杰", "涛", "明", "超", "鹏")),
        (0, ("建国", "国平", "德福", "志强", "福生", "永贵", "大川", "启明", "长根", "和平")),
    ),
    (
        (2000, ("雨桐", "欣怡", "梓涵", "诗琪", "佳怡", "思雨", "一诺", "可欣", "语嫣", "子涵")),
        (1970, ("芳", "敏", "静", "丽", "艳", "娟", "霞", "丽华", "晓燕", "婷")),
        (0, ("秀英", "桂兰", "玉珍", "秀兰", "玉梅", "凤英", "淑珍", "桂英", "春香", "金花")),
    ),
)
"""For men and for women: born since a year → given names of the time."""
OF_THE_HOUSE = ("child", "grandchild", "sibling")
"""Who bears the head's surname, beside a father."""


def bears(relation: str | None, sex: str | None) -> bool:
    """Tell whether somebody bears the surname of the house."""
    return relation in ("self", *OF_THE_HOUSE) or (relation == "parent" and sex == "male")
YEARS_AFTER = 200
ROADS = ("示例一路", "示例二路", "示例巷", "虚构里", "样例街")


def share(*key: object) -> int:
    """Return a number from 0 to 99 that depends on the key alone."""
    return int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:4], "big") % 100


def surname_of(*key: object) -> str:
    """Return a common surname."""
    return SURNAMES[share("surname", *key) % len(SURNAMES)]


def name_of(person: str, surname: str, sex: str | None, born: dt.date | None, *, shares: bool) -> str:
    """Return the name of a made-up person, as people of that sex and age are called.

    Some of the grown-up who share their surname with nobody of the household have a longer one.
    """
    year = 1970 if born is None else born.year
    if not shares and year < 2000 and share("long", person) < LONG_SHARE:
        longer = LONG_NAMES[sex == "female"]
        return longer[share("which", person) % len(longer)]
    given = next(names for since, names in GIVEN[sex == "female"] if year >= since)
    return surname + given[share("given", person) % len(given)]


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

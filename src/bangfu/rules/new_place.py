"""The folder of a new place: it has no errors in ``check`` from the first moment and says what to fill in."""

from __future__ import annotations

import re
from pathlib import Path

from bangfu.rules.errors import UsageError

_ID = re.compile(r"^[a-z][a-z0-9_]*$")

DOCUMENT = """\
# 文件本身：标题、施行日期、单位。填好后删去本行说明。
id: {place}
title: {title}
{area}under: [cn]
# from: 2026-01-01      施行日期；不填则按现行处理并给出告知
# until: 2028-12-31     有效期最后一天；没有就不写
covers: [{place}-force]
offices:
  区民政局: {{en: District Civil Affairs Bureau, role: civil_affairs}}
"""
OUTLINE = """\
# 每一条款一行：编号、短标签、条款里出现的每个数字（figures）。
- article: 施行
  clauses:
    {place}-force: {{label: 施行与有效期}}
- article: 第一条
  clauses:
    {place}-01: {{label: 示例条款（请改）}}
"""
PARAMETERS = """\
# 上级留给地方定的值，只写 values（from、value、source、checked）；还不知道就写 missing。
dibao_standard:
  values: missing
"""
CHAPTER = """\
chapter: 示例章 | Example chapter
entries:
  # 一条待遇：谁（per、when）、多少（amount）、多久（every）、依据（covers）、找谁（office）。金额未知就写 missing。
  - id: example_subsidy
    kind: cash
    label: 示例补贴（请改） | Example subsidy (to be changed)
    covers: [{place}-01]
    office: 区民政局
    per: person
    every: month
    purpose: travel
    when: age >= 60
    amount: missing 元/人·月
"""
CASES = """\
# 案例：given 已知什么，expect 应得什么；金额写出算式。
- case: 满60周岁的当天符合，金额待定 | From the 60th birthday, the sum not yet known
  on: 2026-01-01
  given:
    household: {{}}
    members: [{{id: A, birth_date: 1966-01-01}}]
  expect:
    - {{entry: example_subsidy, of: A, status: met, needs: [example_subsidy.amount]}}
- case: 差一天满60周岁，不符合 | One day before the 60th birthday
  on: 2026-01-01
  given:
    household: {{}}
    members: [{{id: A, birth_date: 1966-01-02}}]
  expect:
    - {{entry: example_subsidy, of: A, status: not_met, because: age}}
"""


def new_place(folder: Path, place: str, title: str | None, area: str | None) -> list[Path]:
    """Write the folder of a new place and return its files.

    Raises:
        UsageError: The name is no id, or the folder exists.
    """
    if not _ID.match(place):
        raise UsageError(f"地方的名称须为小写英文，如 jiangan，不是“{place}”", f'the place must be named in lower-case English such as jiangan, not "{place}"')
    home = folder / place
    if home.exists():
        raise UsageError(f"文件夹 {home.name} 已存在", f"the folder {home.name} exists already")
    if title is not None and "|" not in title:
        title = f"{title} | {place}"
    words = {"place": place, "title": title or f"{place}（请填标题） | {place}", "area": f'area: "{area}"\n' if area else ""}
    files = {
        "document.yaml": DOCUMENT, "outline.yaml": OUTLINE, "parameters.yaml": PARAMETERS, "01-example.yaml": CHAPTER,
        "cases/01-example.yaml": CASES,
    }  # fmt: skip
    written = []
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.format(**words), encoding="utf-8")
        written.append(path)
    return written

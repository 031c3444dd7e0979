"""Which sheet and column holds what: core facts as columns of the main sheets, the rest as rows of one long sheet."""

from __future__ import annotations

from dataclasses import dataclass

from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.vocabulary import Fact, Label

HOUSEHOLDS = Label("户", "households")
MEMBERS = Label("人员", "members")
OTHERS = Label("其他事实", "other facts")
RECORD = Label("领取记录", "record")
NOTES = Label("填写说明", "how to fill in")
RESULTS = Label("结果", "results")
REASONS = Label("理由", "reasons")
YES_NO = ("是", "否")
HEADER_ROWS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One column: the key (fact, recognition or link), its label and what may be entered. Each is itself alone: an entry has no hash."""

    key: str
    label: Label
    fact: Fact | None = None
    recognition: Entry | None = None
    needed: bool = False


LINKS = {
    "household": (Column("id", Label("户编号", "household number"), needed=True),),
    "person": (
        Column("of", Label("户编号", "household number"), needed=True),
        Column("id", Label("人员编号", "person number"), needed=True),
        Column("name", Label("姓名", "name")),
    ),
}
OTHER_COLUMNS = (
    Column("collection", Label("类别", "kind"), needed=True),
    Column("id", Label("编号", "number"), needed=True),
    Column("of", Label("属于（户或人员编号）", "belongs to (number)")),
    Column("fact", Label("事实", "fact"), needed=True),
    Column("value", Label("值", "value"), needed=True),
)
RECORD_COLUMNS = (
    Column("entry", Label("待遇", "benefit"), needed=True),
    Column("of", Label("户或人员编号", "number"), needed=True),
    Column("claim", Label("事项编号", "claim number")),
    Column("from", Label("起始日期", "from")),
    Column("until", Label("截止日期", "until")),
    Column("paid_on", Label("发放日期", "paid on")),
    Column("amount", Label("金额（元）", "amount (元)")),
    Column("quantity", Label("数量", "quantity")),
)


def columns(pack: Pack, entity: str, more: tuple[Column, ...] = ()) -> list[Column]:
    """Return the columns of the main sheet of an entity: links, more that the caller has, core facts, recognitions asked about."""
    found = [*LINKS[entity], *more]
    found += [Column(f.id, f.label, fact=f) for f in pack.vocabulary.facts_of(entity) if f.core]
    found += [
        Column(e.id, e.label, recognition=e)
        for e in pack.entries.values()
        if e.kind == "recognition" and e.per == entity and "ask" in e.raw
    ]
    return found

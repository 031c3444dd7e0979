"""Why a row is left out: each code with its sentence, and what a column would hold instead."""

from __future__ import annotations

from fractions import Fraction

from bangfu.rules.pack.model import Pack
from bangfu.rules.units import power_of
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import Fact, Label

REASONS = {
    "number": Label("不是数：只写数字，如 1234.50；不写千分位逗号、￥、元、万，不用全角数字", "is no number: write digits alone such as 1234.50, without thousands separators, currency or words"),
    "date": Label(
        "不是日期：写成 2024-06-30；36526 这样的数是 Excel 的日期序号，请把该列设为日期格式再导出",
        "is no date: write 2024-06-30; a number such as 36526 is how Excel counts days: format the column as a date and export again",
    ),
    "yes_no": Label("不是“是”或“否”：写 是/否、true/false 或 1/0", "is neither yes nor no: write yes/no, true/false or 1/0"),
    "bounds": Label("超出该事实允许的范围", "outside the bounds of the fact"),
    "decimals": Label("小数位过多：金额到分，数值最多四位小数", "too many decimals: money goes to the fen, numbers to four decimals"),
    "whole": Label("应为整数", "must be a whole number"),
    "code": Label("不在代码表里", "is not in the code list"),
    "gate": Label("与前面的“否”矛盾：已说没有，却又填了内容", "contradicts a no: said not to be there, yet stated"),
    "columns": Label("这一行的列数与表头不符", "the row has too many or too few columns"),
    "id": Label("没有编号", "has no id"),
    "id_twice": Label("编号重复，分不清是谁：有关各户都不算", "the id appears twice, nobody can tell which is meant: all their households are left out"),
    "of": Label("所属的户、人或事项不在台账里", "what it belongs to is not in the ledger"),
    "owner": Label("所属的人没有户", "the person it belongs to has no household"),
    "at": Label("所在单位不在单位表里", "its organisation is not in the ledger"),
    "at_rejected": Label("所在单位的那一行有错", "the row of its organisation is faulty"),
    "entry": Label("没有这个条目", "there is no such entry"),
    "size": Label("一户超过 50 人", "the household has more than 50 members"),
    "heads": Label("一户有两个以上户主（本人）", "the household has more than one head"),
}  # fmt: skip


def reason(code: str) -> Label:
    """Return the sentence of a code."""
    return REASONS[code]


MOST_CODES = 12


def hints(pack: Pack) -> list[tuple[str, str, str, str, str]]:
    """Return (table, column, code, 中文, English) of what may stand in a column: the codes of a list, the bounds of a number."""
    found = []
    for fact in pack.vocabulary.facts.values():
        if fact.codes:
            labels = list(pack.vocabulary.codes[fact.codes].codes.values())[:MOST_CODES]
            more = "……" if len(pack.vocabulary.codes[fact.codes].codes) > MOST_CODES else ""
            found.append((fact.entity, fact.id, "code", f"；可用：{'、'.join(label.zh for label in labels)}{more}", f"; known: {', '.join(label.en for label in labels)}{more}"))
        elif fact.low is not None or fact.high is not None:
            low, high = (_end(fact, end) for end in (fact.low, fact.high))
            found.append((fact.entity, fact.id, "bounds", f"：{low or '…'} 到 {high or '…'}", f": {low or '…'} to {high or '…'}"))
    return found


def _end(fact: Fact, value: object) -> str:
    """Return a bound as it would be written: money in 元."""
    return "" if value is None else decimal_text(Fraction(str(value)) / Fraction(100) ** max(0, power_of(fact.unit, "元")))

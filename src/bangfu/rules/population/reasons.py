"""Why a row is left out: each code with its sentence, and the file of rejected rows."""

from __future__ import annotations

from bangfu.rules.vocabulary import Label

REASONS = {
    "type": Label("写法不对：应为该列所要的数、日期（2024-06-30）或 是/否", "cannot be read as the number, date (2024-06-30) or yes/no that the column holds"),
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

"""Answers in the words of a reader: sums, kinds of help, whom an answer is about, why it is a no."""

from __future__ import annotations

from fractions import Fraction

from bangfu.rules.assess import Answer, Money
from bangfu.rules.household import Given
from bangfu.rules.pack.model import Entry, Pack
from bangfu.rules.values import decimal_text
from bangfu.rules.vocabulary import Label

IN_KIND = {
    "cash": Label("金额由经办单位定", "the office sets the sum"), "service": Label("服务", "service"), "goods": Label("实物", "goods"),
    "waiver": Label("减免", "reduction"), "insurance": Label("参保", "insured"), "loan": Label("贷款", "loan"),
}  # fmt: skip
KIND_NAMES = {
    "cash": ("现金", "cash"), "service": ("服务", "service"), "goods": ("实物", "goods"), "waiver": ("减免", "waiver"),
    "insurance": ("保险", "insurance"), "loan": ("贷款", "loan"), "definition": ("定义", "definition"),
    "recognition": ("认定", "recognition"), "stacking": ("叠加", "stacking"), "duty": ("职责", "duty"), "target": ("目标", "target"),
    "fund": ("基金", "fund"), "procedure": ("程序", "procedure"), "signal": ("预警", "signal"), "feed": ("数据", "feed"),
    "responsibility": ("分工", "responsibility"), "principle": ("原则", "principle"),
}  # fmt: skip


def money_text(money: Money | None, lang: str) -> str:
    """Return a sum as people write it: ``1,092.5 元/人·月``, ``100–800 元``."""
    if money is None:
        return ""
    unit = f" {money.unit}" if money.unit else ""
    if not money.unit and money.exact and 0 < Fraction(money.low) <= 1:
        return f"{decimal_text(Fraction(money.low) * 100)}%"
    if money.exact:
        return f"{_grouped(money.low)}{unit}"
    if money.high is None:
        return f"≥ {_grouped(money.low)}{unit}"
    return f"{_grouped(money.low)}–{_grouped(money.high)}{unit}"


def sum_text(answer: Answer, lang: str) -> str:
    """Return the sum of an answer; what is waived in full says so instead of 100 %."""
    money = answer.amount
    if answer.kind == "waiver" and money is not None and not money.unit and money.exact and money.low == "1":
        return "全免" if lang == "zh" else "free of charge"
    return money_text(money, lang)


def _grouped(number: str) -> str:
    whole, dot, rest = number.partition(".")
    if "/" in whole or not whole.lstrip("-").isdigit():
        return number
    return f"{int(whole):,}{dot}{rest}"


def who_text(given: Given | None, answer: Answer, pack: Pack, lang: str) -> str:
    """Return whom an answer is about, by name where one is stated."""
    label = pack.vocabulary.entities[answer.entity].label.text(lang)
    names = {(r.entity, r.id): r.name for r in given.rows} if given is not None else {}
    if answer.entity == "household":
        single = given is not None and len(given.of_entity("household")) == 1
        return ("全户" if lang == "zh" else "household") if single else answer.row
    own = names.get((answer.entity, answer.row)) or answer.row
    if answer.entity == "person":
        return own
    holder = names.get(("person", answer.owner)) or answer.owner
    return f"{holder} · {label} {answer.row}"


def in_kind(entry: Entry, answer: Answer, lang: str) -> str:
    """Return what is given that is no sum: its content, else its kind."""
    tier = entry.tiers[answer.tier] if answer.tier is not None and entry.tiers else None
    content = (tier.content if tier is not None else None) or entry.content
    return (content or IN_KIND[entry.kind]).text(lang)


def first_refusal(answer: Answer, lang: str) -> str:
    """Return the first line of an argument that refuses."""
    for reason in answer.reasons:
        for _, line in reason.lines():
            if line.verdict == "no" and not any(c.verdict == "no" for c in line.children):
                return line.text(lang)
    return ""

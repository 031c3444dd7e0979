"""Which keys each kind of entry may carry. The table is the format's §4; a key outside it is a fault."""

from __future__ import annotations

COMMON = (
    "id", "kind", "label", "covers", "office", "joins", "inferred", "from", "until", "readings", "note", "replaces",
    "because", "same_as", "chapter",
)  # fmt: skip
TEST = ("per", "when", "unless", "figures", "open_condition", "open_list", "procedure", "papers")
BENEFIT = (
    "purpose", "payee", "every", "amount", "quantity", "rate", "tiers", "take", "round", "limits", "lasts",
    "part_month", "instalments", "policy", "paid_from", "queue", "each", "words", "threshold", "content", "unit", "ask",
    "words",
)  # fmt: skip
KEYS: dict[str, tuple[str, ...]] = {
    "definition": (*COMMON, *TEST, "value", "tiers", "take", "unit", "bounds", "ask"),
    "recognition": (*COMMON, *TEST, "ask", "decided_by", "lasts", "limits", "words", "tiers", "plainly", "local_name_of"),
    "cash": (*COMMON, *TEST, *BENEFIT),
    "service": (*COMMON, *TEST, *BENEFIT, "worth", "share", "base", "fee"),
    "goods": (*COMMON, *TEST, *BENEFIT, "worth"),
    "waiver": (*COMMON, *TEST, *BENEFIT, "fee", "share", "base", "applied_by"),
    "insurance": (*COMMON, *TEST, *BENEFIT, "after", "share", "base"),
    "loan": (*COMMON, *TEST, *BENEFIT, "term", "interest"),
    "stacking": (*COMMON, "mode", "entries", "at_most", "figures"),
    "duty": (*COMMON, *TEST, "who", "does", "each", "every", "at_least", "due", "within", "evidence", "done_when", "tiers", "entries"),
    "target": (*COMMON, "figures", "each", "measure", "at_least", "at_most", "exactly", "between", "every", "due", "entries", "per", "when"),
    "fund": (*COMMON, "figures", "each", "amount", "sources", "parts", "when", "renews", "per", "entries", "open_condition"),
    "procedure": (*COMMON, "whole", "longer", "longer_when", "steps", "entries", "per", "figures", "open_condition"),
    "signal": (*COMMON, *TEST, "feed", "tell", "within", "colour", "tiers"),
    "feed": (*COMMON, "gives", "columns", "match_on", "every", "due", "basis", "from_whom"),
    "responsibility": (*COMMON, "leads", "members", "does", "entries"),
    "principle": (*COMMON, "says", "entries"),
}
TIER = ("label", "covers", "when", "amount", "quantity", "rate", "share", "value", "every", "content", "at_least", "within", "colour")
NEEDED: dict[str, tuple[str, ...]] = {
    "definition": ("per",),
    "recognition": ("per",),
    "cash": ("per", "purpose"),
    "service": ("per", "content"),
    "goods": ("per", "content"),
    "waiver": ("per", "fee"),
    "insurance": ("per", "purpose"),
    "loan": ("per", "purpose"),
    "stacking": ("mode", "entries"),
    "duty": ("who", "does"),
    "target": ("measure",),
    "procedure": ("steps",),
    "signal": ("per", "tell"),
    "feed": ("gives",),
    "responsibility": ("leads", "does"),
    "principle": ("says", "entries"),
    "fund": ("amount",),
}
# Keys whose quantities count as values of the entry although no rule computes with them.
QUANTITY_KEYS = ("within", "due", "whole", "longer", "term", "worth", "at_least", "at_most", "exactly", "between", "instalments")

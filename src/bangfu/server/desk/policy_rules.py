"""The policy room: a district's pack, each rule with article, formula, readings, worked cases, and whom it reaches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from bangfu.rules.casebook import Case, read_cases
from bangfu.rules.engine import Engine
from bangfu.rules.missing import missing_rows
from bangfu.rules.pack.model import Entry
from bangfu.rules.phrases import KIND_NAMES
from bangfu.rules.policies_folder import policies_folder
from bangfu.rules.population.answers import GIVEN
from bangfu.server.accounts.guards import staff
from bangfu.server.areas.models import Area
from bangfu.server.assessment.engines import engine_in
from bangfu.server.assessment.selectors import last_night, reach
from bangfu.server.assessment.standing import districts_over, standing_values, values_over
from bangfu.server.calendar import clock
from bangfu.server.desk.policy_text import plain_text
from bangfu.server.portal.measure import Measure
from bangfu.server.portal.words import language, unit_words

SHOWN_KINDS = ("cash", "waiver", "insurance", "goods", "service", "loan", "recognition", "duty", "signal")
MOST_CASES = 20


@dataclass(frozen=True, slots=True)
class Worked:
    """One worked case as the page shows it: its name, the day, what is stated, what must come out."""

    name: str
    day: str
    given: str
    expect: str


def district_here(request: HttpRequest, code: str) -> Area:
    """Return a district that the person's areas lie in.

    Raises:
        Http404: There is none with this code.
    """
    found: Area = get_object_or_404(districts_over(request.scope), code=code)  # type: ignore[attr-defined]
    return found


@staff("policy.view")
@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Open the policy room of one's district; with several, choose."""
    found = list(districts_over(request.scope))  # type: ignore[attr-defined]
    if len(found) == 1:
        return redirect("desk:policy_pack", code=found[0].code)
    return render(request, "desk/policy/choose.html", {"districts": found})


@staff("policy.view")
@require_safe
def pack(request: HttpRequest, code: str) -> HttpResponse:
    """Show a district's document and its rules, by words and kind, with whom each reaches."""
    district, day = district_here(request, code), clock.today()
    engine, night = engine_in(district, day), last_night(district)
    words, kind = request.GET.get("q", "").strip()[:60], request.GET.get("kind", "")
    reached = reach(night, request.scope)  # type: ignore[attr-defined]
    rules = [(entry, entry.label.text(language()), KIND_NAMES[entry.kind][language() == "en"], _articles(engine, entry), reached.get(entry.id), entry.kind in GIVEN) for entry in _rules(engine, words, kind)]
    document = engine.pack.document
    shown = {
        "district": district, "document": document, "title": document.title.text(language()), "number": document.raw.get("number") or "",
        "issuer": document.raw.get("issuer") or "", "lapsed": bool(document.until and day > document.until), "night": night, "rules": rules, "q": words, "kind": kind,
        "kinds": [(name, KIND_NAMES[name][language() == "en"]) for name in SHOWN_KINDS], "missing": len(missing_rows(engine.pack)),
        "standing": standing_values(district).count(), "waiting": values_over(request.scope).filter(district=district, signature=None).count(),  # type: ignore[attr-defined]
    }  # fmt: skip
    return render(request, "desk/policy/pack.html", shown)


def _rules(engine: Engine, words: str, kind: str) -> list[Entry]:
    found = [entry for entry in engine.pack.entries.values() if entry.kind in SHOWN_KINDS and (not kind or entry.kind == kind)]
    if not words:
        return found
    lowered = words.lower()
    return [e for e in found if any(lowered in text.lower() for text in (e.id, e.label.zh, e.label.en, *engine.articles[e.id], *_labels(engine, e)))]


def _labels(engine: Engine, entry: Entry) -> list[str]:
    return [engine.pack.clauses[clause].label for clause in entry.covers if clause in engine.pack.clauses]


def _articles(engine: Engine, entry: Entry) -> str:
    return "、".join(engine.articles[entry.id])


@staff("policy.view")
@require_safe
def rule(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """Show one rule: article, conditions and formula in words, values, readings, worked cases, whom it reaches."""
    district, day = district_here(request, code), clock.today()
    engine, night = engine_in(district, day), last_night(district)
    entry = engine.pack.entries.get(name)
    if entry is None or entry.kind not in SHOWN_KINDS:
        raise Http404(name)
    shown = {
        "district": district, "entry": entry, "measure": Measure(engine, entry, day), "cases": worked_cases(district.place, name), "night": night,
        "reach": reach(night, request.scope).get(name), "file": f"{entry.file}:{entry.line}",  # type: ignore[attr-defined]
        "place": {"key": district.place}, "public": entry.is_benefit or entry.kind == "recognition",
    }  # fmt: skip
    return render(request, "desk/policy/rule.html", shown)


@staff("policy.view")
@require_safe
def readings(request: HttpRequest, code: str) -> HttpResponse:
    """Show how each unclear passage is read, and who signed it."""
    district = district_here(request, code)
    engine = engine_in(district, clock.today())
    signed = {value.address: value for value in standing_values(district).filter(kind="reading")}
    lang = language()
    rows = []
    for name, reading in engine.pack.readings.items():
        taken = engine.pack.reading_choice[name]
        options = [(code, label.text(lang), code == taken) for code, label in reading.options.items()]
        rows.append((name, reading.asks.text(lang), options, reading.because.text(lang) if reading.because else "", signed.get(name)))
    return render(request, "desk/policy/readings.html", {"district": district, "rows": rows})


@staff("policy.view")
@require_safe
def missing(request: HttpRequest, code: str) -> HttpResponse:
    """Show what the document leaves to the place and nobody has set, with the rules that wait for it."""
    district = district_here(request, code)
    engine, lang = engine_in(district, clock.today()), language()
    names = {"value": _("数值"), "range": _("幅度内定一个数"), "list": _("名单"), "condition": _("条件"), "cadence": _("周期"), "clock": _("时限")}
    rows = [(row.name, row.label.text(lang), names[row.kind], unit_words(row.unit), [(e, engine.pack.entries[e].label.text(lang)) for e in row.holds_up if engine.pack.entries[e].kind in SHOWN_KINDS]) for row in missing_rows(engine.pack)]
    return render(request, "desk/policy/missing.html", {"district": district, "rows": rows})


# -- worked cases ------------------------------------------------------------------------------------------------------
@lru_cache(maxsize=64)
def _cases(place: str) -> tuple[Case, ...]:
    folder = policies_folder()
    return tuple(case for home in (place, "cn") for case in read_cases(folder, home, []))


def worked_cases(place: str, entry: str) -> list[Worked]:
    """Return the worked cases that say what must come out for an entry, the first few."""
    found = []
    for case in _cases(place):
        expected = [line for line in case.expect if line.get("entry") == entry]
        if expected:
            given = plain_text(case.raw.get("given") or {})
            found.append(Worked(case.name.split(" | ")[0 if language() == "zh" else -1], str(case.raw.get("on") or ""), given, plain_text([_without(line) for line in expected])))
    return found[:MOST_CASES]


def _without(line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != "entry"}

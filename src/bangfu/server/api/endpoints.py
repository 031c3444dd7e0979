"""What programs may call: policies, assess, households, findings, jobs; each through a token, an action and its areas."""

# Annotations are real here: ninja reads them from behind a decorator, whose module does not know the names.
import datetime as dt
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import NinjaAPI, Path, Query, Status
from ninja.renderers import JSONRenderer
from pydantic import Field

from bangfu.rules.assess import Assessment, assess as answer
from bangfu.rules.engine import Engine
from bangfu.rules.household import read_given
from bangfu.rules.pack.model import Entry
from bangfu.rules.units import unit_text
from bangfu.server.api import schemas
from bangfu.server.api.errors import PROBLEMS, RefusedError, StrictParser, install, not_here
from bangfu.server.api.guards import Bearer, acts
from bangfu.server.api.schemas import Code, Number, Problem
from bangfu.server.areas.models import Area
from bangfu.server.assessment.actions import assess_household
from bangfu.server.assessment.engines import engine_in
from bangfu.server.assessment.live import assess_now
from bangfu.server.assessment.nightly import ask_again
from bangfu.server.assessment.reading import content_of
from bangfu.server.assessment.selectors import (
    Reach,
    findings as found_of,
    households_within,
    last_night,
    last_nights,
    reach,
)
from bangfu.server.assessment.standing import districts_over
from bangfu.server.calendar import clock
from bangfu.server.jobs.models import Job
from bangfu.server.jobs.selectors import jobs_within
from bangfu.server.portal.measure import Line, Measure
from bangfu.server.registry.models import Household

GIVEN = ("cash", "waiver", "insurance", "goods", "service", "loan", "recognition")
FIRST_DAY, LAST_DAY = dt.date(1990, 1, 1), dt.date(2100, 12, 31)
REFUSALS = dict.fromkeys(PROBLEMS, Problem)
Limit = Annotated[int, Field(ge=1, le=200)]
Day = Annotated[dt.date | None, Field(description="默认今天 | today if left out")]



class Plain(JSONRenderer):
    """Writes Chinese as Chinese."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    title="bangfu 帮扶", version="1", auth=Bearer(), parser=StrictParser(), renderer=Plain(), docs_url=None, urls_namespace="api",
    description="政策、测算、台账、任务 | policies, assessments, the register, jobs. 金额用字符串或分，不用浮点数 | sums are texts or whole fen, never floats.",
)  # fmt: skip
install(api)


# -- policies ------------------------------------------------------------------------------------------------------------
def _district(request: HttpRequest, code: str) -> Area:
    found = districts_over(request.scope).filter(code=code).first()  # type: ignore[attr-defined]
    if found is None:
        raise not_here("这个区县", "such district")
    return found


def _today(district: Area) -> Engine:
    return engine_in(district, clock.today())


@api.get("/policies", response={200: list[schemas.PolicyOut], **REFUSALS}, summary="各区县的政策 | policies of the districts")
@acts("policy.view")
def policies(request: HttpRequest) -> Any:
    """List the policies of the districts that the token's area lies in."""
    found = []
    for district in districts_over(request.scope):  # type: ignore[attr-defined]
        pack = _today(district).pack
        document = pack.document
        found.append({
            "district": district.code, "name": district.name, "place": pack.place, "title_zh": document.title.zh, "title_en": document.title.en,
            "number": str(document.raw.get("number") or ""), "in_force_from": document.since, "in_force_until": document.until, "pack_hash": pack.content_hash,
        })  # fmt: skip
    return found


@api.get("/policies/{district}/entries", response={200: list[schemas.EntryOut], **REFUSALS}, summary="一地的规则 | the rules of a place")
@acts("policy.view")
def entries(request: HttpRequest, district: Path[Code]) -> Any:
    """List what a district's policy gives."""
    area = _district(request, district)
    engine, night = _today(area), last_night(area)
    reached = reach(night, request.scope)  # type: ignore[attr-defined]
    return [_entry(engine, entry, reached if night else None) for entry in engine.pack.entries.values() if entry.kind in GIVEN]


def _entry(engine: Engine, entry: Entry, reached: dict[str, Reach] | None) -> dict[str, Any]:
    count = None if reached is None else reached[entry.id].answers if entry.id in reached else 0
    return {
        "id": entry.id, "kind": entry.kind, "per": entry.per, "label_zh": entry.label.zh, "label_en": entry.label.en, "articles": list(engine.articles[entry.id]),
        "unit": unit_text(entry.unit) if entry.has_money else "", "every": entry.every, "reaches": count,
    }  # fmt: skip


@api.get("/policies/{district}/entries/{name}", response={200: schemas.RuleOut, **REFUSALS}, summary="一条规则 | one rule")
@acts("policy.view")
def rule(request: HttpRequest, district: Path[Code], name: Annotated[str, Path(max_length=80)]) -> Any:
    """Give one rule with its conditions and formula in words."""
    area = _district(request, district)
    engine, night = _today(area), last_night(area)
    entry = engine.pack.entries.get(name)
    if entry is None or entry.kind not in GIVEN:
        raise not_here("这条规则", "such rule")
    said = Measure(engine, entry, clock.today())
    return {
        **_entry(engine, entry, reach(night, request.scope) if night else None), "must": _texts(said.must), "must_not": _texts(said.must_not),  # type: ignore[attr-defined]
        "sums": [" ".join(part for part in (s.label, s.condition, s.text) if part) for s in said.sums], "readings": [f"{asks} {takes}" for asks, takes, _why in said.readings],
        "office": said.office,
    }  # fmt: skip


def _texts(lines: list[Line]) -> list[str]:
    return [text for line in lines for text in (line.text, *_texts(line.below))]


# -- assess --------------------------------------------------------------------------------------------------------------
@api.post("/assess", response={200: schemas.AssessmentOut, **REFUSALS}, summary="按所给事实测算 | answer for stated facts")
@acts("policy.view")
def assess(request: HttpRequest, body: schemas.AssessIn) -> Any:
    """Answer for facts as stated in the call; nothing is stored."""
    engine = engine_in(_district(request, body.district), _day(body.on))
    return _plain(answer(engine, read_given(engine.pack, body.given), body.on, reasons=body.reasons), reasons=body.reasons)


def _day(day: dt.date | None) -> dt.date:
    day = day or clock.today()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise RefusedError(422, "day", f"日期应在 {FIRST_DAY} 到 {LAST_DAY} 之间", f"a day lies between {FIRST_DAY} and {LAST_DAY}")
    return day


def _plain(found: Assessment, *, reasons: bool) -> dict[str, Any]:
    return found.as_data(reasons=reasons)


# -- households ------------------------------------------------------------------------------------------------------------
def _household(request: HttpRequest, number: str) -> Household:
    found = households_within(request.scope).filter(number=number).first()  # type: ignore[attr-defined]
    if found is None:
        raise not_here("这一户", "such household")
    household: Household = found
    return household


def _short(household: Household) -> dict[str, Any]:
    return {"number": household.number, "community": str(household.area_code), "status": household.status, "opened_on": household.opened_on, "version": household.version}


@api.get("/households", response={200: schemas.HouseholdPage, **REFUSALS}, summary="辖区内的户 | households of one's areas")
@acts("registry.view")
def households(request: HttpRequest, after: Annotated[str, Query(max_length=24)] = "", limit: Limit = 50) -> Any:
    """List households by number, a page at a time."""
    rows = list(households_within(request.scope).filter(number__gt=after).order_by("number")[: limit + 1])  # type: ignore[attr-defined]
    return {"items": [_short(row) for row in rows[:limit]], "next": rows[limit - 1].number if len(rows) > limit else None}


@api.get("/households/{number}", response={200: schemas.HouseholdFull, **REFUSALS}, summary="一户 | one household")
@acts("registry.view")
def household(request: HttpRequest, number: Path[Number]) -> Any:
    """Give one household with its members and what is stated of it now; ID numbers are never given out."""
    found = _household(request, number)
    engine = engine_in(districts_over(request.scope).get(low__lte=found.area_code, high__gte=found.area_code), clock.today())  # type: ignore[attr-defined]
    members = [
        {"id": f"P{m.person_id}", "name": m.person.name, "relation": m.relation, "since": m.since}
        for m in found.memberships.filter(until=None).select_related("person").order_by("since", "pk")
    ]
    return {**_short(found), "members": members, "given": _json(content_of(found, engine))}


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _json(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_json(part) for part in value]
    return value.isoformat() if isinstance(value, dt.date) else value


@api.get("/households/{number}/assessment", response={200: schemas.AssessmentOut, **REFUSALS}, summary="测算一户 | answer for a household")
@acts("assessment.view")
def household_assessment(request: HttpRequest, number: Path[Number], on: Day = None, reasons: bool = False) -> Any:
    """Answer for a household of the register; nothing is stored."""
    return _plain(assess_now(_household(request, number), _day(on), reasons=reasons).assessment, reasons=reasons)


@api.post("/households/{number}/assessments", response={201: schemas.StoredOut, **REFUSALS}, summary="测算一户并存档 | answer and store")
@acts("registry.edit")
def store_assessment(request: HttpRequest, number: Path[Number], body: schemas.StoreIn) -> Any:
    """Answer for a household and keep the answer with all that it rests on."""
    stored = assess_household(_household(request, number), _day(body.on), body.reason)
    return Status(201, {"id": stored.pk, "result_hash": stored.result_hash, "assessment": stored.data})


@api.get("/findings", response={200: schemas.FindingPage, **REFUSALS}, summary="每晚的线索 | what the last night found")
@acts("assessment.view")
def findings(request: HttpRequest, after: Annotated[int, Query(ge=0, le=2**62)] = 0, limit: Limit = 50) -> Any:
    """List who qualifies and does not receive, and who receives and no longer qualifies."""
    scope = request.scope  # type: ignore[attr-defined]
    nights = last_nights(scope)
    rows = list(found_of(scope, nights).filter(pk__gt=after).order_by("pk")[: limit + 1])
    items = [
        {"id": r.pk, "household": r.household.number, "row": r.row, "entry": r.entry, "finding": r.finding, "low_fen": r.low_fen, "high_fen": r.high_fen} for r in rows[:limit]
    ]
    return {"on": max((night.on for night in nights), default=None), "items": items, "next": rows[limit - 1].pk if len(rows) > limit else None}


# -- jobs ------------------------------------------------------------------------------------------------------------------
def _job(job: Job) -> dict[str, Any]:
    return {"id": job.pk, "kind": job.kind, "status": job.status, "done": job.done, "total": job.total, "reason": job.reason, "result": job.result}


@api.get("/jobs", response={200: list[schemas.JobOut], **REFUSALS}, summary="后台任务 | background work")
@acts("jobs.view")
def jobs(request: HttpRequest, limit: Limit = 50) -> Any:
    """List the newest jobs of one's areas."""
    return [_job(job) for job in jobs_within(request.scope)[:limit]]  # type: ignore[attr-defined]


@api.get("/jobs/{number}", response={200: schemas.JobOut, **REFUSALS}, summary="一个任务 | one job")
@acts("jobs.view")
def job(request: HttpRequest, number: Annotated[int, Path(ge=1, le=2**62)]) -> Any:
    """Give one job."""
    found = jobs_within(request.scope).filter(pk=number).first()  # type: ignore[attr-defined]
    if found is None:
        raise not_here("这个任务", "such job")
    return _job(found)


@api.post("/nights", response={202: schemas.JobOut, **REFUSALS}, summary="发起全区测算 | ask for a night")
@acts("assessment.run")
def ask_nightly(request: HttpRequest, body: schemas.NightIn) -> Any:
    """Ask that a whole district be answered; one on its way is not asked for twice."""
    district = _district(request, body.district)
    if not request.scope.covers(district):  # type: ignore[attr-defined]
        raise not_here("这个区县", "such district")
    return Status(202, _job(ask_again(district, clock.today())))


__all__ = ["api"]

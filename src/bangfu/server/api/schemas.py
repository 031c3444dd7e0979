"""The shapes of the API, each with an example."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

from ninja import Schema
from pydantic import ConfigDict, Field

Code = Annotated[str, Field(min_length=6, max_length=6, pattern=r"^[0-9]{6}$", description="区县代码（GB/T 2260）| code of a district", examples=["420106"])]
Number = Annotated[str, Field(max_length=24, description="户编号 | number of a household", examples=["420106-2023-000001"])]


class Fault(Schema):
    """One thing that is wrong: where, in both languages."""

    where: str = Field(examples=["given.members[0].wage_income"])
    zh: str
    en: str


class Problem(Schema):
    """Why a call was refused."""

    code: str = Field(description="machine-readable kind", examples=["scope"])
    zh: str = Field(examples=["没有这一户，或不在令牌的辖区内"])
    en: str = Field(examples=["there is no such household in the areas of this token"])
    faults: list[Fault] = []


class PolicyOut(Schema):
    """The policy of a district as of today."""

    district: str = Field(examples=["420106"])
    name: str = Field(examples=["武昌区"])
    place: str = Field(examples=["wuchang"])
    title_zh: str
    title_en: str
    number: str
    in_force_from: dt.date | None
    in_force_until: dt.date | None
    pack_hash: str = Field(description="SHA-256 over the files of the pack and what the district has signed")


class EntryOut(Schema):
    """One rule in short."""

    id: str = Field(examples=["dibao_payment"])
    kind: str = Field(examples=["cash"])
    per: str | None = Field(examples=["household"])
    label_zh: str = Field(examples=["最低生活保障金"])
    label_en: str
    articles: list[str]
    unit: str = Field(examples=["元/户·月"])
    every: str | None = Field(examples=["month"])
    reaches: int | None = Field(description="answers “yes” of the last night in the token's areas; null: no night yet")


class RuleOut(EntryOut):
    """One rule in full: conditions and formula in words, readings."""

    must: list[str]
    must_not: list[str]
    sums: list[str]
    readings: list[str]
    office: str


class AssessIn(Schema):
    """Stated facts to be answered; nothing is stored."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{
                "district": "420106", "on": "2023-09-15", "reasons": False,
                "given": {"household": {"residence": "urban"}, "members": [{"id": "A", "relation": "self", "birth_date": "1950-03-01"}], "record": []},
            }]
        },
    )  # fmt: skip
    district: Code
    on: dt.date = Field(description="the day asked", examples=["2023-09-15"])
    given: dict[str, Any] = Field(description="as a household file states it: household, members, claims by their collection, record; what is left out is unknown")
    reasons: bool = False


class AssessmentOut(Schema):
    """An assessment: plain data of every answer, with the hashes it rests on."""

    place: str
    on: dt.date
    basis: str
    pack_hash: str
    facts_hash: str
    engine_version: str
    semantics_version: int
    lapsed_since: dt.date | None
    not_before: dt.date | None
    answers: list[dict[str, Any]]


class StoreIn(Schema):
    """Why an assessment is stored."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"on": "2023-09-15", "reason": "年度复核"}]})
    on: dt.date
    reason: str = Field(min_length=1, max_length=200)


class StoredOut(Schema):
    """A stored assessment."""

    id: int
    result_hash: str
    assessment: AssessmentOut


class MemberOut(Schema):
    """One member. ID numbers are never given out."""

    id: str = Field(examples=["P1"])
    name: str
    relation: str
    since: dt.date


class HouseholdOut(Schema):
    """A household in short."""

    number: str
    community: str = Field(description="12-digit code")
    status: str
    opened_on: dt.date
    version: int


class HouseholdFull(HouseholdOut):
    """A household with members and what is stated of it now."""

    members: list[MemberOut]
    given: dict[str, Any] = Field(description="as a household file states it")


class HouseholdPage(Schema):
    """Some households; ``next`` asks for those after them."""

    items: list[HouseholdOut]
    next: str | None = Field(description="give it as after; null: these were the last")


class FindingOut(Schema):
    """One finding of the last night."""

    id: int
    household: str
    row: str = Field(examples=["P12"])
    entry: str
    finding: str = Field(examples=["missed"])
    low_fen: int | None
    high_fen: int | None


class FindingPage(Schema):
    """Some findings; ``next`` asks for those after them."""

    on: dt.date | None = Field(description="the night; null: there was none yet")
    items: list[FindingOut]
    next: int | None


class JobOut(Schema):
    """Background work."""

    id: int
    kind: str = Field(examples=["assessment.nightly"])
    status: str = Field(examples=["running"])
    done: int
    total: int | None
    reason: str
    result: dict[str, Any]


class NightIn(Schema):
    """A night to be carried out."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"district": "420106"}]})
    district: Code

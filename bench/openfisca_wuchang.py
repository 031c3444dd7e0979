"""The rules of ``wuchang_rules.py`` written for OpenFisca-Core, as its users write them: one class per variable, numpy inside.

Inputs carry the names of bangfu's facts. Money is in 元 (OpenFisca's floats), everything is for the month asked.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy
from openfisca_core.entities import build_entity
from openfisca_core.periods import MONTH
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

sys.path.insert(0, str(Path(__file__).resolve().parent))
from wuchang_rules import COMPARED, FLAGS_HOUSEHOLD, FLAGS_PERSON, NUMBERS, TEXTS  # noqa: E402

Person = build_entity(key="person", plural="persons", label="person", is_person=True)
Household = build_entity(
    key="household", plural="households", label="household", roles=[{"key": "member", "plural": "members", "label": "member"}]
)


def _input(name: str, entity: Any, kind: Any, default: Any) -> type[Variable]:
    return type(name, (Variable,), {"value_type": kind, "entity": entity, "definition_period": MONTH, "label": name, "default_value": default})


def _rule(name: str, entity: Any, kind: Any, formula: Any) -> type[Variable]:
    return type(name, (Variable,), {"value_type": kind, "entity": entity, "definition_period": MONTH, "label": name, "formula": formula})


def _any(h: Any, p: Any, name: str) -> Any:
    return h.any(h.members(name, p))


def _needy(person: Any, p: Any) -> Any:
    here = person("hukou_here", p) + person("resident_here", p)
    home = person.household
    return here * (
        home("dibao_household", p) + home("low_income_family", p) + home("spending_poor_family", p) + home("family_planning_special", p)
        + person("accident_victim", p) + person("disaster_victim", p) + home("recognised_by_department", p)
    )  # fmt: skip


RULES: dict[str, tuple[Any, Any, Any]] = {
    "needy_person": (Person, bool, _needy),
    "low_or_dibao": (Person, bool, lambda r, p: r.household("dibao_household", p) + r.household("low_income_family", p)),
    "older_person": (Person, bool, lambda r, p: (r("age", p) >= 60) * (r("hukou_here", p) + (r("resident_years", p) >= 1))),
    "severely_disabled": (Person, bool, lambda r, p: r("has_disability", p) * (r("disability_level", p) <= 2) * (r("disability_level", p) > 0)),
    "mental_medicine_subsidy": (Person, float, lambda r, p: 150 * r.household("dibao_household", p) * (r("disability_kind", p) == "mental")),
    "wheelchair_fuel": (Person, float, lambda r, p: 260 * r("lower_limb_disability", p) * r("motor_wheelchair", p)),
    "phone_subsidy": (Person, float, lambda r, p: 50 * ((r("disability_kind", p) == "hearing") + (r("disability_kind", p) == "speech"))),
    "several_disabled": (Household, bool, lambda h, p: h.sum(h.members("has_disability", p)) >= 2),
    "many_disabled_subsidy": (Person, float, lambda r, p: 100 * r("has_disability", p) * r.household("dibao_household", p) * r.household("several_disabled", p)),
    "care_home_subsidy": (Person, float, lambda r, p: r("older_person", p) * r("in_care_home", p) * r("low_or_dibao", p)
        * numpy.where(r("self_care", p) == "unable", 800, numpy.where((r("self_care", p) == "able") + (r("self_care", p) == "partial"), 600, 0))),
    "free_transport": (Person, bool, lambda r, p: (r("disability_kind", p) == "visual") + r("lower_limb_disability", p)
        + ((r("disability_kind", p) == "hearing") + (r("disability_kind", p) == "speech")) * r("severely_disabled", p)
        + r("has_disability", p) * r.household("dibao_household", p)),
    "home_hours_condition": (Person, bool, lambda r, p: r.household("dibao_household", p) * (
        (r("disability_kind", p) == "visual") * r("severely_disabled", p)
        + ((r("disability_kind", p) == "physical") + (r("disability_kind", p) == "intellectual") + (r("disability_kind", p) == "multiple"))
        * (r("disability_level", p) == 1) * (r("self_care", p) == "unable"))),
    "blind": (Person, bool, lambda r, p: (r("disability_kind", p) == "visual") * r("severely_disabled", p)),
    "home_hours_household": (Household, float, lambda h, p: 470 * h("several_disabled", p) * _any(h, p, "home_hours_condition") * _any(h, p, "blind")),
    "home_hours_person": (Person, float, lambda r, p: 365 * r("home_hours_condition", p) * (r.household("home_hours_household", p) == 0)),
    "poor_disabled_family": (Household, bool, lambda h, p: _any(h, p, "has_disability") * (h("dibao_household", p) + h("low_income_family", p))),
    "parent_here": (Household, bool, lambda h, p: h.any(h.members("relation", p) == "parent")),
    "student_of_disability": (Person, bool, lambda r, p: r("in_school", p) * (r("has_disability", p)
        + ((r("relation", p) == "child") + (r("relation", p) == "grandchild") + (r("relation", p) == "self") * r.household("parent_here", p))
        * r.household("poor_disabled_family", p))),
    "disabled_student_aid": (Person, float, lambda r, p: r("student_of_disability", p) * r("full_time_study", p) * (
        4000 * (r("school_stage", p) == "college") + 5000 * ((r("school_stage", p) == "university") + (r("school_stage", p) == "postgraduate")))),
    "disabled_school_gap": (Person, float, lambda r, p: r("student_of_disability", p) * (r("school_stage", p) == "vocational")
        * numpy.minimum(numpy.maximum(r("tuition_charged", p) - 2000, 0), 1000)),
    "student_living_aid": (Person, float, lambda r, p: r.household("education_aid_recognised", p) * (
        1500 * ((r("school_stage", p) == "primary") + (r("school_stage", p) == "junior")) + 2500 * (r("school_stage", p) == "senior") + 2000 * (r("school_stage", p) == "vocational"))),
    "merit_award": (Person, float, lambda r, p: r.household("education_aid_recognised", p) * r("school_honoured", p)
        * (2000 * (r("school_stage", p) == "senior") + 1000 * (r("school_stage", p) == "vocational"))),
    "travel_grant": (Person, float, lambda r, p: r.household("education_aid_recognised", p) * r("fresh_student", p) * r("fresh_full_time", p)
        * ((r("school_stage", p) == "college") + (r("school_stage", p) == "university")) * numpy.where(r("school_in_province", p), 500, 1000)),
    "school_travel_card": (Person, float, lambda r, p: 1000 * r("special_school_here", p) * (r("disability_kind", p) == "intellectual")),
    "charity_special_aid": (Person, float, lambda r, p: r("needy_person", p) * numpy.minimum(0.3 * numpy.maximum(r("self_paid_medical_year", p) - 3000, 0), 10000)),
    "three_year_reward": (Household, float, lambda h, p: h("key_help_target", p) * h("own_work_lasting", p) * (
        1500 * (h("own_work_years", p) == 0) + 1000 * (h("own_work_years", p) == 1) + 500 * (h("own_work_years", p) == 2))),
    "disability_opens_relief": (Person, bool, lambda r, p: r("has_disability", p) * ~((r("disability_level", p) <= 2) + (
        (r("disability_level", p) == 3) * ((r("disability_kind", p) == "intellectual") + (r("disability_kind", p) == "mental"))))),
    "fixed_relief_due": (Household, float, lambda h, p: 0.5 * 940 * numpy.maximum(
        (h("low_income_family", p) + h("spending_poor_family", p)) * _any(h, p, "disability_opens_relief"), h("planning_hardship", p))),
    "may_join_elder": (Person, bool, lambda r, p: ~r("employee_insured", p) * (r("age", p) >= 60) * ~r("draws_pension", p)),
    "may_join_adult": (Person, bool, lambda r, p: ~r("employee_insured", p) * (r("age", p) >= 18) * ~r("works", p)),
}  # fmt: skip
HELPERS = ("severely_disabled", "blind", "parent_here")  # steps of other rules, compared with nothing
if set(RULES) - set(HELPERS) != set(COMPARED):
    raise SystemExit("openfisca_wuchang.py and wuchang_rules.py name different rules")


class Wuchang(TaxBenefitSystem):
    """The system with the inputs and the rules above."""

    def __init__(self) -> None:
        super().__init__([Person, Household])
        for name in NUMBERS:
            self.add_variable(_input(name, Household if name == "own_work_years" else Person, float, 0))
        for name in TEXTS:
            self.add_variable(_input(name, Person, str, ""))
        for name in FLAGS_PERSON:
            self.add_variable(_input(name, Person, bool, False))
        for name in FLAGS_HOUSEHOLD:
            self.add_variable(_input(name, Household, bool, False))
        for name, (entity, kind, formula) in RULES.items():
            self.add_variable(_rule(name, entity, kind, formula))

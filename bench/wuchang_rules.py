"""What the comparisons with peers are about: the 27 rules of Wuchang, by row and by kind, and the facts they read.

It needs no peer, so that the scripts that compare can be read, and run at a tiny size, where no peer is installed.
"""

from __future__ import annotations

NUMBERS = (
    "disability_level", "tuition_charged", "self_paid_medical_year", "study_year", "age", "resident_years", "own_work_years",
)
IN_FEN = ("tuition_charged", "self_paid_medical_year")
"""The sums of money among the numbers: 元 for OpenFisca, fen for bangfu and the SQL by hand."""
TEXTS = ("disability_kind", "self_care", "school_stage", "relation")
FLAGS_PERSON = (
    "hukou_here", "resident_here", "has_disability", "lower_limb_disability", "motor_wheelchair", "special_school_here",
    "in_school", "full_time_study", "school_honoured", "fresh_student", "fresh_full_time", "school_in_province", "in_care_home",
    "accident_victim", "disaster_victim", "employee_insured", "works", "able_to_work", "draws_pension", "needs_home_adaptation",
)  # fmt: skip
FLAGS_HOUSEHOLD = (
    "dibao_household", "low_income_family", "spending_poor_family", "planning_hardship", "family_planning_special",
    "recognised_by_department", "education_aid_recognised", "key_help_target", "own_work_lasting",
)  # fmt: skip

YES_NO_PERSON = (
    "needy_person", "low_or_dibao", "older_person", "free_transport", "home_hours_condition", "student_of_disability",
    "disability_opens_relief", "may_join_elder", "may_join_adult",
)  # fmt: skip
YES_NO_HOUSEHOLD = ("several_disabled", "poor_disabled_family")
MONEY_PERSON = (
    "mental_medicine_subsidy", "wheelchair_fuel", "phone_subsidy", "many_disabled_subsidy", "care_home_subsidy", "disabled_student_aid",
    "disabled_school_gap", "student_living_aid", "merit_award", "travel_grant", "school_travel_card", "charity_special_aid",
)  # fmt: skip
MONEY_HOUSEHOLD = ("three_year_reward", "fixed_relief_due")
HOURS = {"home_hours_household": 470, "home_hours_person": 365}
"""The rules that grant hours, with how many; the household's go before the person's."""

MONEY = MONEY_PERSON + MONEY_HOUSEHOLD
COMPARED = (*YES_NO_PERSON, *YES_NO_HOUSEHOLD, *MONEY, *HOURS)
OWN = {name: "fixed_relief" if name == "fixed_relief_due" else name for name in COMPARED}
"""What bangfu and the SQL by hand call each rule."""

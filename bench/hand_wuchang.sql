-- The same rules as openfisca_wuchang.py as somebody would write them by hand for DuckDB: whole fen, no unknown anywhere.
-- Reads person (one row a member, ages and years worked out beforehand) and household.
CREATE OR REPLACE TABLE p1 AS
SELECT p.*, h.dibao_household, h.low_income_family, h.education_aid_recognised,
    has_disability AND disability_level IN (1, 2) AS severely_disabled,
    disability_kind = 'visual' AND has_disability AND disability_level IN (1, 2) AS blind,
    h.dibao_household AND ((disability_kind = 'visual' AND has_disability AND disability_level IN (1, 2))
        OR (disability_kind IN ('physical', 'intellectual', 'multiple') AND disability_level = 1 AND self_care = 'unable')) AS home_hours_condition,
    has_disability AND NOT (disability_level <= 2 OR (disability_level = 3 AND disability_kind IN ('intellectual', 'mental'))) AS disability_opens_relief,
    (hukou_here OR resident_here) AND (h.dibao_household OR h.low_income_family OR h.spending_poor_family OR h.family_planning_special
        OR accident_victim OR disaster_victim OR h.recognised_by_department) AS needy_person,
    age >= 60 AND (hukou_here OR resident_years >= 1) AS older_person
FROM person AS p JOIN household AS h ON h.id = p.hid;

CREATE OR REPLACE TABLE h1 AS
SELECT h.*, g.several_disabled, g.any_disability AND (h.dibao_household OR h.low_income_family) AS poor_disabled_family, g.parent_here,
    g.several_disabled AND g.any_hours AND g.any_blind AS home_hours_household,
    CASE WHEN h.planning_hardship OR ((h.low_income_family OR h.spending_poor_family) AND g.any_relief) THEN 47000 ELSE 0 END AS fixed_relief,
    CASE WHEN h.key_help_target AND h.own_work_lasting THEN CASE h.own_work_years WHEN 0 THEN 150000 WHEN 1 THEN 100000 WHEN 2 THEN 50000 ELSE 0 END ELSE 0 END AS three_year_reward
FROM household AS h JOIN (
    SELECT hid, count(*) FILTER (has_disability) >= 2 AS several_disabled, bool_or(has_disability) AS any_disability, bool_or(relation = 'parent') AS parent_here,
        bool_or(home_hours_condition) AS any_hours, bool_or(blind) AS any_blind, bool_or(disability_opens_relief) AS any_relief
    FROM p1 GROUP BY hid) AS g ON g.hid = h.id;

CREATE OR REPLACE TABLE p2 AS
SELECT p.id, needy_person, p.dibao_household OR p.low_income_family AS low_or_dibao, older_person, home_hours_condition, disability_opens_relief,
    CASE WHEN p.dibao_household AND disability_kind = 'mental' THEN 15000 ELSE 0 END AS mental_medicine_subsidy,
    CASE WHEN lower_limb_disability AND motor_wheelchair THEN 26000 ELSE 0 END AS wheelchair_fuel,
    CASE WHEN disability_kind IN ('hearing', 'speech') THEN 5000 ELSE 0 END AS phone_subsidy,
    CASE WHEN has_disability AND p.dibao_household AND h.several_disabled THEN 10000 ELSE 0 END AS many_disabled_subsidy,
    CASE WHEN older_person AND in_care_home AND (p.dibao_household OR p.low_income_family) THEN CASE WHEN self_care = 'unable' THEN 80000 WHEN self_care IN ('able', 'partial') THEN 60000 ELSE 0 END ELSE 0 END AS care_home_subsidy,
    disability_kind = 'visual' OR lower_limb_disability OR (disability_kind IN ('hearing', 'speech') AND severely_disabled) OR (has_disability AND p.dibao_household) AS free_transport,
    home_hours_condition AND NOT h.home_hours_household AS home_hours_person,
    in_school AND (has_disability OR ((relation IN ('child', 'grandchild') OR (relation = 'self' AND h.parent_here)) AND h.poor_disabled_family)) AS student_of_disability,
    CASE WHEN in_school AND full_time_study AND (has_disability OR ((relation IN ('child', 'grandchild') OR (relation = 'self' AND h.parent_here)) AND h.poor_disabled_family))
        THEN CASE WHEN school_stage = 'college' THEN 400000 WHEN school_stage IN ('university', 'postgraduate') THEN 500000 ELSE 0 END ELSE 0 END AS disabled_student_aid,
    CASE WHEN in_school AND school_stage = 'vocational' AND (has_disability OR ((relation IN ('child', 'grandchild') OR (relation = 'self' AND h.parent_here)) AND h.poor_disabled_family))
        THEN least(greatest(tuition_charged - 200000, 0), 100000) ELSE 0 END AS disabled_school_gap,
    CASE WHEN p.education_aid_recognised THEN CASE WHEN school_stage IN ('primary', 'junior') THEN 150000 WHEN school_stage = 'senior' THEN 250000 WHEN school_stage = 'vocational' THEN 200000 ELSE 0 END ELSE 0 END AS student_living_aid,
    CASE WHEN p.education_aid_recognised AND school_honoured THEN CASE school_stage WHEN 'senior' THEN 200000 WHEN 'vocational' THEN 100000 ELSE 0 END ELSE 0 END AS merit_award,
    CASE WHEN p.education_aid_recognised AND fresh_student AND fresh_full_time AND school_stage IN ('college', 'university') THEN CASE WHEN school_in_province THEN 50000 ELSE 100000 END ELSE 0 END AS travel_grant,
    CASE WHEN special_school_here AND disability_kind = 'intellectual' THEN 100000 ELSE 0 END AS school_travel_card,
    -- 30 % of what lies over 3,000 元, at most 10,000 元, to the fen and half up
    CASE WHEN needy_person THEN least((greatest(self_paid_medical_year - 300000, 0) * 3 + 5) // 10, 1000000) ELSE 0 END AS charity_special_aid,
    NOT employee_insured AND age >= 60 AND NOT draws_pension AS may_join_elder,
    NOT employee_insured AND age >= 18 AND NOT works AS may_join_adult
FROM p1 AS p JOIN h1 AS h ON h.id = p.hid;

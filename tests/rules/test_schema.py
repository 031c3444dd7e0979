"""An assessment written as data keeps to the schema that other programs rely on."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import jsonschema
import pytest

from bangfu.rules.assess import assess
from bangfu.rules.household import read_given, read_household_content
from bangfu.rules.schema import ASSESSMENT
from tests.rules.engines import PLACES, ROOT, engine

CHECKER = jsonschema.Draft202012Validator(ASSESSMENT)


def example(place: str) -> dict[str, Any]:
    """Return the assessment of a place's example household as another program reads it."""
    content = read_household_content(ROOT / "examples" / f"{place}.yaml")
    on = content["on"]
    assert isinstance(on, dt.date)
    found = assess(engine(place), read_given(engine(place).pack, content), on)
    data: dict[str, Any] = json.loads(json.dumps(found.as_data(), ensure_ascii=False))
    return data


def test_the_schema_is_a_schema() -> None:
    """The schema itself keeps to draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(ASSESSMENT)


@pytest.mark.parametrize("place", PLACES)
def test_an_assessment_keeps_to_the_schema(place: str) -> None:
    """Answers, reasons and needs of the example household have the published shape."""
    assert [f"{list(e.path)}: {e.message}" for e in CHECKER.iter_errors(example(place))] == []


def test_another_shape_is_noticed() -> None:
    """A status that does not exist and a key too many are refused."""
    data = example("county")
    data["answers"][0]["status"] = "perhaps"
    data["surprise"] = 1
    assert len(list(CHECKER.iter_errors(data))) == 2

"""The reference of the rule language leaves no operation out."""

from __future__ import annotations

from tests.rules.engines import PLACES, engine
from tests.rules.spec.harness import Suite
from tests.rules.spec.operations import listed, operations, words_of


def test_every_operation_stands_in_a_table_or_an_example() -> None:
    """The closed list of the language, and whatever the packs use, is shown and held by the specification."""
    shown = {word for entry in Suite().engine.pack.entries.values() for word in words_of(entry)}
    wanted = listed()
    used = {word for place in PLACES for entry in engine(place).pack.entries.values() for word in words_of(entry)}

    assert len(operations()) >= 40
    assert wanted - shown == set()
    assert used - shown == set()

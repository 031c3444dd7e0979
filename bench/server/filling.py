"""Fill a PostgreSQL database with a made-up district: households, people, statements, current facts, audit entries.

The first households are drawn by ``bangfu synth``, made by the demonstration's own maker and go in by COPY; the others are
copies of them, written by the database itself with names out of the whole pool. All of it under an actor and with every
trigger in force; a batch is one transaction.

usage: python bench/server/filling.py --households 100000
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any

from copies import Copies
from setting import DAY, KEPT, make_accounts, make_areas, ready

DRAWN = 5_000
"""So many households are drawn, each unlike the others."""
PEOPLE_A_HOUSEHOLD = 2.8
"""About how many people a drawn household has, at most: never fewer are drawn than needed."""
READINGS = 2
SEED = 1


class Keys:
    """The next free primary keys of each table."""

    def __init__(self) -> None:
        self.next: dict[type, int] = {}

    def take(self, rows: Iterable[Any]) -> None:
        """Give each row a key."""
        for row in rows:
            model = type(row)
            row.pk = self.next[model] = self.next.get(model, 0) + 1

    def number(self, model: type, count: int) -> range:
        """Return the keys for so many rows that are no objects."""
        first = self.next.get(model, 0) + 1
        self.next[model] = first + count - 1
        return range(first, first + count)

    def settle(self) -> None:
        """Let the tables' sequences go on after the keys given."""
        from django.db import connection

        with connection.cursor() as cursor:
            for model, last in self.next.items():
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, last])  # type: ignore[attr-defined]


def copy(model: Any, rows: Iterable[tuple[Any, ...]], columns: list[str]) -> int:
    """Write rows by COPY; return how many."""
    from django.db import connection

    names, count = ", ".join(f'"{c}"' for c in columns), 0
    with connection.cursor() as cursor, cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as out:
        for row in rows:
            out.write_row(row)
            count += 1
    return count


def copy_objects(rows: list[Any], json_columns: frozenset[str] = frozenset()) -> int:
    """Write unsaved rows that have their keys."""
    if not rows:
        return 0
    fields = rows[0]._meta.concrete_fields
    names = [f.attname for f in fields]
    jsons = {n for n, f in enumerate(fields) if f.name in json_columns}
    values = (tuple(json.dumps(v, ensure_ascii=False) if n in jsons else v for n, v in enumerate(getattr(row, name) for name in names)) for row in rows)
    return copy(type(rows[0]), values, [f.column for f in fields])


class Filler:
    """Turns drawn households into rows of the database, batch after batch."""

    def __init__(self) -> None:
        from bangfu.server.areas.models import Area
        from bangfu.server.areas.scope import Scope
        from bangfu.server.areas.selectors import communities_within
        from bangfu.server.assessment.engines import engine_of
        from bangfu.server.demonstration.households import Maker

        self.district = Area.objects.get(code="420106")
        self.engine = engine_of(self.district.place)
        self.communities = list(communities_within(Scope.of([self.district])))
        self.maker = Maker(self.engine, self.district, DAY, {})
        self.keys, self.households = Keys(), 0

    def drawn(self, households: int) -> None:
        """Draw households and write them."""
        from bangfu.server.audit.acting import acting_as, system_actor
        from bangfu.server.demonstration.drawn import draw

        drawn, organisations = draw(self.engine, int(households * PEOPLE_A_HOUSEHOLD) + 1000, SEED, DAY)
        self.maker.organisations = organisations
        made = [self._household(one) for one in drawn[:households]]
        with acting_as(system_actor("演示")) as actor:
            self._write(made, actor)

    def _household(self, drawn: Any) -> Any:
        self.households += 1
        made = self.maker.household(drawn, self.communities[self.households % len(self.communities)], self.households)
        made.said = [s for s in made.said if _kept(s, self.households)]
        return made

    def _write(self, made: list[Any], actor: Any) -> None:
        households = [m.household for m in made]
        people = [person for m in made for person, _ in m.members]
        items = [item for m in made for item in m.items]
        self.keys.take(households)
        self.keys.take(people)
        self.keys.take(items)
        links = [membership for m in made for _, membership in m.members]
        stated = [one for m in made for one in m.stated]
        events = [event for m in made for event in _events(m, actor)]
        for rows in (links, stated, events):
            self.keys.take(rows)
        for row in (*links, *items, *stated, *events):
            _link(row)
        for rows in (households, people, links, sorted(items, key=lambda item: item.at_id is not None), stated):
            copy_objects(rows)
        copy_objects(events, frozenset({"details"}))
        self._facts(made, actor)
        self._audit(made, actor)

    def _facts(self, made: list[Any], actor: Any) -> None:
        """Write statements and what they say now."""
        from bangfu.server.registry.models import CurrentFacts, Observation

        said = [(m.household.pk, None if s.person is None else s.person.pk, None if s.item is None else s.item.pk, s) for m in made for s in m.said]
        keys = self.keys.number(Observation, len(said))
        columns = ["id", "household_id", "person_id", "item_id", "fact", "value", "source", "evidence", "document_id", "actor_id", "stated_at", "true_on", "valid_until"]
        rows = (
            (key, home, person, item, s.fact, json.dumps(s.value, ensure_ascii=False), str(s.source), "虚构示例", None, actor.pk, s.at, s.on, None)
            for key, (home, person, item, s) in zip(keys, said, strict=True)
        )
        copy(Observation, rows, columns)
        current = list(_current(said))
        numbered = ((key, *row) for key, row in zip(self.keys.number(CurrentFacts, len(current)), current, strict=True))
        copy(CurrentFacts, numbered, ["id", "household_id", "person_id", "item_id", "facts", "conflicts"])

    def _audit(self, made: list[Any], actor: Any) -> None:
        """Write two entries and some readings for each household."""
        from bangfu.server.audit.models import Entry, Reading
        from bangfu.server.calendar.clock import HERE

        def entries() -> Iterator[tuple[Any, ...]]:
            for m in made:
                home, at = m.household, dt.datetime.combine(m.household.opened_on, dt.time(9), HERE)
                names = sorted({s.fact for s in m.said if s.item is None})
                acts = {"household.opened": {}, "facts.stated": {"facts": names, "source": "declared"}}
                for action, told in acts.items():
                    yield at, actor.pk, actor.name, action, "registry.household", str(home.pk), home.pk, home.area_code, "", json.dumps(told)

        def readings() -> Iterator[tuple[Any, ...]]:
            for m in made:
                home, at = m.household, dt.datetime.combine(m.household.opened_on, dt.time(10), HERE)
                for _ in range(READINGS):
                    yield at, actor.pk, "household", home.pk, 1, home.area_code

        copy(Entry, entries(), ["at", "actor_id", "actor_name", "action", "object_type", "object_id", "household_id", "area_code", "reason", "details"])
        copy(Reading, readings(), ["at", "actor_id", "page", "household_id", "rows", "area_code"])


def _kept(said: Any, household: int) -> bool:
    from bangfu.server.demonstration.households import RECORD
    from bangfu.server.demonstration.names import share

    if said.item is not None and said.item.entity == RECORD:
        return True
    whose = said.item.key if said.item is not None else said.person.name if said.person is not None else ""
    return share("kept", said.fact, whose, household) < KEPT


def _link(row: Any) -> None:
    """Let a row take the keys that the rows it points at have got."""
    for name, of in list(row._state.fields_cache.items()):
        setattr(row, name, of)


def _events(made: Any, actor: Any) -> Iterator[Any]:
    from bangfu.server.calendar.clock import HERE
    from bangfu.server.registry.enums import EventKind
    from bangfu.server.registry.models import Event

    at = dt.datetime.combine(made.household.opened_on, dt.time(9), HERE)
    yield Event(household=made.household, kind=EventKind.OPENED, on=made.household.opened_on, actor_id=actor.pk, at=at)
    for person, _ in made.members:
        yield Event(household=made.household, person=person, kind=EventKind.JOINED, on=made.household.opened_on, actor_id=actor.pk, at=at)


def _current(said: list[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield household, person, item, facts and conflicts as the register's own reading of its log says."""
    from bangfu.server.registry.current import facts_now
    from bangfu.server.registry.models import Observation

    by_subject: dict[tuple[Any, ...], list[Any]] = {}
    for home, person, item, s in said:
        by_subject.setdefault((home, person, item), []).append(Observation(fact=s.fact, value=s.value, source=s.source))
    for (home, person, item), rows in by_subject.items():
        facts, conflicts = facts_now(rows, DAY)
        yield home, person, item, json.dumps(facts, ensure_ascii=False), json.dumps(conflicts, ensure_ascii=False)


def fill(households: int) -> dict[str, int]:
    """Make the installation and fill it; return how many rows and seconds."""
    from django.db import connection

    begun = time.perf_counter()
    ready()
    make_areas()
    make_accounts()
    filler = Filler()
    filler.drawn(min(DRAWN, households))
    filler.keys.settle()
    _tell(f"{filler.households} households drawn and written", begun)
    copies = Copies()
    for number in range(1, households // filler.households):
        copies.write(number)
        _tell(f"{(number + 1) * filler.households} households", begun)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {**counts(), "seconds": round(time.perf_counter() - begun)}


def counts() -> dict[str, int]:
    """Return how many rows of each kind there are."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for name in ("household", "person", "observation", "currentfacts"):
            cursor.execute(f"SELECT count(*) FROM registry_{name}")
            found[name] = int(cursor.fetchone()[0])
    return found


def _tell(said: str, begun: float) -> None:
    print(f"  {said}, {time.perf_counter() - begun:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    said = argparse.ArgumentParser()
    said.add_argument("--households", type=int, default=100_000)
    print(json.dumps(fill(said.parse_args().households)))

"""The queries of one chunk of households: truth first (what was drawn), then what the ledger, record and feeds say of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from bangfu.rules.pack.model import Pack
from bangfu.rules.synthetic.columns import WORD, District, drawn, stated, value
from bangfu.rules.synthetic.draw import MOST_KEY, Dice, text
from bangfu.rules.synthetic.load import Distributions, Line, line_of

SLOTS = 16
ITEMS = 8
MOST_HOUSEHOLDS = MOST_KEY // (SLOTS * ITEMS) - 1
"""A row's number is (household * 16 + place in it) * 8 + item, and stays below 2^31."""


class Tables:
    """The SQL of every table of a district."""

    def __init__(self, pack: Pack, district: District, found: Distributions, organisations: int) -> None:
        self.pack = pack
        self.vocabulary = pack.vocabulary
        self.district = district
        self.found = found
        self.organisations = organisations
        self.settings = found.files["settings"]

    # -- truth ---------------------------------------------------------------------------------------------------
    def sizes(self, first: int, last: int) -> str:
        """Return SELECT n, size over households, before anything else is drawn."""
        lines = {name: self.found.lines["household"][name] for name in ("situation", "kind")}
        return f"SELECT n, {self._size()} AS size FROM ({self._drawn('household', self._numbers(first, last), lines)})"

    def households(self, first: int, last: int) -> str:
        """Return the truth of some households."""
        lines = dict(self.found.lines["household"])
        source = self._numbers(first, last)
        early = {name: lines.pop(name) for name in ("situation", "kind")}
        query = self._drawn("household", source, early)
        return self._drawn("household", f"(SELECT *, {self._size()} AS size FROM ({query}))", lines)

    def people(self) -> str:
        """Return the truth of the people of the households in ``truth_household``."""
        roles = " ".join(f"WHEN {text(kind)} THEN [{', '.join(text(r) for r in roles)}]" for kind, roles in self.found.files["household"]["kinds"].items())
        source = (
            f"(SELECT h.* EXCLUDE (key, id), h.id AS \"of\", s.slot, h.key + s.slot AS key, 'P' || lpad(n::VARCHAR, 8, '0') || '-' || s.slot AS id, "
            f"(CASE kind {roles} END)[s.slot] AS role FROM truth_household AS h, (SELECT unnest(range(1, {SLOTS})) AS slot) AS s WHERE s.slot <= h.size)"
        )
        return self._kept("person", self._drawn("person", source, self.found.lines["person"]))

    def claims(self, entity: str) -> str:
        """Return the truth of the rows of an entity below households or people."""
        shape = self.vocabulary.entities[entity]
        table = f"truth_{shape.belongs_to}"
        dice = Dice(self.district.seed, entity)
        letter = self.found.files["claims"]["tables"][entity]["letter"]
        count = f"CAST({value(self.found.counts[entity], self.district, dice)} AS BIGINT)"
        few = max(self.organisations // 2, 1)
        number = f"1 + {dice.roll('at')} % (CASE WHEN {dice.chance('large', 85)} THEN {few} ELSE {self.organisations} END)"
        at = f", 'O' || lpad(({number})::VARCHAR, 7, '0') AS \"at\"" if shape.at else ""
        source = f"(SELECT *, {count} AS items FROM {table})"
        drop = 'key, id, "of", items' if shape.belongs_to == "person" else "key, id, items"
        source = (
            f"(SELECT o.* EXCLUDE ({drop}), o.id AS \"of\", i.item, o.key * {ITEMS} + i.item AS key, o.id || {text('.' + letter)} || i.item AS id "
            f"FROM {source} AS o, (SELECT unnest(range(1, {ITEMS})) AS item) AS i WHERE i.item <= o.items)"
        )
        return self._kept(entity, self._drawn(entity, f"(SELECT *{at} FROM {source})", self.found.lines[entity]))

    def bodies(self, first: int, last: int) -> str:
        """Return the truth of some organisations."""
        source = f"(SELECT n, n AS key, 'O' || lpad(n::VARCHAR, 7, '0') AS id FROM range({first}, {last + 1}) AS r(n))"
        return self._drawn("organisation", source, self.found.lines["organisation"])

    def place(self) -> str:
        """Return the row of the place as the ledger has it."""
        lines = dict(self.found.lines["place"])
        rest = self.found.files["place"]["rest"]
        for fact in self.vocabulary.facts_of("place"):
            low, high = rest["money" if fact.type == "money" else "number"]
            lines.setdefault(fact.id, line_of(fact.id, {"even": [low, high], "assumed": rest["assumed"]}))
        query = self._drawn("place", "(SELECT 1 AS key)", lines)
        facts = stated(self.vocabulary.facts_of("place"), lines, self.district, Dice(self.district.seed, "place"), 0)
        return f"SELECT 'place' AS id, {', '.join(facts)} FROM ({query})"

    # -- what is stated ------------------------------------------------------------------------------------------
    def ledger(self, entity: str) -> str:
        """Return what the ledger says of the truth in ``truth_<entity>``."""
        links = ["id", *(['"of"'] if entity not in ("household", "organisation") else []), *(['"at"'] if self.vocabulary.entities[entity].at else [])]
        dice = Dice(self.district.seed, entity)
        share = self.settings["unknown"].get(entity, self.settings["unknown"]["claims"])
        share = min(share, self.settings["testing_unknown"]) if self.district.testing else share
        facts = stated(self.vocabulary.facts_of(entity), self.found.lines[entity], self.district, dice, share)
        return f"SELECT {', '.join([*links, *facts, *self._decided(entity, dice)])} FROM truth_{entity} ORDER BY key"

    def _decided(self, entity: str, dice: Dice) -> list[str]:
        """Return a column for each recognition that no rule can work out: somebody decided it."""
        rule = self.found.files[entity].get("recognitions") if entity in self.found.files else None
        if rule is None:
            return []
        entries = [e for e in self.pack.entries.values() if e.kind == "recognition" and e.per == entity and not e.when and not e.tiers]
        return [f'{value(line_of(entry.id, rule["default"]), self.district, dice)} AS "{entry.id}"' for entry in entries]

    def _kept(self, entity: str, query: str) -> str:
        """Return a query without the columns of owners that nothing further down reads: they would fill the memory."""
        names = {"key", "id", "of", "at", "n", "slot", "size", "role", "item", *self.found.lines[entity], *self.below_words}
        return f"SELECT COLUMNS(lambda c: c IN ({', '.join(text(name) for name in sorted(names))})) FROM ({query})"

    @cached_property
    def below_words(self) -> set[str]:
        """Return every word in the lines of claims, the record and the feeds."""
        claims = self.found.files["claims"]["tables"]
        said = repr([claims, self.found.files["record"], self.found.files["feeds"]])
        return set(WORD.findall(said)) | {"situation"}

    # -- parts ---------------------------------------------------------------------------------------------------
    def _drawn(self, table: str, source: str, lines: dict[str, Line]) -> str:
        wrapped = source if source.startswith("(") else f"({source})"
        return drawn(wrapped, lines, self.district, Dice(self.district.seed, table), self.vocabulary)

    def _numbers(self, first: int, last: int) -> str:
        return f"(SELECT n, n * {SLOTS} AS key, 'H' || lpad(n::VARCHAR, 8, '0') AS id FROM range({first}, {last + 1}) AS r(n))"

    def _size(self) -> str:
        rows = " ".join(f"WHEN {text(kind)} THEN {len(roles)}" for kind, roles in self.found.files["household"]["kinds"].items())
        return f"CASE kind {rows} END"

    def below(self) -> Iterator[str]:
        """Yield the entities below households and people, each with its own table."""
        yield from (name for name in self.vocabulary.entities if name in self.found.counts)

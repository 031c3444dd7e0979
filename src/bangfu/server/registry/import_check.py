"""Hold the households of a ledger against the register: where each would go, and what stands in its way.

The dry run and the import ask the same questions, in few queries for many households; the import asks again, since the
register may have changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from bangfu.rules.ledger import layout
from bangfu.rules.vocabulary import Label
from bangfu.server.areas.models import Area, Level
from bangfu.server.calendar import clock
from bangfu.server.registry.enums import HouseholdStatus
from bangfu.server.registry.identity import id_index
from bangfu.server.registry.import_models import LedgerKey
from bangfu.server.registry.ledger_file import CellFault, LedgerHousehold, LedgerPerson
from bangfu.server.registry.ledger_record import RECORD
from bangfu.server.registry.models import Household, Membership, Person


@dataclass(slots=True)
class Checked:
    """A household of the ledger with where it goes. ``household`` is the one that is there already, None for a new one."""

    ledger: LedgerHousehold
    community: Area | None = None
    household: Household | None = None
    is_same: bool = False
    indexes: dict[str, str] = field(default_factory=dict)
    known: dict[str, Person] = field(default_factory=dict)
    elsewhere: list[tuple[LedgerPerson, Person]] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)

    @property
    def is_bulk(self) -> bool:
        """Tell whether nothing of it is on the register yet, so that it goes in with many others at once."""
        return self.household is None and not self.known


class Register:
    """What the register says about an area's communities, asked in batches."""

    def __init__(self, area: Area) -> None:
        self.area = area
        below = Area.objects.filter(level=Level.COMMUNITY, low__gte=area.low, low__lte=area.high)
        self.communities = {a.code: a for a in below}

    def check(self, batch: Sequence[LedgerHousehold]) -> list[Checked]:
        """Return where each household goes, with the faults of the file and of the register."""
        found = [Checked(ledger, faults=list(ledger.faults)) for ledger in batch]
        for checked in found:
            self._community(checked)
            _days(checked)
        self._households(found)
        self._people(found)
        return found

    def _community(self, checked: Checked) -> None:
        code = checked.ledger.area_code or (self.area.code if self.area.level == Level.COMMUNITY else "")
        checked.community = self.communities.get(code)
        if checked.community is None:
            zh = f"社区代码“{code}”不在“{self.area}”里，应为 12 位" if code else "社区代码要填（12 位）"
            _fault(checked, layout.HOUSEHOLDS, checked.ledger.row, zh, f'the community code "{code}" does not lie in the area of this import', "area_code")

    def _households(self, found: list[Checked]) -> None:
        keys = {c.ledger.key for c in found}
        rows = LedgerKey.objects.filter(area_code__gte=self.area.low, area_code__lte=self.area.high, key__in=keys, person_key="").select_related("household")
        by_key = {(r.area_code, r.key): r for r in rows}
        numbers = Household.objects.filter(number__in=keys, area_code__gte=self.area.low, area_code__lte=self.area.high)
        by_number = {h.number: h for h in numbers}
        for checked in found:
            if checked.community is None:
                continue
            row = by_key.get((checked.community.low, checked.ledger.key))
            checked.household = row.household if row else by_number.get(checked.ledger.key)
            checked.is_same = row is not None and row.digest == checked.ledger.digest
            self._standing(checked)

    def _standing(self, checked: Checked) -> None:
        household, community = checked.household, checked.community
        if household is None or community is None or checked.is_same:
            return
        if household.status != HouseholdStatus.OPEN:
            _fault(checked, layout.HOUSEHOLDS, checked.ledger.row, f"这一户已于 {household.closed_on} 注销", f"the household was closed on {household.closed_on}", "id")
        elif household.area_code != community.low:
            _fault(checked, layout.HOUSEHOLDS, checked.ledger.row, "这一户已不在这个社区，请先办理迁移", "the household no longer lies in this community: move it first", "id")

    def _people(self, found: list[Checked]) -> None:
        for checked in found:
            if not checked.is_same:
                checked.indexes = {p.key: id_index(p.id_number) for p in checked.ledger.people if p.id_number}
        wanted = {index for c in found for index in c.indexes.values()}
        people = {p.id_index: p for p in Person.objects.filter(id_index__in=wanted, merged_into=None)}
        homes = dict(Membership.objects.filter(person__in=[p.pk for p in people.values()], until=None).values_list("person", "household"))
        self._ledger_people(found)
        for checked in found:
            for person in checked.ledger.people:
                known = people.get(checked.indexes.get(person.key, ""))
                if known is not None:
                    self._person(checked, person, known, homes.get(known.pk))

    def _ledger_people(self, found: list[Checked]) -> None:
        """Recognise by their number in the ledger those who have no ID number."""
        here = {c.household.pk: c for c in found if c.household is not None and not c.is_same}
        for row in LedgerKey.objects.filter(household__in=here).exclude(person_key="").select_related("person"):
            checked = here[row.household_id]
            given = {p.key: p for p in checked.ledger.people}.get(row.person_key)
            if given is None or row.person is None:
                continue
            index = checked.indexes.get(given.key)
            if index and row.person.id_index and row.person.id_index != index:
                _fault(checked, layout.MEMBERS, given.row, f"人员编号“{given.key}”在登记簿里是另一个人", f'the person number "{given.key}" is somebody else on the register', "id")
            elif row.person.merged_into_id is None:
                checked.known[given.key] = row.person

    def _person(self, checked: Checked, given: LedgerPerson, known: Person, home: int | None) -> None:
        if known.died_on is not None:
            _fault(checked, layout.MEMBERS, given.row, f"此身份证号的人已于 {known.died_on} 登记死亡", f"the person with this ID number is recorded as dead on {known.died_on}", "id_card")
        elif home is not None and (checked.household is None or home != checked.household.pk):
            checked.elsewhere.append((given, known))
            _fault(checked, layout.MEMBERS, given.row, "此身份证号的人已在另一户，请先办理迁移或分户", "the person with this ID number belongs to another household: move or split first", "id_card")
        else:
            checked.known[given.key] = known


def _days(checked: Checked) -> None:
    """Nothing is received on a day to come."""
    today = clock.today().isoformat()
    for item in checked.ledger.items:
        for name in ("from", "paid_on") if item.entity == RECORD else ():
            if item.facts.get(name, "") > today:
                _fault(checked, layout.RECORD, item.row, f"{item.facts[name]} 晚于今天，请核对", f"{item.facts[name]} is a day to come: check it", name)


def _fault(checked: Checked, sheet: Label, row: int, zh: str, en: str, key: str = "") -> None:
    checked.faults.append(checked.ledger.at(sheet, row, zh, en, key))

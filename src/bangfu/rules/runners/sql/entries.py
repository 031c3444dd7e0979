"""One entry as one stage: force, settled, conditions, amount, rounding, limits, in the order of the format."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bangfu.rules.language.nodes import Node, Ref
from bangfu.rules.pack.model import Document, Entry, Pack, Parameter, Rounding, Widening
from bangfu.rules.plan import Plan
from bangfu.rules.runners.python.nodes import clamp, value_on
from bangfu.rules.runners.sql import dates, maths, tiers
from bangfu.rules.runners.sql.dated import dated, days_of
from bangfu.rules.runners.sql.frames import Frame
from bangfu.rules.runners.sql.limits import Limits
from bangfu.rules.runners.sql.nodes import SqlCompiler
from bangfu.rules.runners.sql.records import Rows, rec
from bangfu.rules.runners.sql.stages import Answer, Stages
from bangfu.rules.runners.sql.tree import (
    Exp,
    absent,
    boolean,
    both,
    case,
    coalesce,
    compare,
    cut,
    day,
    either,
    null,
    opposite,
    present,
    product,
    surely,
    whole,
)
from bangfu.rules.runners.sql.vals import Val, pick, plain, unknown
from bangfu.rules.values import Unknown

FEN = Rounding("half_up", 1)


def in_force(frame: Frame, entry: Entry, document: Document | None, *, by_claim: bool) -> Exp:
    """Return whether an entry itself is in force on the governing date (held inside the document's force)."""
    since, until = entry.since, entry.until
    if since is None and until is None:
        return boolean(True)
    if not by_claim:
        on = clamp(frame.today, document)
        return boolean((since is None or since <= on) and (until is None or on <= until))
    date = frame.date()
    rows = []
    if document is not None and document.since:
        rows.append((compare("lt", date, day(document.since)), day(document.since)))
    if document is not None and document.until:
        rows.append((compare("gt", date, day(document.until)), day(document.until)))
    inside = case(rows, date)
    ends = [compare("le", day(since), inside)] if since else []
    return both([*ends, *([compare("le", inside, day(until))] if until else [])])


class EntrySql:
    """Builds the stage of one benefit, recognition, duty or signal."""

    def __init__(self, pack: Pack, plan: Plan, stages: Stages, entry: Entry, basis: str) -> None:
        assert entry.per is not None
        self.pack = pack
        self.plan = plan
        self.stages = stages
        self.frame = frame = stages.frame(entry.per)
        self.entry = entry
        entity = pack.vocabulary.entities[entry.per]
        self.claim = entity.claim
        self.has_date = entity.date is not None
        self.document: Document | None = pack.documents.get(entry.place)
        self.compiler = SqlCompiler(pack, stages, frame, self.document, by_claim=self.claim, basis=basis)
        self.records = self.compiler.records

    def build(self) -> None:
        """Work the entry out."""
        entry = self.entry
        status = self.status()
        answer = Answer(status, None)
        if entry.is_benefit:
            answer = tiers.amount(self.compiler, entry, status)
        elif entry.tiers:
            tests = [boolean(True) if t.when is None else self.compiler.test(t.when) for t in entry.tiers]
            answer = Answer(both([status, either(tests)]), None)
        settled = self.settled()
        answer = self.after(answer, settled)
        if entry.kind == "recognition":
            answer = Answer(self.recognition(answer.status), None)
        self.stages.finish(
            self.frame, entry, answer, received(self, answer) if entry.id in self.plan.receives else None
        )

    def after(self, answer: Answer, settled: Exp) -> Answer:
        """Return the answer with threshold, rounding, limits and what is settled."""
        entry = self.entry
        limits = Limits(self, settled)
        if entry.threshold is not None:
            answer = limits.threshold(answer)
        if entry.has_money and answer.amount is not None:
            answer = replace(answer, amount=self.round(answer.amount))
        if entry.limits:
            answer = limits.apply(answer)
        answer = self.paid(answer, settled)
        return settle(answer) if answer.amount is not None else answer

    # -- conditions ----------------------------------------------------------------------------------------------
    def status(self) -> Exp:
        """Return force and conditions."""
        entry = self.entry
        tests = [self.force(), *self.conditions()]
        if entry.kind == "recognition" and not entry.when and not entry.tiers:
            tests.append(null("yes_no"))
        if self.claim:
            tests.append(case([(present(self.frame.date()), boolean(True))]))
        return both(tests)

    def force(self) -> Exp:
        """Return whether the entry itself is in force on the governing date."""
        return in_force(self.frame, self.entry, self.document, by_claim=self.claim)

    def conditions(self) -> list[Exp]:
        """Return every condition as a part."""
        entry, compiler = self.entry, self.compiler
        when = [compiler.test(node) for node in entry.when]
        widened = entry.widened if self.claim else entry.widened_on(self.frame.today)
        if widened:
            when = [either([both(when), *(self._joins(widening) for widening in widened)])]
        found = [*when, *(opposite(compiler.test(node)) for node in entry.unless)]
        if entry.policy:
            found.append(self._policy(entry.policy))
        if entry.open_condition is not None:
            found.append(self._open_condition())
        if entry.lasts is not None:
            found.append(self._lasts(*entry.lasts))
        return found

    def _joins(self, widening: Widening) -> Exp:
        """Return whether a row belongs to a group that was added, from its day on."""
        live = [compare("le", day(widening.since), self.frame.date())] if self.claim and widening.since is not None else []
        return both([*live, *(self.compiler.test(node) for node in widening.tests)])

    def _policy(self, name: str) -> Exp:
        policy = self.pack.entries[name]
        assert self.entry.per is not None
        assert policy.per is not None
        path = self.pack.vocabulary.path(self.entry.per, policy.per)
        if path is None:
            return null("yes_no")
        ref = Ref(name, policy.per, path, in_loop=False)
        return self.stages.received(self.frame, ref) if policy.is_benefit else self.stages.read(self.frame, ref).value

    def _open_condition(self) -> Exp:
        held = self.records.holding(self.entry.id, self.compiler.on)
        held = case([(held, boolean(True))], null("yes_no"))
        added = [(self.compiler.test(node), since) for node, since in self.entry.conditions_added]
        if not self.claim:
            live = [test for test, since in added if since is None or since <= self.frame.today]
            return both(live) if live else held
        on = self.frame.date()
        live_tests = [
            (boolean(True) if since is None else compare("le", day(since), on), test) for test, since in added
        ]
        every = both([either([opposite(live), test]) for live, test in live_tests])
        return case([(absent(on), null("yes_no")), (either([live for live, _ in live_tests]), every)], held)

    def _lasts(self, length: Node, since: Node | None) -> Exp:
        """Return whether the day lies from the start on and before the start plus the length."""
        on = self.compiler.on
        if since is not None:
            start = self.compiler.val(since)
        else:
            rows = self.records.current(self.entry.id, on, (), in_loop=False)
            start = Val("date", rows.earliest())
        count = plain(self.compiler.val(length))
        words = dict(length.unit)
        low, high = (self._later(start.value, part, count.bottom, words) for part in (count.value, count.top))
        found = case(
            [
                (compare("lt", on, start.value), boolean(False)),
                (compare("lt", on, low), boolean(True)),
                (compare("ge", on, high), boolean(False)),
            ],
            null("yes_no"),
        )
        if since is None:
            none = either([absent(start.value), opposite(self.records.known), absent(on)])
            return case([(none, boolean(True))], found)
        return found if start.closed is None else case([(start.closed, boolean(False))], found)

    def _later(self, start: Exp, count: Exp, bottom: Exp, words: dict[str, int]) -> Exp:
        many = cut(count, bottom)
        if "日" in words:
            return dates.add_days(start, many)
        months = many if "月" in words else product(many, whole(12))
        return dates.add_months(start, months)

    # -- amounts -------------------------------------------------------------------------------------------------
    def round(self, amount: Val) -> Val:
        """Return the sum rounded once, in the entry's own way or half up to the fen; below zero counts as zero."""
        amount = maths.never_below_zero(amount)
        rounding = self.entry.round
        if not isinstance(rounding, Parameter):
            return maths.rounded(amount, rounding or FEN)

        def make(value: Any) -> Val:
            return Val("number", null("number")) if isinstance(value, Unknown) else maths.rounded(amount, value)

        if not self.claim:
            return make(value_on(rounding, clamp(self.frame.today, self.document)))
        on = self.frame.date()
        found = dated(
            on, days_of(rounding, self.document), lambda d: value_on(rounding, clamp(d, self.document)), make, "number"
        )
        return pick([(absent(on), maths.rounded(amount, FEN)), (boolean(True), found)], "number")

    def settled(self) -> Exp:
        """Return whether a payment of this very claim is on record; never NULL."""
        if not self.claim:
            return boolean(False)
        return both([self.records.known, self._payments().some(), opposite(surely(opposite(self.force())))])

    def _payments(self) -> Rows:
        return self.records.of_row(self.entry.id, (), in_loop=False).where(rec("own"), present(rec("paid_on")))

    def paid(self, answer: Answer, settled: Exp) -> Answer:
        """Return the answer with the sum on record where the claim is settled."""
        if not self.claim:
            return answer
        status = case([(settled, boolean(True))], answer.status)
        if answer.amount is None:
            return replace(answer, status=status)
        if not self.entry.has_money:
            open_ = pick([(settled, unknown("number")), (boolean(True), answer.amount)], "number")
            return replace(answer, status=status, amount=open_)
        amount = Val("number", self._payments().first(rec("amount"), rec("place")))
        return Answer(
            status,
            pick([(settled, amount), (boolean(True), answer.amount)], "number"),
            answer.quantity,
        )

    # -- recognitions --------------------------------------------------------------------------------------------
    def recognition(self, met: Exp) -> Exp:
        """Return the status by the basis: what is held and what is met."""
        entry = self.entry
        on = self.compiler.on
        held = self.records.holding(entry.id, on)
        said = self.frame.column("r", f"said {entry.id}")
        if self.compiler.basis == "recorded":
            says = case([(held, boolean(True))], said) if entry.nobody_decides else held
            return coalesce(says, met)
        only = entry.kind == "recognition" and not entry.when and not entry.tiers
        refuses = boolean(True) if only else present(said)
        open_ = case([(held, boolean(True)), (both([opposite(held), refuses]), boolean(False))], null("yes_no"))
        return coalesce(met, open_)


def received(work: EntrySql, answer: Answer) -> Exp:
    """Return whether a benefit is received: recorded basis: held if stated, else met; basis met: met if decided, else held."""
    on = work.frame.date() if work.has_date else work.frame.day()
    held = work.records.holding(work.entry.id, on)
    status = answer.status
    if answer.amount is not None and work.entry.id in work.plan.open_sums:
        lost = both([absent(answer.amount.value), opposite(answer.amount.shut)])
        status = case([(both([surely(status), lost]), null("yes_no"))], status)
    if work.compiler.basis == "recorded":
        return coalesce(held, status)
    return case([(both([absent(status), held]), boolean(True))], status)


def settle(answer: Answer) -> Answer:
    """Bring status and amount together: nothing left is not met; a range that starts at 0 is undecided."""
    assert answer.amount is not None
    status, amount = answer.status, plain(answer.amount)
    none, low = compare("le", amount.top, whole(0)), compare("le", amount.value, whole(0))
    rows = [
        (amount.shut, boolean(False)),
        (absent(amount.value), boolean(True)),
        (none, boolean(False)),
        (low, null("yes_no")),
    ]
    settled = case([(status, case(rows, boolean(True)))], status)
    if amount.high is None:
        return Answer(settled, amount)
    value = case([(both([status, low]), whole(0))], amount.value)
    return Answer(settled, replace(amount, value=value))

"""Households, people, memberships with dates, and the append-only log of what was stated about them.

A fact is known only through observations. ``CurrentFacts`` is what the log says now, written in the same transaction,
rebuilt from the log at any time and compared with it each night; there is no second history.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import ScopedManager
from bangfu.server.registry.enums import EventKind, HouseholdStatus, Source, Verdict


class Household(models.Model):
    """A family that lives together, in one community. ``area_code`` repeats the community's code for range queries.

    ``size``, ``eldest_born`` and ``youngest_born`` repeat what its members now say, for lists (``make_up``).
    """

    AREA_PATH: ClassVar[str] = "area_code"
    number = models.CharField("户编号", max_length=24, unique=True)
    area = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="社区")
    area_code = models.BigIntegerField(db_index=True, editable=False)
    address = models.CharField("住址", max_length=200, blank=True)
    status = models.CharField("状态", max_length=10, choices=HouseholdStatus.choices, default=HouseholdStatus.OPEN)
    opened_on = models.DateField("建档日期")
    closed_on = models.DateField("注销日期", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=1)
    hold_reason = models.CharField("保全理由", max_length=200, blank=True)
    size = models.PositiveSmallIntegerField("人数", default=0, editable=False)
    eldest_born = models.DateField("最年长者出生日期", null=True, editable=False)
    youngest_born = models.DateField("最年幼者出生日期", null=True, editable=False)

    objects = ScopedManager()

    class Meta:
        verbose_name = "户"
        ordering = ["area_code", "number"]
        indexes = [models.Index(fields=["area_code", "status", "number"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(status="open", closed_on=None) | models.Q(status="closed", closed_on__isnull=False), name="closed_household_has_day"),
        ]

    def __str__(self) -> str:
        return self.number


class Person(models.Model):
    """A person. The ID number is kept encrypted, with a keyed index for finding it and its last four for the eye."""

    AREA_PATH: ClassVar[str] = "area_code"
    name = models.CharField("姓名", max_length=60, db_index=True)
    pinyin = models.CharField(max_length=200, blank=True, editable=False, db_index=True)
    initials = models.CharField(max_length=60, blank=True, editable=False, db_index=True)
    birth_date = models.DateField("出生日期", null=True, blank=True)
    died_on = models.DateField("死亡日期", null=True, blank=True)
    id_cipher = models.BinaryField(null=True, editable=False)
    id_index = models.CharField(max_length=64, null=True, unique=True, editable=False)
    id_last4 = models.CharField(max_length=4, blank=True, editable=False)
    card_cipher = models.BinaryField(null=True, editable=False)
    card_index = models.CharField(max_length=64, blank=True, db_index=True, editable=False)
    card_last4 = models.CharField(max_length=4, blank=True, editable=False)
    area_code = models.BigIntegerField(db_index=True, editable=False)
    merged_into = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="并入")

    objects = ScopedManager()

    class Meta:
        verbose_name = "人员"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person in a household from a day, until a day; a person is in one household at a time."""

    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="memberships")
    person = models.ForeignKey(Person, models.RESTRICT, related_name="memberships")
    relation = models.CharField("与户主关系", max_length=20)
    since = models.DateField("起")
    until = models.DateField("止", null=True, blank=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "成员"
        ordering = ["since", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=models.Q(until=None), name="one_household_at_a_time"),
            models.UniqueConstraint(fields=["household"], condition=models.Q(until=None, relation="self"), name="one_head_a_household"),
            models.CheckConstraint(condition=models.Q(until=None) | models.Q(until__gte=models.F("since")), name="membership_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["person", "household"], condition=models.Q(until=None), name="homes_now")]

    def __str__(self) -> str:
        return f"{self.person} · {self.household}"


class Item(models.Model):
    """A thing that facts are stated about beside people and households: a job, a bill, a supporter, an employer.

    ``entity`` is an entity of the vocabulary, ``of`` the person it belongs to (empty: the household), ``at`` another
    item (the organisation of a job).
    """

    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="items")
    entity = models.CharField("类别", max_length=40)
    key = models.CharField("编号", max_length=40)
    of = models.ForeignKey(Person, models.RESTRICT, null=True, blank=True, related_name="items")
    at = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="+")
    withdrawn = models.BooleanField("已撤销", default=False)

    objects = ScopedManager()

    class Meta:
        verbose_name = "事项"
        ordering = ["entity", "pk"]
        constraints = [models.UniqueConstraint(fields=["household", "entity", "key"], name="one_item_a_key")]
        indexes = [models.Index(fields=["household"], condition=models.Q(entity="record", withdrawn=False), name="households_on_record")]

    def __str__(self) -> str:
        return f"{self.entity} {self.key}"


class Observation(models.Model):
    """One statement of one fact: what, about whom, from where, by whom, when, until when. Never changed, never deleted.

    ``value`` is the fact as a household file writes it; null takes back what was stated (unknown again). The newest
    statement of the strongest source in force counts; a differing weaker one is a conflict and is shown.
    """

    append_only: ClassVar[bool] = True
    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="observations")
    person = models.ForeignKey(Person, models.RESTRICT, null=True, related_name="observations")
    item = models.ForeignKey(Item, models.RESTRICT, null=True, related_name="observations")
    fact = models.CharField("事实", max_length=60)
    value = models.JSONField("内容", null=True)
    source = models.CharField("来源", max_length=10, choices=Source.choices)
    evidence = models.CharField("依据", max_length=200, blank=True)
    document_id = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField("操作者")
    stated_at = models.DateTimeField("录入时间")
    true_on = models.DateField("属实日期")
    valid_until = models.DateField("有效至", null=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "陈述"
        ordering = ["pk"]
        indexes = [models.Index(fields=["household", "person", "item", "fact"])]

    def __str__(self) -> str:
        return f"{self.fact} = {self.value}"


class CurrentFacts(models.Model):
    """What the log says now of one household, person or item: fact → value, and the facts on which sources differ."""

    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="current_facts")
    person = models.ForeignKey(Person, models.RESTRICT, null=True, related_name="current_facts")
    item = models.ForeignKey(Item, models.RESTRICT, null=True, related_name="current_facts")
    facts = models.JSONField(default=dict)
    conflicts = models.JSONField(default=list)

    objects = ScopedManager()

    class Meta:
        verbose_name = "现况"
        constraints = [
            models.UniqueConstraint(fields=["household"], condition=models.Q(person=None, item=None), name="one_row_a_household"),
            models.UniqueConstraint(fields=["person"], condition=models.Q(item=None, person__isnull=False), name="one_row_a_person"),
            models.UniqueConstraint(fields=["item"], condition=models.Q(item__isnull=False), name="one_row_an_item"),
        ]
        indexes = [models.Index(fields=["household"], condition=~models.Q(conflicts=[]), name="households_in_conflict")]

    def __str__(self) -> str:
        return f"{self.household}"


class StatedCollection(models.Model):
    """That somebody said of a household that all its rows of a kind are listed: without it, no rows means unknown."""

    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="stated_collections")
    collection = models.CharField(max_length=40)

    objects = ScopedManager()

    class Meta:
        verbose_name = "已说明齐全"
        constraints = [models.UniqueConstraint(fields=["household", "collection"], name="one_statement_a_collection")]
        indexes = [models.Index(fields=["household"], condition=models.Q(collection="record"), name="records_listed")]

    def __str__(self) -> str:
        return self.collection


class Event(models.Model):
    """What happened to a household's make-up, so that it can be read back as of any date."""

    append_only: ClassVar[bool] = True
    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="events")
    person = models.ForeignKey(Person, models.RESTRICT, null=True, related_name="events")
    other = models.ForeignKey(Household, models.RESTRICT, null=True, related_name="+")
    kind = models.CharField("事件", max_length=10, choices=EventKind.choices)
    on = models.DateField("日期")
    details = models.JSONField(default=dict)
    actor_id = models.BigIntegerField()
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        verbose_name = "户内变动"
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.get_kind_display()}"


class DuplicateVerdict(models.Model):
    """What was decided about two people who look alike; "not the same" is remembered."""

    append_only: ClassVar[bool] = True
    first = models.ForeignKey(Person, models.RESTRICT, related_name="+")
    second = models.ForeignKey(Person, models.RESTRICT, related_name="+")
    verdict = models.CharField("结论", max_length=10, choices=Verdict.choices)
    actor_id = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = "查重结论"
        constraints = [
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="pair_is_ordered"),
            models.UniqueConstraint(fields=["first", "second"], name="one_verdict_a_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id}–{self.second_id} {self.get_verdict_display()}"

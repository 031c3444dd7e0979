"""What the rules answered, and the values that a place has signed: append-only, each with the hashes it rests on."""

from __future__ import annotations

import hashlib
import json
import zlib
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import ScopedManager
from bangfu.server.registry.models import Household, Person


class StoredAssessment(models.Model):
    """An assessment of one household: the canonical JSON with its reasons, packed, and all that it rests on.

    ``given`` is what was stated, by the register's row numbers and without names; ``pack_hash`` names the ``PackContent``.
    """

    append_only: ClassVar[bool] = True
    not_encrypted: ClassVar[tuple[str, ...]] = ("packed",)
    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="assessments")
    on = models.DateField("计算日期")
    basis = models.CharField(max_length=10)
    pack_hash = models.CharField(max_length=64)
    facts_hash = models.CharField(max_length=64, db_index=True)
    engine_version = models.CharField(max_length=40)
    semantics_version = models.PositiveSmallIntegerField()
    given = models.JSONField()
    packed = models.BinaryField()
    result_hash = models.CharField(max_length=64)
    reason = models.CharField("理由", max_length=200, blank=True)
    actor_id = models.BigIntegerField()
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        verbose_name = "测算"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.household} {self.on}"

    def keep(self, text: str) -> None:
        """Put the canonical JSON in, with its hash."""
        self.packed, self.result_hash = zlib.compress(text.encode()), hashlib.sha256(text.encode()).hexdigest()

    @property
    def text(self) -> str:
        """Return the canonical JSON."""
        return zlib.decompress(bytes(self.packed)).decode()

    @property
    def data(self) -> dict[str, Any]:
        """Return the assessment as plain data."""
        found: dict[str, Any] = json.loads(self.text)
        return found


class PackContent(models.Model):
    """The files of a pack by the pack's hash, so that an answer can be worked out again after the folder changed."""

    append_only: ClassVar[bool] = True
    pack_hash = models.CharField(primary_key=True, max_length=64)
    place = models.CharField(max_length=40)
    files = models.JSONField()

    class Meta:
        verbose_name = "政策包存档"

    def __str__(self) -> str:
        return f"{self.place} {self.pack_hash[:12]}"


class ValueKind(models.TextChoices):
    """What a policy officer may set."""

    VALUE = "value", _("标准或数值")
    READING = "reading", _("读法")
    CONDITION = "condition", _("补充条件")


class ValueScan(models.Model):
    """The signed document that a value comes from, as its officer attached it. ``path`` is a random name in the private folder."""

    append_only: ClassVar[bool] = True
    name = models.CharField("文件名", max_length=120)
    kind = models.CharField("类型", max_length=40)
    size = models.PositiveIntegerField("字节")
    digest = models.CharField(max_length=64)
    path = models.CharField(max_length=80, unique=True)
    thumbnail = models.CharField(max_length=80, blank=True)
    added_by = models.BigIntegerField("上传人")
    added_at = models.DateTimeField("上传时间")

    class Meta:
        verbose_name = "取值文件扫描件"

    def __str__(self) -> str:
        return self.name


class PolicyValue(models.Model):
    """A value entered for a district; it counts once a second person has signed it (``Signature``).

    ``scan`` is the document itself, ``published`` the address where everybody may read it; production asks for one of them.
    """

    append_only: ClassVar[bool] = True
    district = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="区县")
    kind = models.CharField("类别", max_length=10, choices=ValueKind.choices)
    address = models.CharField("所设项目", max_length=120)
    value = models.CharField("取值", max_length=300)
    since = models.DateField("起")
    instrument = models.CharField("文号", max_length=100)
    source = models.CharField("来源", max_length=200)
    scan = models.OneToOneField(ValueScan, models.RESTRICT, null=True, related_name="value", verbose_name="扫描件")
    published = models.CharField("公开文件网址", max_length=300, blank=True)
    entered_by = models.BigIntegerField("录入人")
    entered_at = models.DateTimeField("录入时间")
    withdraws = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="withdrawn_by", verbose_name="撤回")

    class Meta:
        verbose_name = "政策取值"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.address} = {self.value}"


class Signature(models.Model):
    """The second person's word on a value: signed or refused, over the digest of what was seen (``values.digest_of``).

    The database itself refuses who entered the value (``four_eyes``).
    """

    append_only: ClassVar[bool] = True
    value = models.OneToOneField(PolicyValue, models.RESTRICT, related_name="signature")
    signed = models.BooleanField("同意")
    reason = models.CharField("理由", max_length=300, blank=True)
    digest = models.CharField(max_length=64)
    actor_id = models.BigIntegerField("签署人")
    at = models.DateTimeField("签署时间")

    class Meta:
        verbose_name = "签署"

    def __str__(self) -> str:
        return f"{self.value} {'✓' if self.signed else '✗'}"


class WhatIfRun(models.Model):
    """A what-if over a district's register: of an entered value, or of changes that somebody only tries (``changes``)."""

    district = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="区县")
    value = models.ForeignKey(PolicyValue, models.RESTRICT, null=True, related_name="whatifs")
    changes = models.JSONField("改动", default=list)
    day = models.DateField("测算日期")
    asked_by = models.BigIntegerField("发起人")
    asked_at = models.DateTimeField("发起时间")
    job_id = models.BigIntegerField(null=True)
    data = models.JSONField("结果", null=True)
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "试算"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.district} {self.day}"


class WhatIfHousehold(models.Model):
    """One household that a what-if changes: more or less a year, by the event, and what is owed for the time past, in fen."""

    AREA_PATH: ClassVar[str] = "area_code"
    run = models.ForeignKey(WhatIfRun, models.CASCADE, related_name="households")
    household = models.ForeignKey(Household, models.RESTRICT, related_name="+")
    area_code = models.BigIntegerField()
    kind = models.CharField("变化", max_length=10)
    regular_fen = models.BigIntegerField(default=0)
    event_fen = models.BigIntegerField(default=0)
    back_fen = models.BigIntegerField(default=0)

    objects = ScopedManager()

    class Meta:
        verbose_name = "试算涉及户"
        indexes = [models.Index(fields=["run", "area_code"])]

    def __str__(self) -> str:
        return f"{self.household} {self.kind}"


class NightlyRun(models.Model):
    """One night of one district. Its rows count once ``finished_at`` is set; until then nobody sees them."""

    district = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="区县")
    on = models.DateField("计算日期", db_index=True)
    pack_hash = models.CharField(max_length=64, blank=True)
    households = models.PositiveIntegerField("户", default=0)
    people = models.PositiveIntegerField("人", default=0)
    left_out = models.JSONField("未能测算的户", default=list)
    lapsed_since = models.DateField("文件失效日", null=True)
    finished_at = models.DateTimeField("完成时间", null=True)

    class Meta:
        verbose_name = "每晚测算"
        ordering = ["-on"]
        constraints = [models.UniqueConstraint(fields=["district", "on"], name="one_run_a_night")]

    def __str__(self) -> str:
        return f"{self.district} {self.on}"


class Finding(models.TextChoices):
    """What a night finds about somebody and one kind of help."""

    MISSED = "missed", _("符合而未享受")
    ENDED = "ended", _("享受而不再符合")


class NightlyRow(models.Model):
    """One finding: who qualifies and does not receive, or receives and no longer qualifies. ``row`` is ``H1``, ``P2`` or ``I3``."""

    AREA_PATH: ClassVar[str] = "area_code"
    run = models.ForeignKey(NightlyRun, models.CASCADE, related_name="rows")
    household = models.ForeignKey(Household, models.RESTRICT, related_name="+")
    person = models.ForeignKey(Person, models.RESTRICT, null=True, related_name="+")
    area_code = models.BigIntegerField()
    entry = models.CharField("条目", max_length=80)
    row = models.CharField("对象", max_length=60)
    finding = models.CharField("结论", max_length=10, choices=Finding.choices)
    low_fen = models.BigIntegerField(null=True)
    high_fen = models.BigIntegerField(null=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "每晚结果"
        indexes = [models.Index(fields=["run", "finding", "entry", "area_code"]), models.Index(fields=["household", "run"])]

    def __str__(self) -> str:
        return f"{self.entry} {self.row} {self.finding}"


class NightlyTotal(models.Model):
    """How many one rule reaches in one community on a night: answers "yes", of them received; sums in fen per ``every`` of the rule."""

    AREA_PATH: ClassVar[str] = "area_code"
    run = models.ForeignKey(NightlyRun, models.CASCADE, related_name="totals")
    area_code = models.BigIntegerField()
    entry = models.CharField("条目", max_length=80)
    answers = models.PositiveIntegerField("符合", default=0)
    households = models.PositiveIntegerField("涉及户", default=0)
    received = models.PositiveIntegerField("已享受", default=0)
    low_fen = models.BigIntegerField(null=True)
    high_fen = models.BigIntegerField(null=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "每晚合计"
        constraints = [models.UniqueConstraint(fields=["run", "entry", "area_code"], name="one_total_a_rule_and_community")]

    def __str__(self) -> str:
        return f"{self.entry} {self.area_code}: {self.answers}"

"""What the rules answered, and the values that a place has signed: append-only, each with the hashes it rests on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import ScopedManager
from bangfu.server.registry.models import Household


class StoredAssessment(models.Model):
    """An assessment of one household as canonical JSON."""

    append_only: ClassVar[bool] = True
    AREA_PATH: ClassVar[str] = "household__area_code"
    household = models.ForeignKey(Household, models.RESTRICT, related_name="assessments")
    on = models.DateField("计算日期")
    basis = models.CharField(max_length=10)
    pack_hash = models.CharField(max_length=64)
    facts_hash = models.CharField(max_length=64, db_index=True)
    engine_version = models.CharField(max_length=40)
    semantics_version = models.PositiveSmallIntegerField()
    given = models.JSONField()
    result = models.TextField()
    actor_id = models.BigIntegerField()
    at = models.DateTimeField()

    objects = ScopedManager()

    class Meta:
        verbose_name = "测算"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.household} {self.on}"


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

    VALUE = "value", "标准或数值"
    READING = "reading", "读法"
    CONDITION = "condition", "补充条件"


class PolicyValue(models.Model):
    """A value entered for a district; it counts once a second person has signed it (``Signature``)."""

    append_only: ClassVar[bool] = True
    district = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="区县")
    kind = models.CharField("类别", max_length=10, choices=ValueKind.choices)
    address = models.CharField("所设项目", max_length=120)
    value = models.CharField("取值", max_length=300)
    since = models.DateField("起")
    instrument = models.CharField("文号", max_length=100)
    source = models.CharField("来源", max_length=200)
    scan_id = models.BigIntegerField("扫描件", null=True)
    entered_by = models.BigIntegerField("录入人")
    entered_at = models.DateTimeField("录入时间")
    withdraws = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="withdrawn_by", verbose_name="撤回")
    seen_whatif = models.JSONField("试算摘要", default=dict)

    class Meta:
        verbose_name = "政策取值"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.address} = {self.value}"


class Signature(models.Model):
    """The second person's word on a value: signed or refused, over the digest of what was seen."""

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


class NightlyRow(models.Model):
    """One line of the nightly run: who qualifies and does not receive, or receives and no longer qualifies."""

    AREA_PATH: ClassVar[str] = "area_code"
    on = models.DateField("计算日期", db_index=True)
    household = models.ForeignKey(Household, models.RESTRICT, related_name="+")
    area_code = models.BigIntegerField(db_index=True)
    entry = models.CharField("条目", max_length=80)
    row = models.CharField("对象", max_length=60)
    finding = models.CharField("结论", max_length=12)
    low_fen = models.BigIntegerField(null=True)
    high_fen = models.BigIntegerField(null=True)
    needs = models.JSONField(default=list)

    objects = ScopedManager()

    class Meta:
        verbose_name = "每晚结果"
        indexes = [models.Index(fields=["on", "finding", "entry", "area_code"])]

    def __str__(self) -> str:
        return f"{self.on} {self.entry} {self.finding}"

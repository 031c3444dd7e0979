"""What people may ask of those who keep their data: consent, requests, how long it is kept."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import ScopedManager
from bangfu.server.registry.enums import KeptKind, Purpose, RequestKind, RequestStatus
from bangfu.server.registry.models import Person


class Consent(models.Model):
    """That somebody agreed to a use of their data, or their guardian did; ``until`` is set when it is withdrawn."""

    AREA_PATH: ClassVar[str] = "person__area_code"
    person = models.ForeignKey(Person, models.RESTRICT, related_name="consents")
    purpose = models.CharField("用途", max_length=20, choices=Purpose.choices)
    given_on = models.DateField("同意日期")
    guardian = models.CharField("监护人姓名", max_length=60, blank=True)
    guardian_relation = models.CharField("监护人关系", max_length=30, blank=True)
    document_id = models.BigIntegerField("书面材料", null=True)
    actor_id = models.BigIntegerField("登记人")
    until = models.DateField("撤回日期", null=True)
    why_ended = models.CharField("撤回说明", max_length=200, blank=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "同意"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person", "purpose"], condition=models.Q(until=None), name="one_consent_a_purpose"),
            models.CheckConstraint(condition=models.Q(guardian="", guardian_relation="") | (~models.Q(guardian="") & ~models.Q(guardian_relation="")), name="guardian_has_relation"),
        ]

    def __str__(self) -> str:
        return f"{self.person} {self.get_purpose_display()}"


class PersonRequest(models.Model):
    """What somebody asked about their own data, and what was answered."""

    AREA_PATH: ClassVar[str] = "person__area_code"
    person = models.ForeignKey(Person, models.RESTRICT, related_name="requests")
    kind = models.CharField("请求", max_length=12, choices=RequestKind.choices)
    asked_on = models.DateField("提出日期")
    asked_by = models.CharField("提出人", max_length=60)
    relation = models.CharField("与本人关系", max_length=30)
    checked_by = models.CharField("身份核对", max_length=100)
    details = models.CharField("内容", max_length=500, blank=True)
    due_on = models.DateField("答复期限", null=True)
    status = models.CharField("状态", max_length=10, choices=RequestStatus.choices, default=RequestStatus.OPEN)
    answer = models.CharField("答复", max_length=500, blank=True)
    answered_on = models.DateField("答复日期", null=True)
    answered_by = models.BigIntegerField(null=True)
    actor_id = models.BigIntegerField("登记人")

    objects = ScopedManager()

    class Meta:
        verbose_name = "本人请求"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.person} {self.get_kind_display()}"


class Period(models.Model):
    """How long a district keeps something, or how long an answer may take, with the instrument that says so; the newest row counts."""

    append_only: ClassVar[bool] = True
    AREA_PATH: ClassVar[str] = "area_code"
    district = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="区县")
    area_code = models.BigIntegerField(db_index=True, editable=False)
    kind = models.CharField("对象", max_length=20, choices=KeptKind.choices)
    number = models.PositiveSmallIntegerField("期限")
    instrument = models.CharField("依据", max_length=200)
    actor_id = models.BigIntegerField("登记人")
    at = models.DateTimeField("登记时间")

    objects = ScopedManager()

    class Meta:
        verbose_name = "保存期限"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"

"""Who did what: actors, entries without foreign keys, the sealed chain, and the read log.

Entries are written unchained in the transaction of what they tell; one sealer links them in order (``seal.py``).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class ActorKind(models.TextChoices):
    """What kind of hand a write comes from."""

    PERSON = "person", "人员"
    SYSTEM = "system", "系统"
    ANONYMOUS = "anonymous", "网上来访"


class Actor(models.Model):
    """A hand that writes: a member of staff, a named part of the system, or the anonymous visitor. Never deleted."""

    kind = models.CharField("类别", max_length=10, choices=ActorKind.choices)
    user_id = models.BigIntegerField(null=True, unique=True, editable=False)
    name = models.CharField("名称", max_length=60)

    class Meta:
        verbose_name = "操作者"
        constraints = [
            models.CheckConstraint(condition=models.Q(kind="person", user_id__isnull=False) | (~models.Q(kind="person") & models.Q(user_id=None)), name="person_has_user"),
            models.UniqueConstraint(fields=["name"], condition=~models.Q(kind="person"), name="one_actor_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Entry(models.Model):
    """One act. ``details`` never holds an ID number, a card number or the text of a document."""

    append_only: ClassVar[bool] = True
    at = models.DateTimeField("时间", db_index=True)
    actor_id = models.BigIntegerField("操作者", db_index=True)
    actor_name = models.CharField("操作者姓名", max_length=60)
    action = models.CharField("动作", max_length=60, db_index=True)
    object_type = models.CharField("对象类别", max_length=60)
    object_id = models.CharField("对象编号", max_length=60)
    household_id = models.BigIntegerField("户", null=True, db_index=True)
    area_code = models.BigIntegerField("辖区代码", null=True, db_index=True)
    reason = models.CharField("理由", max_length=300, blank=True)
    details = models.JSONField("内容", default=dict)

    class Meta:
        verbose_name = "审计记录"
        ordering = ["-id"]

    AREA_PATH = "area_code"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.action}"


class Link(models.Model):
    """One link of the chain: the entry, and the SM3 digest over the link before and the entry's canonical JSON."""

    append_only: ClassVar[bool] = True
    number = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    digest = models.CharField(max_length=64)

    class Meta:
        verbose_name = "审计链"

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class Reading(models.Model):
    """Who looked at whose data: the only table that a GET may append to."""

    append_only: ClassVar[bool] = True
    written_by_get: ClassVar[bool] = True
    at = models.DateTimeField("时间", db_index=True)
    actor_id = models.BigIntegerField("操作者", db_index=True)
    page = models.CharField("页面", max_length=60)
    household_id = models.BigIntegerField("户", null=True, db_index=True)
    rows = models.PositiveIntegerField("行数", default=1)
    area_code = models.BigIntegerField("辖区代码", null=True)

    class Meta:
        verbose_name = "查阅记录"
        ordering = ["-id"]

    AREA_PATH = "area_code"

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.page}"

"""Ledgers on their way into the register: what was uploaded, what the dry run found, how it ended."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import ScopedManager
from bangfu.server.registry.enums import ImportStatus, Source
from bangfu.server.registry.models import Household, Person


class ImportRun(models.Model):
    """One uploaded ledger. ``faults`` are rows of (sheet, row, column, Chinese, English, household); the file goes at the end."""

    AREA_PATH: ClassVar[str] = "area_code"
    area = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="辖区")
    area_code = models.BigIntegerField(db_index=True, editable=False)
    file_name = models.CharField("文件名", max_length=120)
    path = models.CharField(max_length=80, blank=True)
    digest = models.CharField(max_length=64)
    size = models.PositiveIntegerField("字节")
    source = models.CharField("来源", max_length=10, choices=Source.choices)
    taken_on = models.DateField("台账日期")
    uploaded_by = models.BigIntegerField("上传人")
    uploaded_at = models.DateTimeField("上传时间")
    status = models.CharField("状态", max_length=10, choices=ImportStatus.choices, default=ImportStatus.CHECKING)
    check_job = models.BigIntegerField(null=True)
    import_job = models.BigIntegerField(null=True)
    report = models.JSONField("核对结果", default=dict)
    faults = models.JSONField("错误", default=list)
    outcome = models.JSONField("导入结果", default=dict)

    objects = ScopedManager()

    class Meta:
        verbose_name = "台账导入"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.file_name


class LedgerKey(models.Model):
    """Which household or person a number of a community's ledger stands for, so that a repeated import changes nothing.

    ``person_key`` is empty on the row of the household; that row's ``digest`` is the hash of all its cells.
    """

    AREA_PATH: ClassVar[str] = "area_code"
    area_code = models.BigIntegerField()
    key = models.CharField("户编号", max_length=40)
    person_key = models.CharField("人员编号", max_length=40, blank=True)
    household = models.ForeignKey(Household, models.RESTRICT, related_name="+")
    person = models.ForeignKey(Person, models.RESTRICT, null=True, related_name="+")
    digest = models.CharField(max_length=64, blank=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "台账编号"
        constraints = [models.UniqueConstraint(fields=["area_code", "key", "person_key"], name="one_meaning_a_ledger_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.person_key}".strip()

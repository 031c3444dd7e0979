"""Exports too large to wait for: who asked, for what and why, and the file until it expires."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import ScopedManager


class ExportRun(models.Model):
    """One large export. ``ids`` are the households as they were asked for, gone once the file is there.

    ``parts`` are rows of (path, households, bytes) while it is written. ``number`` is the entry of the audit whose mark the
    file carries. The file goes when it expires; the row stays.
    """

    AREA_PATH: ClassVar[str] = "area_code"
    area = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="辖区")
    area_code = models.BigIntegerField(db_index=True, editable=False)
    title = models.CharField("名称", max_length=80)
    reason = models.CharField("理由", max_length=300)
    whole = models.BooleanField("完整的身份证号", default=False)
    number = models.BigIntegerField("导出编号")
    asked_by = models.BigIntegerField("发起人", db_index=True)
    asked_at = models.DateTimeField("发起时间")
    digest = models.CharField(max_length=64)
    ids = models.JSONField(null=True)
    households = models.PositiveIntegerField("户")
    parts = models.JSONField(default=list)
    job_id = models.BigIntegerField(null=True)
    path = models.CharField(max_length=80, blank=True)
    name = models.CharField("文件名", max_length=120, blank=True)
    size = models.BigIntegerField("字节", default=0)
    finished_at = models.DateTimeField("完成时间", null=True)
    expires_at = models.DateTimeField("到期时间", null=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "台账导出"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.title

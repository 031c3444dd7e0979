"""A row for each piece of background work: who asked, how far it is, its sign of life, how it ended."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from bangfu.server.areas.scope import ScopedManager

EVERYWHERE = 0
"""The area code of a job that looks over all areas; it lies in nobody's scope."""


class JobStatus(models.TextChoices):
    """Where a job stands."""

    WAITING = "waiting", _("等待")
    RUNNING = "running", _("进行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")
    CANCELLED = "cancelled", _("已取消")


class Job(models.Model):
    """Background work. ``key`` makes asking twice harmless; ``state`` is where a restart goes on from.

    ``attempt`` counts all attempts there ever were; those since ``attempts_before``, when an officer last asked anew, are
    the ones that may die before the reaper gives the job up.
    """

    AREA_PATH: ClassVar[str] = "area_code"
    kind = models.CharField("类别", max_length=40)
    key = models.CharField(max_length=100, unique=True)
    asked_by = models.BigIntegerField("发起人")
    asked_at = models.DateTimeField("发起时间")
    area_code = models.BigIntegerField("辖区代码", db_index=True)
    status = models.CharField("状态", max_length=10, choices=JobStatus.choices, default=JobStatus.WAITING)
    given = models.JSONField("参数", default=dict)
    state = models.JSONField("进度记录", default=dict)
    done = models.PositiveIntegerField("已完成", default=0)
    total = models.PositiveIntegerField("总数", null=True)
    result = models.JSONField("结果", default=dict)
    reason = models.CharField("说明", max_length=500, blank=True)
    attempt = models.PositiveSmallIntegerField("第几次", default=0)
    attempts_before = models.PositiveSmallIntegerField("重试前次数", default=0)
    lease = models.CharField(max_length=40, blank=True)
    beat_at = models.DateTimeField("最近心跳", null=True)
    cancel_asked = models.BooleanField("已要求取消", default=False)
    ended_at = models.DateTimeField("结束时间", null=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "任务"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.get_status_display()}"

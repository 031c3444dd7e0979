"""What a person has to do by when. A to-do is of a role in an area; who does it takes it on."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.scope import ScopedManager


class Todo(models.Model):
    """One thing to do, with its deadline and whether that is provisional."""

    AREA_PATH: ClassVar[str] = "area_code"
    kind = models.CharField("类别", max_length=40)
    key = models.CharField(max_length=120, unique=True)
    title = models.CharField("事项", max_length=120)
    role = models.CharField("角色", max_length=20)
    area_code = models.BigIntegerField(db_index=True)
    household_id = models.BigIntegerField(null=True, db_index=True)
    due_on = models.DateField("期限", null=True)
    provisional = models.BooleanField("期限暂定", default=False)
    taken_by = models.BigIntegerField("经办人", null=True)
    done_at = models.DateTimeField("办结时间", null=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "待办"
        ordering = ["due_on", "pk"]

    def __str__(self) -> str:
        return self.title

"""Documents and photos: private, typed by their content, served only through the household they belong to."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.scope import ScopedManager


class StoredFile(models.Model):
    """A file of a household. ``path`` is a random name in the private folder; ``digest`` is SHA-256 of the content."""

    AREA_PATH: ClassVar[str] = "area_code"
    household_id = models.BigIntegerField(db_index=True)
    area_code = models.BigIntegerField(db_index=True)
    person_id = models.BigIntegerField(null=True)
    name = models.CharField("文件名", max_length=120)
    word = models.CharField("材料", max_length=40, blank=True)
    kind = models.CharField("类型", max_length=40)
    size = models.PositiveIntegerField("字节")
    digest = models.CharField(max_length=64)
    path = models.CharField(max_length=80, unique=True)
    thumbnail = models.CharField(max_length=80, blank=True)
    added_at = models.DateTimeField("上传时间")
    added_by = models.BigIntegerField("上传人")
    withdrawn = models.BooleanField("已撤回", default=False)

    objects = ScopedManager()

    class Meta:
        verbose_name = "文件"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name

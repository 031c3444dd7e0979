"""What visitors keep: answers under a code, sealed, for ninety days; and how often somebody guessed."""

from __future__ import annotations

from django.db import models


class Kept(models.Model):
    """Answers kept by a visitor. Neither the code nor the last four signs are stored, only keyed digests."""

    code_digest = models.CharField(max_length=64, unique=True)
    whole_digest = models.CharField(max_length=64)
    place = models.CharField("政策包", max_length=40)
    sealed = models.BinaryField("密封的回答")
    made_at = models.DateTimeField("保存时间")
    expires_on = models.DateField("到期", db_index=True)

    class Meta:
        verbose_name = "自查留存"
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.place} {self.expires_on}"


class Attempts(models.Model):
    """How often a code, or somebody's address, was tried without success within one hour. ``key`` is a keyed digest."""

    key = models.CharField(max_length=64)
    hour = models.DateTimeField("小时")
    count = models.PositiveIntegerField("次数", default=0)

    class Meta:
        verbose_name = "取回尝试"
        ordering = ["hour", "pk"]
        constraints = [models.UniqueConstraint(fields=["key", "hour"], name="one_count_of_attempts_an_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} {self.count}"

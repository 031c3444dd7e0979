"""What one member of staff keeps for their own work: forms not sent yet, filters under a name, forms already taken.

Everything here belongs to one person and is found through that person alone; there is no area in it.
"""

from __future__ import annotations

from django.db import models

from bangfu.server.accounts.models import User


class Draft(models.Model):
    """A form that was typed and not sent. Sealed: it may hold names and ID numbers."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="drafts", verbose_name="人员")
    key = models.CharField("哪张表", max_length=80)
    household_id = models.BigIntegerField("户", null=True)
    sealed = models.BinaryField()
    changed_at = models.DateTimeField("时间")

    class Meta:
        verbose_name = "草稿"
        ordering = ["-changed_at"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_draft_a_form")]

    def __str__(self) -> str:
        return f"{self.user} {self.key}"


class SavedView(models.Model):
    """Filters of a list under a name. ``query`` is the query string."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="saved_views", verbose_name="人员")
    page = models.CharField("页面", max_length=40)
    name = models.CharField("名称", max_length=40)
    query = models.CharField("条件", max_length=600)

    class Meta:
        verbose_name = "常用筛选"
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "page", "name"], name="one_view_a_name")]

    def __str__(self) -> str:
        return self.name


class SentForm(models.Model):
    """A form that was taken, by the mark it was shown with: pressed twice, it is taken once."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="+", verbose_name="人员")
    mark = models.CharField(max_length=40, unique=True)
    target = models.CharField("结果地址", max_length=200, blank=True)
    at = models.DateTimeField("时间", db_index=True)

    class Meta:
        verbose_name = "已收表单"

    def __str__(self) -> str:
        return self.mark

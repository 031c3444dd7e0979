"""Tokens of programs that call the API: each acts for one account, in some areas, for some actions, until a day."""

from __future__ import annotations

from django.db import models

from bangfu.server.accounts.models import User
from bangfu.server.areas.models import Area


class ApiToken(models.Model):
    """A token. Only its digest is kept; ``start`` is its first signs, by which people tell tokens apart."""

    name = models.CharField("用途", max_length=60)
    user = models.ForeignKey(User, models.RESTRICT, related_name="api_tokens", verbose_name="所用账号")
    area = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="辖区")
    actions = models.JSONField("可做的事", default=list)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    start = models.CharField("开头", max_length=12, editable=False)
    expires_on = models.DateField("最后一天")
    made_by = models.BigIntegerField("开设人")
    made_at = models.DateTimeField("开设时间")
    revoked_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = "接口令牌"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.name} {self.start}…"

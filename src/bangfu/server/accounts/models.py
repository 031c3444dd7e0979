"""Staff: accounts made by administrators only, roles in areas for a time, and near relatives."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.core.validators import RegexValidator
from django.db import models

from bangfu.server.accounts.enums import Role
from bangfu.server.areas.models import Area


class UserManager(BaseUserManager["User"]):
    """Makes accounts; nobody becomes anything by it: rights come from assignments."""

    def create_user(self, username: str, name: str, password: str | None = None, **extra: Any) -> User:
        """Return a saved account."""
        user = self.model(username=username, name=name, **extra)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        """Return the account of a login name, whatever its case."""
        return self.get(username__iexact=username)


class User(AbstractBaseUser):
    """A member of staff. There is no superuser: nobody is above scope, audit and four eyes."""

    username = models.CharField("登录名", max_length=40, unique=True, validators=[RegexValidator(r"^[A-Za-z0-9._-]{3,40}$", "登录名用 3 到 40 个字母、数字、点、横线")])
    name = models.CharField("姓名", max_length=60)
    is_active = models.BooleanField("启用", default=True)
    must_change_password = models.BooleanField("下次登录须改密码", default=False)
    home = models.ForeignKey(Area, models.RESTRICT, null=True, blank=True, related_name="+", verbose_name="所属辖区")
    made_on = models.DateTimeField("建号时间", auto_now_add=True)

    objects = UserManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name = "账号"
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        """Return the name of the person."""
        return self.name


class Assignment(models.Model):
    """A role that somebody holds in an area from a day, until a day."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="assignments", verbose_name="人员")
    role = models.CharField("角色", max_length=20, choices=Role.choices)
    area = models.ForeignKey(Area, models.RESTRICT, related_name="+", verbose_name="辖区")
    since = models.DateField("起")
    until = models.DateField("止", null=True, blank=True)

    class Meta:
        verbose_name = "任职"
        ordering = ["user", "role", "since"]
        constraints = [
            models.UniqueConstraint(fields=["user", "role", "area", "since"], name="one_assignment_a_day"),
            models.CheckConstraint(condition=models.Q(until=None) | models.Q(until__gte=models.F("since")), name="assignment_ends_after_it_begins"),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.area}"


class NearRelative(models.Model):
    """A member of staff and the ID index of a near relative who applies (近亲属备案); it bars both from each other's case."""

    user = models.ForeignKey(User, models.RESTRICT, related_name="near_relatives", verbose_name="工作人员")
    id_index = models.CharField(max_length=64, db_index=True, editable=False)
    name = models.CharField("亲属姓名", max_length=60)
    relation = models.CharField("关系", max_length=30)
    declared_on = models.DateField("申报日期")

    class Meta:
        verbose_name = "近亲属备案"
        constraints = [models.UniqueConstraint(fields=["user", "id_index"], name="one_declaration_a_relative")]

    def __str__(self) -> str:
        return f"{self.user} – {self.name}"

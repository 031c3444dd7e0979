"""Districts, streets and communities by GB/T 2260 code, extended by the statistical codes below."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """How far down an area lies."""

    DISTRICT = "district", _("区县")
    STREET = "street", _("街道乡镇")
    COMMUNITY = "community", _("社区村")


DIGITS = {Level.DISTRICT: 6, Level.STREET: 9, Level.COMMUNITY: 12}
LENGTH = 12


class Area(models.Model):
    """One area. ``low``..``high`` are the 12-digit codes inside it, so that what lies below is one range of an index."""

    code = models.CharField("区划代码", max_length=LENGTH, unique=True)
    name = models.CharField("名称", max_length=60)
    level = models.CharField("层级", max_length=10, choices=Level.choices)
    parent = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="children", verbose_name="上级")
    low = models.BigIntegerField(unique=True, editable=False)
    high = models.BigIntegerField(editable=False)
    place = models.CharField("政策包", max_length=40, blank=True, help_text="区县填写：文件夹名，如 wuchang")

    class Meta:
        verbose_name = "辖区"
        ordering = ["low"]
        constraints = [
            models.CheckConstraint(condition=models.Q(low__lte=models.F("high")), name="area_range_is_ordered"),
            models.CheckConstraint(condition=models.Q(level="district", parent=None) | models.Q(parent__isnull=False), name="area_below_district_has_parent"),
            models.CheckConstraint(condition=~models.Q(level="district") | ~models.Q(place=""), name="district_names_its_pack"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: object, **kwargs: object) -> None:
        """Set the range from the code, always."""
        self.low, self.high = code_range(self.code)
        super().save(*args, **kwargs)  # type: ignore[arg-type]

    @property
    def district_code(self) -> str:
        """Return the code of the district it lies in."""
        return self.code[: DIGITS[Level.DISTRICT]]


def code_range(code: str) -> tuple[int, int]:
    """Return the lowest and highest 12-digit code inside an area.

    Raises:
        ValueError: The code has not 6, 9 or 12 digits.
    """
    if not code.isascii() or not code.isdigit() or len(code) not in DIGITS.values():
        raise ValueError(f"区划代码应为 6、9 或 12 位数字，不是“{code}” | an area code has 6, 9 or 12 digits, not {code!r}")
    rest = LENGTH - len(code)
    return int(code + "0" * rest), int(code + "9" * rest)

"""Days: public holidays and make-up working days as published, and a demonstration's business date."""

from __future__ import annotations

from django.db import models


class DayKind(models.TextChoices):
    """What a published day is."""

    HOLIDAY = "holiday", "放假"
    WORKING = "working", "调休上班"


class SpecialDay(models.Model):
    """One day of a year's notice of the State Council; all other days follow the week."""

    day = models.DateField("日期", unique=True)
    kind = models.CharField("类别", max_length=10, choices=DayKind.choices)
    label = models.CharField("名称", max_length=30, blank=True)
    source = models.CharField("来源", max_length=100)

    class Meta:
        verbose_name = "节假日"
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.get_kind_display()}"


class PublishedYear(models.Model):
    """A year whose notice is out; deadlines in any other year are provisional."""

    year = models.PositiveSmallIntegerField("年", unique=True)
    source = models.CharField("来源", max_length=100)

    class Meta:
        verbose_name = "已公布年份"

    def __str__(self) -> str:
        return str(self.year)


class BusinessDate(models.Model):
    """The day a demonstration lives on; production has no row. One row at the most."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    day = models.DateField("业务日期")

    class Meta:
        verbose_name = "业务日期"
        constraints = [models.CheckConstraint(condition=models.Q(only=True), name="one_business_date")]

    def __str__(self) -> str:
        return str(self.day)

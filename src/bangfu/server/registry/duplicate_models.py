"""People who may have been entered twice: pairs that look alike, found by a job, and numbers entered in two places."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from bangfu.server.areas.scope import ScopedManager
from bangfu.server.registry.enums import Likeness
from bangfu.server.registry.models import Person


class DuplicatePair(models.Model):
    """Two records that look alike and that nobody has decided about. Whose scope holds both decides."""

    AREA_PATH: ClassVar[str] = "first__area_code"
    first = models.ForeignKey(Person, models.RESTRICT, related_name="+")
    second = models.ForeignKey(Person, models.RESTRICT, related_name="+")
    likeness = models.CharField("相似之处", max_length=10, choices=Likeness.choices)
    found_at = models.DateTimeField("发现时间")

    objects = ScopedManager()

    class Meta:
        verbose_name = "疑似重复"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="like_pair_is_ordered"),
            models.UniqueConstraint(fields=["first", "second"], name="one_row_a_like_pair"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id}–{self.second_id}"


class Sighting(models.Model):
    """An ID number that somebody tried to enter in one place while its person is on the register in another household.

    The place that tried learns that a record exists elsewhere and no more. Whose scope holds both decides.
    """

    AREA_PATH: ClassVar[str] = "area_code"
    person = models.ForeignKey(Person, models.RESTRICT, related_name="+")
    area_code = models.BigIntegerField("录入地", db_index=True)
    name = models.CharField("录入姓名", max_length=60)
    address = models.CharField("录入住址", max_length=200, blank=True)
    seen_on = models.DateField("录入日期")
    actor_id = models.BigIntegerField("录入人")
    decision = models.CharField("处理", max_length=200, blank=True)
    decided_by = models.BigIntegerField(null=True)
    decided_at = models.DateTimeField(null=True)

    objects = ScopedManager()

    class Meta:
        verbose_name = "异地重复"
        ordering = ["-pk"]
        constraints = [models.UniqueConstraint(fields=["person", "area_code"], condition=models.Q(decision=""), name="one_open_sighting_a_place")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.area_code}"

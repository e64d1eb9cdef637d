"""When somebody works: open spans per weekday in a time zone, and the holidays between."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

MINUTES_OF_A_DAY = 24 * 60


class Calendar(models.Model):
    """Hours that a contract, a rule or a clock refers to; `csp_portal.calendars.hours` works with them."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    zone = models.CharField(_("time zone"), max_length=60)
    # Whose public holidays are days without hours, in every year; empty for nobody's.
    country = models.CharField(_("country"), max_length=2, blank=True, default="", db_default="")
    region = models.CharField(_("region"), max_length=40, blank=True, default="", db_default="")
    # Public holidays on which the hours hold nevertheless.
    worked_on = ArrayField(models.DateField(), default=list, db_default=[], blank=True)

    objects: ClassVar["models.Manager[Calendar]"]

    def __str__(self) -> str:
        return self.name


class OpenSpan(models.Model):
    """Open on a weekday from a minute of the day up to, and without, another; 1440 is the midnight that ends it."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="spans", db_index=False)
    weekday = models.SmallIntegerField(choices=Weekday.choices)
    begins = models.SmallIntegerField()
    ends = models.SmallIntegerField()

    objects: ClassVar["models.Manager[OpenSpan]"]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "weekday", "begins"], name="one_span_at_a_time"),
            models.CheckConstraint(
                name="a_span_lies_within_a_day",
                condition=Q(begins__gte=0, ends__lte=MINUTES_OF_A_DAY, begins__lt=F("ends")),
            ),
        ]

    def __str__(self) -> str:
        return f"{words_of(self.begins)}-{words_of(self.ends)}"


class Holiday(models.Model):
    """A day without hours besides the country's: once, or every year where no year is given."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="holidays")
    name = models.CharField(_("name"), max_length=80, blank=True)
    year = models.SmallIntegerField(null=True, blank=True)
    month = models.SmallIntegerField()
    day = models.SmallIntegerField()

    objects: ClassVar["models.Manager[Holiday]"]

    def __str__(self) -> str:
        date = f"{self.month:02}-{self.day:02}"
        return f"{date if self.year is None else f'{self.year}-{date}'} {self.name}".rstrip()


def words_of(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"

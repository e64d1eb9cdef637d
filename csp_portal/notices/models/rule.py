"""Which events are told to which targets, and when."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from csp_portal.calendars.models import Calendar
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models.target import Target


class Rule(models.Model):
    """Events of these kinds and at least this severity, about at least one customer of the scope; empty lists are all.

    What began before `since_at` is not told: who makes a rule does not want yesterday's alerts.
    """

    class Rhythm(models.TextChoices):
        AT_ONCE = "AT_ONCE", _("At once")
        HOURLY = "HOURLY", _("One digest an hour")
        DAILY = "DAILY", _("One digest a day")

    class Outside(models.TextChoices):
        WAIT = "WAIT", _("Wait until they begin")
        DROP = "DROP", _("Do not tell it")

    name = models.CharField(_("name"), max_length=100, unique=True)
    is_enabled = models.BooleanField(_("in use"), default=True)
    kinds = ArrayField(models.CharField(max_length=30, choices=EventKind.choices), default=list)
    least = models.SmallIntegerField(_("least severity"), choices=Severity.choices, default=Severity.INFO)
    only_groups = models.ManyToManyField("customers.CustomerGroup", related_name="rules_only", blank=True)
    except_groups = models.ManyToManyField("customers.CustomerGroup", related_name="rules_except", blank=True)
    clouds = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    services = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    rhythm = models.CharField(_("rhythm"), max_length=10, choices=Rhythm.choices, default=Rhythm.AT_ONCE)
    hours = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, null=True, blank=True, related_name="rules", verbose_name=_("hours")
    )
    outside = models.CharField(_("outside of the hours"), max_length=10, choices=Outside.choices, default=Outside.WAIT)
    targets = models.ManyToManyField(Target, related_name="rules")
    since_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["Rule"]]

    def __str__(self) -> str:
        return self.name

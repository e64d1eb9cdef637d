"""From how many tickets on the portal suspects an incident by itself."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class SuspicionRule(models.Model):
    """So many tickets of so many customers in so many minutes on one service; without a service, on every other one."""

    service_name = models.CharField(_("service"), max_length=200, blank=True, unique=True)
    is_on = models.BooleanField(_("suspects incidents"), default=True)
    tickets = models.PositiveSmallIntegerField(
        _("tickets"), default=4, validators=[MinValueValidator(2), MaxValueValidator(500)]
    )
    customers = models.PositiveSmallIntegerField(
        _("customers"), default=3, validators=[MinValueValidator(2), MaxValueValidator(500)]
    )
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=60, validators=[MinValueValidator(5), MaxValueValidator(1440)]
    )
    # Of the row without a service: when tickets are looked at next.
    due_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["SuspicionRule"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="no_more_customers_than_tickets", condition=models.Q(customers__lte=models.F("tickets"))
            )
        ]

    def __str__(self) -> str:
        return self.service_name or str(_("Every other service"))

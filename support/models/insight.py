"""What customers keep asking, as it was reckoned last."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from health.models import Service
from support.models.words import Kind


class Help(models.TextChoices):
    """What would make a customer ask less."""

    TRAINING = "TRAINING", _("Training")
    SERVICE = "SERVICE", _("A service")
    FIX = "FIX", _("A fix")


class Habit(models.Model):
    """Tickets of one customer that sound alike: of a service and kind, all of them or those with one word.

    The row keeps its key from round to round, so that an address of its evidence goes on working.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    # As `support.known.vocabulary` understands it; empty for everything asked of the service.
    word = models.CharField(max_length=60, blank=True)
    count = models.PositiveIntegerField()
    reopened = models.PositiveIntegerField()
    known = models.PositiveIntegerField()  # of which Microsoft's issue was behind
    # Their numbers, newest first.
    numbers = ArrayField(models.IntegerField())
    # Per 100 seats; null where nobody told us the seats, or too few customers are similar.
    rate = models.FloatField(null=True)
    similar_rate = models.FloatField(null=True)
    similar = models.PositiveIntegerField(default=0)  # customers it was compared with
    # Tickets above what similar customers of this size would have asked.
    excess = models.PositiveIntegerField(default=0)
    help = models.CharField(max_length=10, choices=Help.choices, blank=True)
    advice = models.CharField(max_length=40, blank=True)  # the key of a rule (support/insight/rules.py)
    round = models.PositiveIntegerField()

    objects: ClassVar[models.Manager["Habit"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "service", "kind", "word"], name="one_habit_of_each_sort", nulls_distinct=False
            )
        ]
        indexes = [
            models.Index(fields=["-excess", "-count", "-id"], name="habit_worth_most", condition=~Q(advice="")),
            models.Index(fields=["customer", "-count"], name="habit_of_customer"),
        ]

    def __str__(self) -> str:
        return f"{self.word or self.kind} of customer {self.customer_id}"


class InsightRound(models.Model):
    """The one row that says when habits are reckoned next; `epoch` tells a worker that was taken over to stop."""

    due_at = models.DateTimeField(null=True)
    epoch = models.PositiveIntegerField(default=0)
    reckoned_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["InsightRound"]]

    def __str__(self) -> str:
        return f"round {self.epoch}"

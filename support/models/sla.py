"""What we promised: how soon we answer, say more and solve, and how much of that time is used."""

from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csp_portal.calendars.models import Calendar
from customers.models import Customer, Tier
from support.models.ticket import Ticket
from support.models.words import Family, Severity, Status


def paused_while_waiting_for_the_customer() -> list[str]:
    return [Status.WAITING_CUSTOMER.value]


class SlaPolicy(models.Model):
    """A promise, and for whom it holds: the narrowest that fits a ticket counts (`support.sla.policies`)."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    tier = models.CharField(_("support tier"), max_length=10, choices=Tier.choices, blank=True)
    family = models.CharField(_("product family"), max_length=20, choices=Family.choices, blank=True)
    # Without one the customer's contract hours count, and around the clock where it has none.
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hours")
    )
    pauses_in = ArrayField(
        models.CharField(max_length=20, choices=Status.choices),
        default=paused_while_waiting_for_the_customer,
        blank=True,
        verbose_name=_("the clocks stand still in"),
    )
    # So much of the time is used when somebody is warned.
    warns_at_percent = models.PositiveSmallIntegerField(_("warn at percent"), default=75)

    objects: ClassVar[models.Manager["SlaPolicy"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "tier", "family"], name="one_policy_for_each", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="a_policy_of_a_customer_needs_no_tier", condition=Q(customer__isnull=True) | Q(tier="")
            ),
            models.CheckConstraint(
                name="a_warning_comes_before_the_end",
                condition=Q(warns_at_percent__gte=1, warns_at_percent__lte=99),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SlaTarget(models.Model):
    """Minutes by severity; null promises nothing."""

    policy = models.ForeignKey(SlaPolicy, on_delete=models.CASCADE, related_name="targets", db_index=False)
    severity = models.CharField(max_length=1, choices=Severity.choices)
    first_response = models.PositiveIntegerField(null=True, blank=True)
    update = models.PositiveIntegerField(null=True, blank=True)
    solution = models.PositiveIntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager["SlaTarget"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["policy", "severity"], name="one_target_of_each_severity")]

    def __str__(self) -> str:
        return f"{self.severity} of policy {self.policy_id}"


class MicrosoftTarget(models.Model):
    """In how many minutes Microsoft promises its first answer, around the clock; an owner may correct it."""

    severity = models.CharField(max_length=1, choices=Severity.choices, unique=True)
    minutes = models.PositiveIntegerField(_("minutes"))

    objects: ClassVar[models.Manager["MicrosoftTarget"]]

    def __str__(self) -> str:
        return f"Microsoft, severity {self.severity}"


class SlaClock(models.Model):
    """One promise of one ticket. Time used is kept whenever something changes, by the hours that held until then.

    While it runs, `running_since` is when it was last reckoned. `Ticket.clocks_due_at` says when to look at it again.
    """

    class Kind(models.TextChoices):
        FIRST_RESPONSE = "FIRST_RESPONSE", _("First response")
        UPDATE = "UPDATE", _("Next update")
        SOLUTION = "SOLUTION", _("Solution")
        MICROSOFT = "MICROSOFT", _("Microsoft's answer")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    policy = models.ForeignKey(SlaPolicy, on_delete=models.SET_NULL, null=True, related_name="+")
    calendar = models.ForeignKey(Calendar, on_delete=models.SET_NULL, null=True, related_name="+")
    # Zone and spans as an offer told them to the customer; null follows the calendar whatever becomes of it.
    hours = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField()
    target_minutes = models.PositiveIntegerField()
    used = models.DurationField()
    running_since = models.DateTimeField(null=True, blank=True)
    # When it will have been used up, if nothing changes; null while it stands still or where hours never open.
    ends_at = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(null=True, blank=True)
    breached_at = models.DateTimeField(null=True, blank=True)
    # When somebody was told of the breach, which may be noticed later than it was.
    told_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["SlaClock"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket", "kind"], name="one_open_clock_of_each_kind", condition=Q(ended_at__isnull=True)
            )
        ]
        indexes = [
            models.Index(fields=["ticket", "kind", "started_at"], name="sla_clock_of_ticket"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of ticket {self.ticket_id}"

    @property
    def is_running(self) -> bool:
        return self.running_since is not None

    @property
    def target(self) -> timedelta:
        return timedelta(minutes=self.target_minutes)

    @property
    def warning(self) -> timedelta:
        """How much may be used before somebody is warned; of Microsoft's own clock, as of a policy by default."""
        return self.target * (self.policy.warns_at_percent if self.policy else 75) / 100

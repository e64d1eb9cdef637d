"""A request of ours to Microsoft about a ticket, and what has to be known before it is filed."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import CloudChoice, Customer, Feed
from support.models.ticket import Ticket
from support.models.words import Family, Kind, Severity


class Purchase(models.TextChoices):
    """How the customer bought what the ticket is about; it decides whose support is owed."""

    CSP = "CSP", _("Cloud Solution Provider, through us")
    CSP_OTHER = "CSP_OTHER", _("Cloud Solution Provider, through another partner")
    ENTERPRISE = "ENTERPRISE", _("Enterprise Agreement or Microsoft Customer Agreement")
    WEB_DIRECT = "WEB_DIRECT", _("Directly from Microsoft by card or invoice")
    MARKETPLACE = "MARKETPLACE", _("Marketplace, made by another company")


class Escalation(models.Model):
    """One row however often somebody presses the button; `epoch` and `lease_until` say whose turn it is to file it.

    pending → sending → filed | unknown → reconcile → filed | pending once more | operator.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Being prepared")
        PENDING = "PENDING", _("Waiting to be filed")
        SENDING = "SENDING", _("Being filed")
        FILED = "FILED", _("Filed with Microsoft")
        UNKNOWN = "UNKNOWN", _("Nobody knows whether it was filed")
        RECONCILE = "RECONCILE", _("Being looked up at Microsoft")
        OPERATOR = "OPERATOR", _("A person has to decide")
        CLOSED = "CLOSED", _("Closed")

    # A worker has them, or is about to.
    IN_WORK = (State.PENDING, State.SENDING, State.UNKNOWN, State.RECONCILE)

    class Way(models.TextChoices):
        AZURE_API = "AZURE_API", _("Azure Support, by this portal")
        DEEP_LINK = "DEEP_LINK", _("Admin center, in the customer's context")
        PARTNER_CENTER = "PARTNER_CENTER", _("Partner Center")
        BY_HAND = "BY_HAND", _("By hand")

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="escalations", db_index=False)
    escalation_no = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    way = models.CharField(max_length=15, choices=Way.choices, default=Way.BY_HAND)
    cloud = models.CharField(max_length=20, choices=CloudChoice.choices)
    product = models.CharField(max_length=20, choices=Family.choices)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    severity = models.CharField(max_length=1, choices=Severity.choices)
    purchase = models.CharField(max_length=12, choices=Purchase.choices, default=Purchase.CSP)
    # What the table of entitlement said when this began: the plan, which may have ended since; where, as in
    # escalation.answers.Where; and Microsoft's minutes to its first answer, None where it promises nothing.
    plan = models.CharField(max_length=100, blank=True)
    where = models.CharField(max_length=22, blank=True)
    target_minutes = models.PositiveIntegerField(null=True, blank=True)
    # Why it went on although an issue of Microsoft's was active or nobody had looked; empty where nothing stood in it.
    override_reason = models.CharField(max_length=1000, blank=True)
    # What the reason was about (escalation.gate.Barrier), and when the gate let this through the last time.
    passed_barrier = models.CharField(max_length=22, blank=True)
    gate_at = models.DateTimeField(null=True, blank=True)
    health_check = models.ForeignKey(
        "support.HealthCheck", on_delete=models.SET_NULL, null=True, blank=True, related_name="escalations"
    )
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    epoch = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_try = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Microsoft's key of it, and the number that people name to each other.
    remote_id = models.CharField(max_length=300, blank=True)
    microsoft_number = models.CharField(max_length=40, blank=True)
    filed_at = models.DateTimeField(null=True, blank=True)
    # What stands in its title at Microsoft, so that it is found again.
    marker = models.CharField(max_length=40, blank=True)
    # What the form says, as values.Filing keeps it; who ordered it to be filed, in which era of the stop switch.
    form = models.JSONField(default=dict)
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    era = models.PositiveIntegerField(default=0)
    # Where to ask what became of it, once Microsoft took it without saying so; it is never sent again by itself then.
    operation_url = models.CharField(max_length=500, blank=True)
    is_resent = models.BooleanField(default=False)
    # Look-ups since the last try: those that worked and found nothing, and those that failed in a row.
    looks = models.PositiveSmallIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    has_twin = models.BooleanField(default=False)

    objects: ClassVar[models.Manager["Escalation"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket", "escalation_no"], name="one_row_of_each_escalation"),
            models.UniqueConstraint(fields=["marker"], name="one_escalation_of_a_marker", condition=~Q(marker="")),
        ]
        indexes = [
            models.Index(
                fields=["lease_until", "id"],
                name="escalation_in_work",
                condition=Q(state__in=["PENDING", "SENDING", "UNKNOWN", "RECONCILE"]),
            )
        ]

    def __str__(self) -> str:
        return f"escalation {self.escalation_no} of ticket {self.ticket_id}"


class HealthCheck(models.Model):
    """What Microsoft said of a customer's health when somebody wanted to escalate, kept as it was said.

    It waits until the customer is read; `read_at` is the moment of that reading and what its age counts from.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", _("Being read")
        DONE = "DONE", _("Read from Microsoft")
        FAILED = "FAILED", _("Not read")

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="health_checks", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    family = models.CharField(max_length=20, choices=Family.choices)
    # The one service it is about; without any it is of the whole family.
    service_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)
    # The services looked at with their state, the issues found as Microsoft worded them, and what the feed said.
    services = models.JSONField(default=list)
    issues = models.JSONField(default=list)
    feed = models.JSONField(default=dict)
    # Microsoft's own keys of the issues that stand in the way.
    issue_ids = ArrayField(models.CharField(max_length=40), default=list, blank=True)

    objects: ClassVar[models.Manager["HealthCheck"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="read_check_has_its_time", condition=~Q(state="DONE") | Q(read_at__isnull=False)
            )
        ]
        indexes = [
            models.Index(fields=["ticket", "-asked_at", "-id"], name="health_check_newest"),
            models.Index(fields=["asked_at"], name="health_check_waiting", condition=Q(state="WAITING")),
        ]

    def __str__(self) -> str:
        return f"health check {self.pk} for ticket {self.ticket_id}"

    @property
    def why_not_read(self) -> str:
        """What the feed said then, in words."""
        problem = self.feed.get("problem", "")
        return str(Feed.Problem(problem).label) if problem in Feed.Problem.values else problem

"""What is wrong with customers' services: issues once per cloud, exposures per customer, states and their history."""

from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import CloudChoice, Customer, Feed, State


class Service(models.Model):
    """A Microsoft service of one cloud (`Exchange`, "Exchange Online")."""

    cloud = models.CharField(max_length=20, choices=CloudChoice.choices)
    microsoft_id = models.CharField(max_length=100)
    name = models.CharField(max_length=200)

    objects: ClassVar[models.Manager["Service"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cloud", "microsoft_id"], name="one_service_per_cloud")]

    def __str__(self) -> str:
        return f"{self.name} ({self.cloud})"


class IssueQuerySet(models.QuerySet["Issue"]):
    def open(self) -> Self:
        return self.filter(is_resolved=False)


class Issue(models.Model):
    """Microsoft's incident or advisory, stored once per cloud however many tenants report it."""

    class Classification(models.TextChoices):
        INCIDENT = "INCIDENT", _("Incident")
        ADVISORY = "ADVISORY", _("Advisory")
        OTHER = "OTHER", _("Unknown")

    class Status(models.TextChoices):
        """Microsoft's serviceHealthStatus; anything unheard of is OTHER and shown with its raw value."""

        OPERATIONAL = "OPERATIONAL", _("Service operational")
        INVESTIGATING = "INVESTIGATING", _("Investigating")
        RESTORING = "RESTORING", _("Restoring service")
        VERIFYING = "VERIFYING", _("Verifying service")
        RESTORED = "RESTORED", _("Service restored")
        REVIEW_PUBLISHED = "REVIEW_PUBLISHED", _("Post-incident review published")
        DEGRADATION = "DEGRADATION", _("Service degradation")
        INTERRUPTION = "INTERRUPTION", _("Service interruption")
        EXTENDED_RECOVERY = "EXTENDED_RECOVERY", _("Extended recovery")
        FALSE_POSITIVE = "FALSE_POSITIVE", _("False positive")
        SUSPENDED = "SUSPENDED", _("Investigation suspended")
        RESOLVED = "RESOLVED", _("Resolved")
        MITIGATED_EXTERNAL = "MITIGATED_EXTERNAL", _("Mitigated externally")
        MITIGATED = "MITIGATED", _("Mitigated")
        RESOLVED_EXTERNAL = "RESOLVED_EXTERNAL", _("Resolved externally")
        CONFIRMED = "CONFIRMED", _("Confirmed")
        REPORTED = "REPORTED", _("Reported")
        OTHER = "OTHER", _("Unknown")

    cloud = models.CharField(max_length=20, choices=CloudChoice.choices)
    microsoft_id = models.CharField(max_length=40)
    title = models.CharField(max_length=500)
    service_name = models.CharField(max_length=200)
    feature = models.CharField(max_length=300, blank=True)
    feature_group = models.CharField(max_length=300, blank=True)
    classification = models.CharField(max_length=10, choices=Classification.choices)
    classification_raw = models.CharField(max_length=60)
    status = models.CharField(max_length=20, choices=Status.choices)
    status_raw = models.CharField(max_length=60)
    state = models.SmallIntegerField(choices=State.choices)
    origin_raw = models.CharField(max_length=60, blank=True)
    impact = models.TextField(blank=True)
    is_resolved = models.BooleanField(default=False)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    last_modified_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    # Roll-up, written in the transaction that opens or clears an exposure.
    exposed_customers = models.PositiveIntegerField(default=0)

    objects: ClassVar[IssueQuerySet] = IssueQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cloud", "microsoft_id"], name="one_issue_per_cloud")]
        indexes = [
            models.Index(fields=["is_resolved", "state", "-started_at", "id"], name="issue_worst_first"),
            models.Index(fields=["-started_at", "id"], name="issue_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.microsoft_id} {self.title}"


class Post(models.Model):
    """An update of an issue; the HTML is sanitized once, when it is stored."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="posts", db_index=False)
    posted_at = models.DateTimeField(null=True, blank=True)
    kind_raw = models.CharField(max_length=40, blank=True)
    html = models.TextField()
    digest = models.BinaryField(max_length=16)  # xxh3_128 of the text as Microsoft sent it
    first_seen_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Post"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "digest"], name="one_post_per_text")]

    def __str__(self) -> str:
        return f"post {self.pk} of issue {self.issue_id}"


class ExposureQuerySet(models.QuerySet["Exposure"]):
    def open(self) -> Self:
        return self.filter(cleared_at__isnull=True)


class Exposure(models.Model):
    """An issue hitting a customer; an open one was last seen when the customer's feed was last read."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="exposures", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="exposures", db_index=False)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ExposureQuerySet] = ExposureQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issue", "customer"], name="one_exposure_per_issue_and_customer")
        ]
        indexes = [
            models.Index(
                fields=["customer", "issue"],
                name="exposure_open_of_customer",
                condition=models.Q(cleared_at__isnull=True),
            ),
            models.Index(
                fields=["issue", "customer"],
                name="exposure_open_of_issue",
                condition=models.Q(cleared_at__isnull=True),
            ),
            models.Index(fields=["customer", "-first_seen_at"], name="exposure_of_customer"),
        ]

    def __str__(self) -> str:
        return f"issue {self.issue_id} at customer {self.customer_id}"


class ServiceState(models.Model):
    """How a service is at a customer, as the last reading said."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="service_states", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="states", db_index=False)
    state = models.SmallIntegerField(choices=State.choices)
    status = models.CharField(max_length=20, choices=Issue.Status.choices)
    status_raw = models.CharField(max_length=60)
    since = models.DateTimeField()
    unknown_because = models.CharField(max_length=20, choices=Feed.Problem.choices, blank=True)
    # When a complete answer no longer named the service; it is then unknown, never healthy, and is not deleted.
    missing_since = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["ServiceState"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["customer", "service"], name="one_state_per_customer_and_service")
        ]
        indexes = [
            models.Index(
                fields=["service", "state", "customer"],
                name="service_problems",
                condition=models.Q(state__lt=State.HEALTHY, unknown_because=""),
            )
        ]

    def __str__(self) -> str:
        return f"service {self.service_id} at customer {self.customer_id}"


class StateChange(models.Model):
    """One transition of a service at a customer; never altered."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="state_changes", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="state_changes")
    at = models.DateTimeField(db_default=Now())
    before = models.SmallIntegerField(choices=State.choices, null=True, blank=True)
    after = models.SmallIntegerField(choices=State.choices)
    status_raw = models.CharField(max_length=60, blank=True)
    because = models.CharField(max_length=20, choices=Feed.Problem.choices, blank=True)

    objects: ClassVar[models.Manager["StateChange"]]

    class Meta:
        indexes = [models.Index(fields=["customer", "service", "-at"], name="state_change_history")]

    def __str__(self) -> str:
        return f"{self.before} → {self.after} at {self.at:%Y-%m-%d %H:%M}"


class Gap(models.Model):
    """A time in which a customer was not read for so long that nobody knew how it was; it ended with a reading."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="health_gaps", db_index=False)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Gap"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "began_at"], name="one_gap_at_a_time")]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M} to {self.ended_at:%Y-%m-%d %H:%M}"


class Suspicion(models.Model):
    """An incident that we saw before Microsoft spoke of it; merged with Microsoft's issue when that appears."""

    class Outcome(models.TextChoices):
        OPEN = "OPEN", _("Suspected")
        MERGED = "MERGED", _("Confirmed by Microsoft")
        DISMISSED = "DISMISSED", _("Dismissed")

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="suspicions")
    seen = models.TextField(_("what was seen"))
    customers = models.ManyToManyField(Customer, related_name="suspicions")
    reported_at = models.DateTimeField()
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(_("why it was dismissed"), max_length=300, blank=True)
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, null=True, blank=True, related_name="suspicions")
    # How long before Microsoft's first post we knew; negative where Microsoft had been first.
    minutes_ahead = models.IntegerField(null=True, blank=True)

    objects: ClassVar[models.Manager["Suspicion"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="merged_means_an_issue",
                condition=models.Q(outcome="MERGED", issue__isnull=False) | ~models.Q(outcome="MERGED"),
            )
        ]
        indexes = [
            models.Index(fields=["-reported_at"], name="suspicion_newest_first"),
            models.Index(fields=["reported_at"], name="suspicion_open", condition=models.Q(outcome="OPEN")),
        ]

    def __str__(self) -> str:
        return f"{self.service.name} ({self.reported_at:%Y-%m-%d %H:%M})"

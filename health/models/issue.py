"""Microsoft's services, their issues and the posts of these."""

from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import CloudChoice, State


class Service(models.Model):
    """A Microsoft service of one cloud (`Exchange`, "Exchange Online")."""

    cloud = models.CharField(max_length=20, choices=CloudChoice.choices)
    microsoft_id = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    # What Microsoft promises of a month; below it a downtime is a candidate for a service credit.
    promised_percent = models.DecimalField(
        _("promised availability"), max_digits=5, decimal_places=2, default=Decimal("99.9"), db_default=Decimal("99.9")
    )

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

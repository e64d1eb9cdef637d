"""What customers granted us: relationships, who of us holds their roles, and what was seen to change in them."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from customers.models.admin_role import GLOBAL_ADMINISTRATOR, RoleTemplate
from customers.models.connection import Connection
from customers.models.customer import Customer
from customers.models.feed import Feed

NO_EXTENSION = ("", "PT0S", "P0D")  # as Microsoft writes "does not extend"


class Relationship(models.Model):
    """A GDAP relationship as Microsoft last told it; what its list forgets stays, with `gone_at`."""

    class Status(models.TextChoices):
        """In the order of a relationship's life; `status` may hold another word that Microsoft sends one day."""

        CREATED = "created", _("Created")
        APPROVAL_PENDING = "approvalPending", _("Approval pending")
        APPROVED = "approved", _("Approved")
        ACTIVATING = "activating", _("Activating")
        ACTIVE = "active", _("Active")
        EXPIRING = "expiring", _("Expiring")
        EXPIRED = "expired", _("Expired")
        TERMINATION_REQUESTED = "terminationRequested", _("Termination requested")
        TERMINATING = "terminating", _("Terminating")
        TERMINATED = "terminated", _("Terminated")

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="relationships", db_index=False)
    # Null where any customer may accept it, or where the tenant is none of ours.
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="relationships"
    )
    microsoft_id = models.CharField(max_length=100)
    etag = models.CharField(max_length=200, blank=True)
    name = models.CharField(_("name"), max_length=200)
    status = models.CharField(_("status"), max_length=40)
    customer_tenant_id = models.UUIDField(null=True, blank=True)
    customer_name = models.CharField(max_length=256, blank=True)
    role_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    duration = models.CharField(max_length=20, blank=True)  # ISO 8601, as sent
    auto_extend_duration = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    is_partner_consent_pending = models.BooleanField(default=False)
    indirect_provider_tenant_id = models.CharField(max_length=40, blank=True)
    fingerprint = models.BinaryField(max_length=16, null=True, blank=True)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)
    # What only we know of it.
    template = models.ForeignKey(
        RoleTemplate, on_delete=models.SET_NULL, null=True, blank=True, related_name="relationships", db_index=False
    )
    reference = models.CharField(_("our reference"), max_length=100, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)  # when its approval was asked for; it lapses 90 days later
    # The reading of its assignments, requests and operations is a row that becomes due.
    parts_due_at = models.DateTimeField(db_default=Now())
    parts_because = models.CharField(max_length=10, choices=Feed.Because.choices, db_default="", default="", blank=True)
    parts_epoch = models.PositiveIntegerField(default=0)
    parts_read_at = models.DateTimeField(null=True, blank=True)
    parts_failures = models.PositiveSmallIntegerField(default=0)
    parts_problem = models.CharField(max_length=20, choices=Feed.Problem.choices, blank=True)
    parts_detail = models.TextField(blank=True)

    objects: ClassVar[models.Manager["Relationship"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "microsoft_id"], name="one_row_per_relationship"),
        ]
        indexes = [
            models.Index(Upper("customer_name"), "id", name="relationship_by_customer"),  # as the list is ordered
            models.Index(fields=["ends_at", "id"], name="relationship_by_end", condition=Q(gone_at__isnull=True)),
            models.Index(fields=["status", "id"], name="relationship_by_status", condition=Q(gone_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE and self.gone_at is None

    @property
    def auto_extends(self) -> bool:
        return self.auto_extend_duration not in NO_EXTENSION

    @property
    def has_global_administrator(self) -> bool:
        return GLOBAL_ADMINISTRATOR in map(str, self.role_ids)


class AccessAssignment(models.Model):
    """Which of our security groups holds which roles of a relationship."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACTIVE = "active", _("Active")
        DELETING = "deleting", _("Being deleted")
        DELETED = "deleted", _("Deleted")
        ERROR = "error", _("Failed")

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="assignments", db_index=False)
    microsoft_id = models.CharField(max_length=100)
    etag = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=40)
    group_id = models.UUIDField()  # of a SecurityGroup of the same connection, once that was read
    role_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["AccessAssignment"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["relationship", "microsoft_id"], name="one_row_per_access_assignment")
        ]
        indexes = [models.Index(fields=["group_id"], name="access_assignment_of_group")]

    def __str__(self) -> str:
        return f"Assignment of group {self.group_id} in relationship {self.relationship_id}"


class RelationshipRequest(models.Model):
    """What was asked of a relationship (lock for approval, terminate …), as Microsoft keeps it."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="requests", db_index=False)
    microsoft_id = models.CharField(max_length=100)
    action = models.CharField(max_length=40)
    status = models.CharField(max_length=40)
    created_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["RelationshipRequest"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["relationship", "microsoft_id"], name="one_row_per_relationship_request")
        ]

    def __str__(self) -> str:
        return f"{self.action} of relationship {self.relationship_id}"


class RelationshipOperation(models.Model):
    """A long-running change at Microsoft; `data` is its text as sent."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="operations", db_index=False)
    microsoft_id = models.CharField(max_length=100)
    kind = models.CharField(max_length=60)
    status = models.CharField(max_length=40)
    data = models.TextField(blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    modified_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["RelationshipOperation"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["relationship", "microsoft_id"], name="one_row_per_relationship_operation")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of relationship {self.relationship_id}"


class RelationshipChange(models.Model):
    """What a reading, or an answer to one of our calls, showed to differ from before."""

    relationship = models.ForeignKey(Relationship, on_delete=models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField()
    field = models.CharField(max_length=40)  # of the relationship, or "assignment"
    about = models.CharField(max_length=100, blank=True)  # the group of an assignment
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    item = models.ForeignKey(
        "customers.OrderItem", on_delete=models.SET_NULL, null=True, blank=True, related_name="changes", db_index=False
    )

    objects: ClassVar[models.Manager["RelationshipChange"]]

    class Meta:
        indexes = [models.Index(fields=["relationship", "-at"], name="change_of_relationship")]

    def __str__(self) -> str:
        return f"{self.field} of relationship {self.relationship_id} at {self.at}"

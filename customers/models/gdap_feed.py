"""What we read again and again of a partner tenant's delegated administration: a row that becomes due."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.connection import Connection
from customers.models.feed import Feed


class GdapFeed(models.Model):
    class Kind(models.TextChoices):
        RELATIONSHIPS = "RELATIONSHIPS", _("Delegated admin relationships")
        GROUPS = "GROUPS", _("Security groups and their members")
        ROLES = "ROLES", _("Microsoft Entra roles")
        LEGACY = "LEGACY", _("Legacy delegated access (DAP)")

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="gdap_feeds", db_index=False)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    due_at = models.DateTimeField(db_default=Now())
    due_because = models.CharField(max_length=10, choices=Feed.Because.choices, db_default="", blank=True, default="")
    epoch = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, choices=Feed.Problem.choices, blank=True)
    problem_detail = models.TextField(blank=True)

    objects: ClassVar[models.Manager["GdapFeed"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind"], name="one_gdap_feed_per_connection_and_kind")
        ]

    def __str__(self) -> str:
        return f"{self.kind} of connection {self.connection_id}"

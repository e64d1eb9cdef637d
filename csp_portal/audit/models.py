"""What was done by whom: rows that are only ever added, each chained to the one before."""

from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from csp_portal.audit.actions import Action


class Entry(models.Model):
    """One act. People and things are named as they were then: no foreign key, for what they point at may change.

    The database refuses UPDATE, DELETE and TRUNCATE (migration 0001); `audit.log.record` is the only writer.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    action = models.CharField(max_length=60)  # an Action; without choices, for a new one is no change of the table
    person_id = models.BigIntegerField(null=True)
    person = models.CharField(_("who"), max_length=560, blank=True)
    address = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=36, blank=True)
    about_kind = models.CharField(max_length=60, blank=True)
    about_id = models.CharField(max_length=64, blank=True)
    about = models.CharField(_("about"), max_length=300, blank=True)
    customer = models.UUIDField(null=True)  # the tenant id
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    objects: ClassVar[models.Manager["Entry"]] = models.Manager()

    class Meta:
        indexes = [
            models.Index(fields=["action", "-number"], name="audit_by_action"),
            models.Index(fields=["person_id", "-number"], name="audit_by_person"),
            models.Index(fields=["about_kind", "about_id", "-number"], name="audit_by_thing"),
            models.Index(fields=["at"], name="audit_by_time"),
            GinIndex(
                OpClass(Upper("person"), name="gin_trgm_ops"),
                OpClass(Upper("about"), name="gin_trgm_ops"),
                name="audit_search",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.number} {self.action}"

    @property
    def action_label(self) -> str:
        """In the reader's language; an action of a later version by its name."""
        return str(Action(self.action).label) if self.action in Action else self.action


class Copy(models.Model):
    """How far the audit has been copied to a second place, and what went wrong there last."""

    place = models.CharField(max_length=400, unique=True)
    number = models.BigIntegerField(default=0)
    copied_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True)

    objects: ClassVar[models.Manager["Copy"]] = models.Manager()

    def __str__(self) -> str:
        return self.place

"""What goes on about an escalation after it was filed: what Microsoft says and does, and what we do there."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from csp_portal.attachments.models import Attachment
from support.models.entry import Entry
from support.models.escalation import Escalation
from support.models.words import Severity


class EscalationWatch(models.Model):
    """A filed escalation that is read again and again: a row that becomes due until Microsoft has closed it."""

    escalation = models.OneToOneField(Escalation, on_delete=models.CASCADE, related_name="watch", primary_key=True)
    due_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    # Why it could not be read the last time; what is shown is as old as `read_at` then.
    problem = models.CharField(max_length=500, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    # In Microsoft's own words, as they are.
    status = models.CharField(max_length=40, blank=True)
    severity = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField(null=True, blank=True)
    answer_due_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["EscalationWatch"]]

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="escalation_watch_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"watch of escalation {self.escalation_id}"


class EscalationMessage(models.Model):
    """A message of the request at Microsoft that became an entry here; by Microsoft's key, so that it is one once."""

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="messages", db_index=False)
    remote_id = models.CharField(max_length=500)
    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="microsofts")
    is_theirs = models.BooleanField()
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["EscalationMessage"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["escalation", "remote_id"], name="one_entry_of_a_message")]

    def __str__(self) -> str:
        return self.remote_id


class EscalationAct(models.Model):
    """Something that we do to a filed request; what was done twice under its `name` is there once.

    pending → sending → done | unknown → pending again; or stopped, and a person decides.
    """

    class Kind(models.TextChoices):
        MESSAGE = "MESSAGE", _("Message to Microsoft")
        FILE = "FILE", _("File for Microsoft")
        SEVERITY = "SEVERITY", _("Other severity")
        CLOSE = "CLOSE", _("Close the request")

    class State(models.TextChoices):
        PENDING = "PENDING", _("Waiting")
        SENDING = "SENDING", _("Being sent")
        UNKNOWN = "UNKNOWN", _("Nobody knows whether it arrived")
        DONE = "DONE", _("Done")
        STOPPED = "STOPPED", _("Not done")

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="acts")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    text = models.TextField(blank=True)
    severity = models.CharField(max_length=1, choices=Severity.choices, blank=True)
    attachment = models.ForeignKey(Attachment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    ordered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ordered_at = models.DateTimeField()
    era = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["EscalationAct"]]

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], name="escalation_act_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.kind} for escalation {self.escalation_id}"

    @property
    def name(self) -> str:
        """Ours to choose at Microsoft, and the same for every try."""
        return f"csp-{self.escalation_id}-{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.PENDING, self.State.SENDING, self.State.UNKNOWN)

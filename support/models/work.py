"""What people do about a ticket besides talking: follow it, tick things off, note their time, keep a draft."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from support.models.entry import Entry
from support.models.ticket import Ticket
from support.models.words import Turn


class Follower(models.Model):
    """One of us who is told of what happens to the ticket."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="followers", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["Follower"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="follows_once")]

    def __str__(self) -> str:
        return f"person {self.person_id} follows ticket {self.ticket_id}"


class ChecklistItem(models.Model):
    """Something to do or to rule out, with what shows that it was done."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="checklist", db_index=False)
    position = models.PositiveSmallIntegerField()
    text = models.CharField(_("what to do"), max_length=300)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    evidence = models.CharField(_("what shows it"), max_length=1000, blank=True)

    objects: ClassVar[models.Manager["ChecklistItem"]]

    class Meta:
        indexes = [models.Index(fields=["ticket", "position", "id"], name="checklist_in_order")]

    def __str__(self) -> str:
        return self.text


class TimeSpent(models.Model):
    """Minutes of work, and who had the ball meanwhile."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="times")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    on = models.DateField(_("day"))
    what = models.CharField(_("what was done"), max_length=200, blank=True)
    turn = models.CharField(max_length=12, choices=Turn.choices)

    objects: ClassVar[models.Manager["TimeSpent"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="time_spent_is_of_one_day", condition=models.Q(minutes__gt=0, minutes__lte=24 * 60)
            )
        ]

    def __str__(self) -> str:
        return f"{self.minutes} min on ticket {self.ticket_id}"


class Draft(models.Model):
    """What a person is writing and has not said yet; nothing typed is lost."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="drafts", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Entry.Kind.choices, default=Entry.Kind.NOTE)
    text = models.TextField(blank=True)
    kept_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Draft"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ticket", "person"], name="one_draft_per_person")]

    def __str__(self) -> str:
        return f"draft of person {self.person_id} for ticket {self.ticket_id}"

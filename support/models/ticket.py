"""A request for help of a customer, from the first word to the end."""

from datetime import UTC, datetime
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import Contact, Customer
from health.models import Issue, Post, Service, Suspicion
from support.models.queue import Queue
from support.models.words import ENDED, TURN_OF, Channel, Family, Kind, Severity, Status, Turn

# What never comes, so that lists can be sorted by a moment that not every ticket has.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class TicketQuerySet(models.QuerySet["Ticket"]):
    def unended(self) -> Self:
        return self.exclude(status__in=ENDED)


class Ticket(models.Model):
    """Its key is its number. `support.desk` writes it; `version` counts the changes, so that a stale save is seen.

    Without a customer it came from an address that belongs to nobody we know, and only who sees all customers sees it.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("contact")
    )
    # Who asked, as they wrote; a contact may be gone or have another address by now.
    requester_name = models.CharField(_("who asked"), max_length=200, blank=True)
    requester_address = models.EmailField(_("their mail address"), blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    family = models.CharField(_("product family"), max_length=20, choices=Family.choices, default=Family.MICROSOFT_365)
    service = models.ForeignKey(
        Service, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("service")
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.TECHNICAL)
    severity = models.CharField(_("severity"), max_length=1, choices=Severity.choices, default=Severity.C)
    impact = models.TextField(_("business impact"), max_length=2000, blank=True)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="tickets", verbose_name=_("queue"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    status = models.CharField(_("status"), max_length=20, choices=Status.choices, default=Status.NEW)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("tags"))
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    channel = models.CharField(max_length=15, choices=Channel.choices, default=Channel.STAFF)
    # What of Microsoft is behind it; a ticket that follows its issue hears of each update.
    issue = models.ForeignKey(Issue, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    follows_issue = models.BooleanField(default=True)
    # What it has heard of its issue: the newest post, and whether that it is over.
    heard_post = models.ForeignKey(Post, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    heard_end = models.BooleanField(default=False, db_default=False)
    suspicion = models.ForeignKey(Suspicion, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="merged")
    created_at = models.DateTimeField(db_default=Now())
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # The last word or change, whoever's; what lists are sorted by.
    updated_at = models.DateTimeField(db_default=Now())
    # The customer's last word, and our last public one.
    asked_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    first_answered_at = models.DateTimeField(null=True, blank=True)
    solved_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    reopened = models.PositiveSmallIntegerField(default=0)
    # Out of the lists until then; a word of the customer wakes it at once.
    snoozed_until = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)
    # When its clocks have to be looked at: the next warning or end of one, or a promise that was changed.
    clocks_due_at = models.DateTimeField(null=True, blank=True)
    # When the next promise to the customer will be broken, or the first of the broken ones was; NEVER without any.
    promise_at = models.DateTimeField(default=NEVER, db_default=NEVER)

    objects: ClassVar[TicketQuerySet] = TicketQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = [
            models.Index(fields=["-updated_at", "-id"], name="ticket_newest_first"),
            models.Index(
                fields=["-updated_at", "-id"], name="ticket_unended", condition=~Q(status__in=[*map(str, ENDED)])
            ),
            models.Index(
                fields=["promise_at", "id"], name="ticket_next_promise", condition=~Q(status__in=[*map(str, ENDED)])
            ),
            models.Index(fields=["customer", "-updated_at", "-id"], name="ticket_of_customer"),
            models.Index(fields=["status", "-updated_at", "-id"], name="ticket_of_status"),
            models.Index(fields=["owner", "status", "-updated_at", "-id"], name="ticket_of_owner"),
            models.Index(fields=["queue", "status", "-updated_at", "-id"], name="ticket_of_queue"),
            models.Index(fields=["requester_address"], name="ticket_of_address"),
            models.Index(fields=["snoozed_until"], name="ticket_snoozed", condition=Q(snoozed_until__isnull=False)),
            models.Index(fields=["clocks_due_at"], name="ticket_clocks_due", condition=Q(clocks_due_at__isnull=False)),
            GinIndex(fields=["tags"], name="ticket_tags"),
            # What reports count: the tickets opened in some days, and those that were open in them.
            models.Index(fields=["created_at"], name="ticket_opened_on"),
            models.Index(fields=["solved_at"], name="ticket_solved_on"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.subject}"

    @property
    def turn(self) -> Turn:
        return TURN_OF[Status(self.status)]

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED


class TicketChange(models.Model):
    """A field of a ticket that became another, in plain words: what the Activity of its page shows."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="changes", db_index=False)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    field = models.CharField(max_length=40)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    # Where nobody of us did it: a rule, Microsoft's update, the customer's word.
    because = models.CharField(max_length=300, blank=True)
    # The ticket's version that it made: who looked at an earlier one has not seen it.
    version = models.PositiveIntegerField(db_default=0)

    objects: ClassVar[models.Manager["TicketChange"]]

    class Meta:
        indexes = [models.Index(fields=["ticket", "at"], name="ticket_change_in_order")]

    def __str__(self) -> str:
        return f"{self.field} of ticket {self.ticket_id}"


class TurnSpan(models.Model):
    """How long somebody had the ball; the open span is who has it now."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="turns", db_index=False)
    turn = models.CharField(max_length=12, choices=Turn.choices)
    status = models.CharField(max_length=20, choices=Status.choices)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["TurnSpan"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], name="one_open_turn_of_a_ticket", condition=Q(ended_at__isnull=True)
            )
        ]
        indexes = [models.Index(fields=["ticket", "began_at"], name="turn_span_in_order")]

    def __str__(self) -> str:
        return f"{self.turn} at ticket {self.ticket_id}"

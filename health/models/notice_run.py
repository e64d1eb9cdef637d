"""Runs of notices to customers: what is told, who agreed to it, and what became of each mail."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import CloudChoice, Contact, Customer, CustomerGroup, Tier
from health.models.issue import Issue, Post


class NoticeTemplate(models.Model):
    """Our own words for a kind of notice in one language; where there is none, the built-in ones are used."""

    class Kind(models.TextChoices):
        FIRST = "FIRST", _("First notice")
        UPDATE = "UPDATE", _("Update")
        RESTORED = "RESTORED", _("Restored")

    kind = models.CharField(max_length=10, choices=Kind.choices)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))

    objects: ClassVar[models.Manager["NoticeTemplate"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "language"], name="one_template_per_kind_and_language")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.language})"


def _person() -> "models.ForeignKey[models.Model | None, models.Model | None]":
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )


class NoticeRun(models.Model):
    """One thing that customers are told: about a post of Microsoft's, an issue, or in our own words only."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        WAITING = "WAITING", _("Waiting for approval")
        APPROVED = "APPROVED", _("Approved")
        SENDING = "SENDING", _("Sending")
        STOPPED = "STOPPED", _("Stopped")
        DONE = "DONE", _("Done")

    class Kind(models.TextChoices):
        FIRST = "FIRST", _("First notice")
        UPDATE = "UPDATE", _("Update")
        RESTORED = "RESTORED", _("Restored")
        MANUAL = "MANUAL", _("In our own words")

    class Audience(models.TextChoices):
        EXPOSED = "EXPOSED", _("Customers that the issue hits now")
        EVER_EXPOSED = "EVER_EXPOSED", _("Customers that the issue hits or hit")
        ALL = "ALL", _("All customers")

    GROUPS_MATTER: ClassVar[Q] = Q(state__in=["DRAFT", "WAITING"])  # from the approval on its notices are written

    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    topic = models.CharField(_("topic"), max_length=20, choices=Contact.Topic.choices)
    title = models.CharField(_("title"), max_length=200)
    issue = models.ForeignKey(Issue, on_delete=models.PROTECT, null=True, blank=True, related_name="notice_runs")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, blank=True, related_name="notice_runs")
    # Whom it is for; worked out live in a draft, and frozen as notices at the approval.
    audience = models.CharField(max_length=20, choices=Audience.choices)
    cloud = models.CharField(max_length=20, choices=CloudChoice.choices, blank=True)
    groups_in = models.ManyToManyField(CustomerGroup, related_name="+", blank=True)
    groups_out = models.ManyToManyField(CustomerGroup, related_name="+", blank=True)
    tiers = ArrayField(  # of the customers' support; empty is all
        models.CharField(max_length=10, choices=Tier.choices), default=list, db_default=[], blank=True
    )
    # When mails may leave.
    in_contract_hours = models.BooleanField(
        _("only in the hours of each customer's contract"), default=False, db_default=False
    )
    per_minute = models.PositiveSmallIntegerField(_("mails a minute"), default=60)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_to = models.TimeField(_("quiet to"), null=True, blank=True)
    is_urgent = models.BooleanField(_("urgent: at any hour"), default=False)
    urgent_reason = models.CharField(_("why it is urgent"), max_length=300, blank=True)
    # Who did what; `edition` counts edits, so that nobody approves what has changed meanwhile.
    edition = models.PositiveIntegerField(default=1)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(db_default=Now())
    editor = _person()
    edited_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    returned_because = models.CharField(max_length=300, blank=True)
    approver = _person()
    approved_at = models.DateTimeField(null=True, blank=True)
    stopper = _person()
    stopped_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["NoticeRun"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="two_people_stand_behind_a_run",
                condition=Q(approver__isnull=True)
                | (~Q(approver=F("author")) & (Q(editor__isnull=True) | ~Q(approver=F("editor")))),
            ),
            models.CheckConstraint(
                name="nothing_is_sent_without_approval",
                condition=Q(state__in=("DRAFT", "WAITING")) | Q(approver__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["-drafted_at", "-id"], name="notice_run_newest_first"),
            models.Index(fields=["id"], name="notice_run_at_work", condition=Q(state__in=("APPROVED", "SENDING"))),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def may_change(self) -> bool:
        return self.state in (self.State.DRAFT, self.State.WAITING)


class NoticeText(models.Model):
    """What a run says in one language; {{ customer.name }} and its like are filled in when a mail is written."""

    run = models.ForeignKey(NoticeRun, on_delete=models.CASCADE, related_name="texts", db_index=False)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))

    objects: ClassVar[models.Manager["NoticeText"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "language"], name="one_text_per_run_and_language")]

    def __str__(self) -> str:
        return self.subject


class Notice(models.Model):
    """One mail of a run to one contact: a row that becomes due, and what became of it."""

    class State(models.TextChoices):
        PENDING = "PENDING", _("Waiting")
        SENDING = "SENDING", _("Being handed over")
        SENT = "SENT", _("Sent")
        BOUNCED = "BOUNCED", _("Bounced")
        UNCERTAIN = "UNCERTAIN", _("Uncertain")
        FAILED = "FAILED", _("Not sent")
        SKIPPED = "SKIPPED", _("Left out")
        CANCELED = "CANCELED", _("Given up")

    run = models.ForeignKey(NoticeRun, on_delete=models.PROTECT, related_name="notices", db_index=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="notices", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="notices", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    due_at = models.DateTimeField(db_default=Now())
    epoch = models.PositiveIntegerField(default=0)
    taken_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Proof of what left: to which address, in which words, when, and what the mail server answered.
    address = models.EmailField()
    message_id = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    text = models.TextField(blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["Notice"]]

    class Meta:
        constraints = [
            # Each contact is told of each post once, by whichever run came first; what was given up frees its place.
            models.UniqueConstraint(
                fields=["contact", "post"], name="one_notice_per_contact_and_post", condition=~Q(state="CANCELED")
            ),
            models.UniqueConstraint(fields=["run", "contact"], name="one_notice_per_run_and_contact"),
        ]
        indexes = [
            models.Index(fields=["run", "due_at"], name="notice_due", condition=Q(state__in=("PENDING", "SENDING"))),
            models.Index(fields=["run", "taken_at"], name="notice_pace"),
            models.Index(fields=["customer", "-sent_at"], name="notice_of_customer"),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk} of run {self.run_id}"

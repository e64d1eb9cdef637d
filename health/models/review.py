"""Microsoft's post-incident review of an issue: a document that becomes due to be fetched."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.attachments.models import Attachment
from customers.models import Feed
from health.models.issue import Issue


class Review(models.Model):
    class State(models.TextChoices):
        WAITING = "WAITING", gettext_lazy("Being fetched")
        STORED = "STORED", gettext_lazy("Here")
        FAILED = "FAILED", gettext_lazy("Could not be fetched")

    issue = models.OneToOneField(Issue, on_delete=models.CASCADE, related_name="review")
    attachment = models.OneToOneField(Attachment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    seen_at = models.DateTimeField(db_default=Now())  # when we first heard that it is published
    fetched_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(db_default=Now())
    epoch = models.PositiveIntegerField(default=0)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=20, choices=Feed.Problem.choices, blank=True)
    problem_detail = models.TextField(blank=True)

    objects: ClassVar[models.Manager["Review"]]

    def why(self) -> str:
        """What keeps it from being here, in words; nothing before the first try."""
        if self.problem == Feed.Problem.NOT_READ:
            return _(
                "None of the customers it hit can be asked now: each is paused, waits for Microsoft or can't be read"
            )
        return str(self.get_problem_display())

    def __str__(self) -> str:
        return f"Post-incident review of {self.issue_id}"

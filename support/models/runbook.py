"""What we know how to do: short steps for one kind of trouble, every version of them, and whether they helped."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from support.models.ticket import Ticket
from support.models.words import Family, Kind


class RunbookText(models.Model):
    """What a person writes; what says nothing of product, service or kind fits all of them."""

    title = models.CharField(_("title"), max_length=150)
    family = models.CharField(_("product family"), max_length=20, choices=Family.choices, blank=True)
    # By name: the same service is another row in each cloud.
    service_name = models.CharField(_("service"), max_length=200, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, blank=True)
    words = models.CharField(_("what customers say"), max_length=300, blank=True)
    steps = models.TextField(_("steps"), max_length=20_000)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")

    class Meta:
        abstract = True


class Runbook(RunbookText):
    """As it is now; `version` counts the saves, so that a stale one is seen."""

    version = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(db_default=Now())
    # Offered no more, but what links to it still finds it.
    retired_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Runbook"]]

    class Meta:
        indexes = [models.Index(fields=["title", "id"], name="runbook_by_title")]

    def __str__(self) -> str:
        return self.title


class RunbookVersion(RunbookText):
    """A runbook as it was saved once; never altered."""

    runbook = models.ForeignKey(Runbook, on_delete=models.CASCADE, related_name="versions", db_index=False)
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager["RunbookVersion"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["runbook", "version"], name="one_row_of_each_runbook_version")]

    def __str__(self) -> str:
        return f"version {self.version} of runbook {self.runbook_id}"


class RunbookRating(models.Model):
    """Whether it helped with a ticket; a person has one word on each ticket, and may change it."""

    runbook = models.ForeignKey(Runbook, on_delete=models.CASCADE, related_name="ratings", db_index=False)
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    version = models.PositiveIntegerField()
    helped = models.BooleanField()
    word = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    objects: ClassVar[models.Manager["RunbookRating"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["runbook", "ticket", "by"],
                name="one_rating_of_a_person_for_each_ticket",
                nulls_distinct=False,
                condition=Q(by__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["runbook", "-at"], name="runbook_rating_newest")]

    def __str__(self) -> str:
        return f"{'helped' if self.helped else 'did not help'}: runbook {self.runbook_id}"


class RunbookWish(models.Model):
    """What somebody would have better; open until somebody says that it is done."""

    runbook = models.ForeignKey(Runbook, on_delete=models.CASCADE, related_name="wishes")
    text = models.CharField(max_length=1000)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager["RunbookWish"]]

    def __str__(self) -> str:
        return f"wish {self.pk} for runbook {self.runbook_id}"

"""The verbs of runbooks: write, retire, rate, wish; each save is a version that stays."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.access import visible_tickets
from support.models import Runbook, RunbookRating, RunbookVersion, RunbookWish, Ticket

FIELDS = ("title", "family", "service_name", "kind", "words", "steps", "language")


class StaleRunbook(Exception):
    """Somebody saved meanwhile: nothing was written."""


@transaction.atomic
def write(pk: int | None, *, values: Mapping[str, str], by: User, now: datetime, version: int | None = None) -> Runbook:
    """A new runbook, or the next version of one; nothing where it says what it said before."""
    if pk is None:
        runbook, before = Runbook(), {}
    else:
        runbook = Runbook.objects.select_for_update().get(pk=pk)
        if version != runbook.version:
            raise StaleRunbook
        before = {name: getattr(runbook, name) for name in FIELDS if getattr(runbook, name) != values[name]}
        if not before:
            return runbook
        runbook.version += 1
    for name in FIELDS:
        setattr(runbook, name, values[name])
    runbook.updated_at = now
    runbook.save()
    text = {name: getattr(runbook, name) for name in FIELDS}
    RunbookVersion.objects.create(runbook=runbook, version=runbook.version, at=now, by=by, **text)
    after = {name: text[name] for name in before} if before else {"title": runbook.title}
    record(Action.RUNBOOK_WRITTEN, by=by, about=runbook, before=before, after=after)
    return runbook


@transaction.atomic
def retire(pk: int, *, by: User, now: datetime) -> bool:
    """Offered no more, or again where it was retired; whether it is retired now."""
    runbook = Runbook.objects.select_for_update().get(pk=pk)
    runbook.retired_at = None if runbook.retired_at else now
    runbook.save(update_fields=["retired_at"])
    after = {"retired": runbook.retired_at is not None}
    record(Action.RUNBOOK_RETIRED, by=by, about=runbook, before={"retired": not after["retired"]}, after=after)
    return after["retired"]


def rate(runbook: Runbook, *, ticket: Ticket | None, helped: bool, word: str, by: User, now: datetime) -> RunbookRating:
    """A person's word on it, for this ticket; the last one counts."""
    said = {"helped": helped, "word": word, "version": runbook.version, "at": now}
    rating, _is_new = RunbookRating.objects.update_or_create(runbook=runbook, ticket=ticket, by=by, defaults=said)
    return rating


def wish(runbook: Runbook, *, text: str, by: User, now: datetime) -> RunbookWish:
    return RunbookWish.objects.create(runbook=runbook, text=text, by=by, at=now)


def settle(runbook: Runbook, wish_pk: int, *, by: User, now: datetime) -> bool:
    rows = RunbookWish.objects.filter(runbook=runbook, pk=wish_pk, done_at__isnull=True)
    return bool(rows.update(done_at=now, done_by=by))


def judged(runbooks: "QuerySet[Runbook]") -> "QuerySet[Runbook]":
    """With how often each helped and did not, and how many wishes are open."""
    ratings = RunbookRating.objects.filter(runbook=OuterRef("pk"))
    return runbooks.annotate(
        times_helped=_count(ratings.filter(helped=True)),
        times_not=_count(ratings.filter(helped=False)),
        open_wishes=_count(RunbookWish.objects.filter(runbook=OuterRef("pk"), done_at__isnull=True)),
    )


def _count(rows: "QuerySet[Any]") -> Coalesce:
    """Counted apart: joined, each rating would be met once for every wish."""
    counted = rows.order_by().values("runbook").annotate(many=Count("pk")).values("many")
    return Coalesce(Subquery(counted), 0)


def visible_ratings(user: User, runbook: Runbook) -> "QuerySet[RunbookRating]":
    """What was said of it on tickets that this person may see: a word on another may tell of its customer."""
    seen = Q(ticket__isnull=True) | Q(ticket__in=visible_tickets(user).values("pk"))
    return RunbookRating.objects.filter(seen, runbook=runbook).select_related("by").order_by("-at", "-pk")

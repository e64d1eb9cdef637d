"""A health check: the customer is read on the spot, and what Microsoft said is kept as it was said."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from csp_portal.accounts.models import User
from customers.changes import Reading, read_again
from customers.models import Customer, Feed
from health.models import Exposure, ServiceState
from support.changes import locked
from support.escalation.products import is_of_product
from support.models import HealthCheck, Ticket

# A reading that is this young is not asked for again: the check is made of it at once.
JUST_READ = timedelta(minutes=1)
GIVES_UP_AFTER = timedelta(minutes=5)
_MOST = 100
_READ = (Reading.DUE, Reading.THROTTLED, Reading.OVER_LIMIT)


class NoCustomer(ValueError):
    """Nobody knows whose the ticket is, so nothing can be read or said of it."""


class NotPossible(ValueError):
    """The customer can't be read now; `outcome` says why."""

    def __init__(self, outcome: Reading) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome


@transaction.atomic
def ask_check(ticket: Ticket, *, by: User, now: datetime) -> HealthCheck:
    """Have the customer read now, as “Read again” does and within its limits; one check waits at a time."""
    ticket = locked(ticket.pk)
    customer = ticket.customer
    if customer is None:
        raise NoCustomer
    waiting = ticket.health_checks.filter(state=HealthCheck.State.WAITING).order_by("-pk").first()
    if waiting is not None:
        return waiting
    check = HealthCheck(
        ticket=ticket,
        customer=customer,
        family=ticket.family,
        service_name=ticket.service.name if ticket.service else "",
        asked_at=now,
        asked_by=by,
    )
    feed = _feed(customer)
    if feed is not None and _is_read_since(feed, since=now - JUST_READ):
        return _finish(check, feed=feed)
    outcome = read_again(customer)
    if outcome not in _READ:
        raise NotPossible(outcome)
    check.save()
    return check


def finish_waiting(*, now: datetime) -> int:
    """Finish the checks whose customer has been read, or could not be, since somebody asked; returns how many."""
    numbers = list(
        HealthCheck.objects.filter(state=HealthCheck.State.WAITING).order_by("pk").values_list("pk", flat=True)[:_MOST]
    )
    return sum(_finish_one(pk, now=now) for pk in numbers)


@transaction.atomic
def _finish_one(pk: int, *, now: datetime) -> bool:
    waiting = HealthCheck.objects.select_for_update(skip_locked=True, of=("self",)).select_related("customer")
    check = waiting.filter(pk=pk, state=HealthCheck.State.WAITING).first()
    if check is None:
        return False
    feed = _feed(check.customer)
    if feed is not None and _is_read_since(feed, since=check.asked_at):
        _finish(check, feed=feed)
        return True
    has_failed = feed is not None and bool(feed.problem) and _tried_since(feed, since=check.asked_at)
    if not has_failed and now - check.asked_at < GIVES_UP_AFTER:
        return False
    check.state = HealthCheck.State.FAILED
    check.feed = _said_of(feed)
    check.save()
    return True


def _finish(check: HealthCheck, *, feed: Feed) -> HealthCheck:
    issues = _issues(check)
    check.state = HealthCheck.State.DONE
    check.read_at = feed.read_at
    check.services = _services(check)
    check.issues = [_told(row) for row in issues]
    check.issue_ids = [row.issue.microsoft_id for row in issues]
    check.feed = _said_of(feed)
    check.save()
    return check


def _feed(customer: Customer) -> Feed | None:
    return customer.feeds.filter(kind=Feed.Kind.HEALTH).first()


def _is_read_since(feed: Feed, *, since: datetime) -> bool:
    return feed.read_at is not None and feed.read_at >= since and not feed.problem


def _tried_since(feed: Feed, *, since: datetime) -> bool:
    return feed.tried_at is not None and feed.tried_at >= since


def _services(check: HealthCheck) -> list[dict[str, Any]]:
    rows = ServiceState.objects.filter(customer=check.customer).select_related("service").order_by("service__name")
    return [
        {
            "name": row.service.name,
            "status": row.status_raw,
            "state": row.state,
            "unknown_because": row.unknown_because,
        }
        for row in rows
        if is_of_product(row.service.name, family=check.family, service_name=check.service_name)
    ]


def _issues(check: HealthCheck) -> list[Exposure]:
    rows: Iterable[Exposure] = (
        Exposure.objects.open()
        .filter(customer=check.customer, issue__is_resolved=False)
        .select_related("issue")
        .order_by("issue__state", "-first_seen_at", "pk")
    )
    return [
        row
        for row in rows
        if is_of_product(row.issue.service_name, family=check.family, service_name=check.service_name)
    ]


def _told(row: Exposure) -> dict[str, Any]:
    issue = row.issue
    return {
        "id": issue.microsoft_id,
        "title": issue.title,
        "service": issue.service_name,
        "feature": issue.feature,
        "classification": issue.classification_raw,
        "status": issue.status_raw,
        "started_at": _at(issue.started_at),
        "changed_at": _at(issue.last_modified_at),
        "seen_here_since": _at(row.first_seen_at),
    }


def _said_of(feed: Feed | None) -> dict[str, Any]:
    if feed is None:
        return {"problem": Feed.Problem.NOT_READ.value, "detail": ""}
    return {
        "read_at": _at(feed.read_at),
        "tried_at": _at(feed.tried_at),
        "changed_at": _at(feed.changed_at),
        "problem": feed.problem,
        "detail": feed.problem_detail,
    }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

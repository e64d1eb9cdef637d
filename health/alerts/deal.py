"""Asks the rules who has to be told of an event, and makes a delivery for each target: once, however often it asks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from csp_portal.calendars.hours import hours_of, is_open, next_opening
from csp_portal.notices.kinds import Severity
from csp_portal.notices.models import Delivery, Event, Rule
from health.alerts.scope import customers_in, customers_of, in_scope

MOST = 100
# Customers are hit, groups change, a rule is widened: what goes on is looked at again.
LOOK_AGAIN = timedelta(minutes=1)
NAMED = 10
DAILY_AT = 8  # o'clock, in the portal's time zone


@transaction.atomic
def deal(*, now: datetime) -> int:
    """Make the deliveries of the events that are due; returns how many events were looked at.

    Two workers share the events out. A target that was told of an event is not told again by another rule.
    """
    due = Event.objects.select_for_update(skip_locked=True).filter(due_at__lte=now)
    events = list(due.order_by("due_at")[:MOST])
    if not events:
        return 0
    known = set(Delivery.objects.filter(event__in=events).values_list("event", "target"))
    rules = Rule.objects.filter(is_enabled=True).prefetch_related("only_groups", "except_groups", "targets")
    rules = rules.select_related("hours").prefetch_related("hours__spans", "hours__holidays")
    fresh: dict[tuple[Any, Any], Delivery] = {}
    for rule in rules.order_by("rhythm", "pk"):  # what is told at once goes before a digest
        matched = in_scope(events, rule=rule)
        for event in events:
            if event.pk in matched:
                for delivery in _deliveries(rule, event, known=known | fresh.keys(), now=now):
                    fresh[event.pk, delivery.target_id] = delivery
    Delivery.objects.bulk_create(fresh.values(), ignore_conflicts=True)
    lasting = [event.pk for event in events if event.closed_at is None and not event.is_news]
    Event.objects.filter(pk__in=[event.pk for event in events]).update(due_at=None)
    Event.objects.filter(pk__in=lasting).update(due_at=now + LOOK_AGAIN)
    return len(events)


def _deliveries(rule: Rule, event: Event, *, known: set[tuple[Any, Any]], now: datetime) -> Iterator[Delivery]:
    targets = [one for one in rule.targets.all() if one.is_enabled and (event.pk, one.pk) not in known]
    if not targets:
        return
    content = content_of(event, rule=rule)
    if rule.only_groups.all() and not content["customers"]["count"]:
        return  # it has hit one of them, and goes on elsewhere
    told_at = due_of(rule, now=now)
    for target in targets:
        yield Delivery(
            target=target,
            event=event,
            rule=rule,
            content=content,
            is_digest=rule.rhythm != Rule.Rhythm.AT_ONCE,
            made_at=now,
            due_at=told_at or now,
            state=Delivery.State.WAITING if told_at else Delivery.State.DROPPED,
        )


def content_of(event: Event, *, rule: Rule) -> dict[str, Any]:
    """What is told of an event, with the customers of the rule's scope alone. Its shape is the webhooks' schema 1."""
    hit = customers_of(event).filter(pk__in=customers_in(rule).order_by().values("pk"))
    count = hit.count()
    is_narrow = bool(event.issue_id and (rule.only_groups.all() or rule.except_groups.all()))
    names = list(hit.order_by("name", "pk").values_list("name", flat=True)[:NAMED])
    return {
        "id": event.pk,
        "kind": event.kind,
        "key": event.key,
        "severity": Severity(event.severity).name,
        # An issue is seen once for each customer that it hits; those outside of the scope are not told of.
        "count": min(event.count, max(count, 1)) if is_narrow else event.count,
        "firstSeenAt": event.first_seen_at.isoformat(),
        "lastSeenAt": event.last_seen_at.isoformat(),
        "closedAt": event.closed_at.isoformat() if event.closed_at else None,
        "cloud": event.cloud,
        "service": event.service,
        "customers": {"count": count, "names": names},
        "facts": event.facts,
        "rule": rule.name,
    }


def due_of(rule: Rule, *, now: datetime) -> datetime | None:
    """When it is told: by the rule's rhythm, and within its hours; None where that is never."""
    at = _by_rhythm(rule, now=now)
    if rule.hours is None:
        return at
    hours = hours_of(rule.hours)
    if is_open(hours, at=at):
        return at
    return next_opening(hours, at=at) if rule.outside == Rule.Outside.WAIT else None


def _by_rhythm(rule: Rule, *, now: datetime) -> datetime:
    """Now, at the next full hour, or on the next morning."""
    if rule.rhythm == Rule.Rhythm.HOURLY:
        return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if rule.rhythm == Rule.Rhythm.DAILY:
        local = timezone.localtime(now)
        morning = local.replace(hour=DAILY_AT, minute=0, second=0, microsecond=0)
        return morning if morning > local else morning + timedelta(days=1)
    return now

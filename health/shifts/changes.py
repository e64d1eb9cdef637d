"""What changed since a moment, over the customers that a person may see."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Event
from customers.access import of_visible_customers, visible_customers
from customers.models import Feed, State
from customers.queries import with_health_at
from health.alerts.scope import visible_events
from health.models import Exposure, Issue, NoticeRun, Post, Suspicion
from health.queries import visible_issues
from health.suspicions import visible_suspicions

SHOWN = 20
CLIPPED = 200  # of each kind of row, at most


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """A customer that turned unknown, and why."""

    customer: Any
    because: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """`runs` wait for approval; they are empty for who may not approve any."""

    gained: tuple[Issue, ...]
    ended: tuple[Issue, ...]
    updated: tuple[Issue, ...]
    worsened: tuple[Event, ...]
    messages: tuple[Event, ...]
    newly_hit: int
    cleared: int
    unknown: tuple[Unknown, ...]
    unknown_count: int
    mine: tuple[Event, ...]
    unclaimed: tuple[Event, ...]
    unclaimed_count: int
    runs: tuple[NoticeRun, ...]
    suspicions: tuple[Suspicion, ...]


def changes_since(user: User, *, since: datetime, now: datetime) -> Changes:
    """Six statements, however many customers there are."""
    issues = _changed_issues(user, since=since)
    alerts = _alerts(user, since=since, now=now)
    unclaimed = [event for event in alerts if not event.is_news and event.assigned_to_id != user.pk]
    unknown = _unknown_since(user, since=since, now=now)
    hit, cleared = _moves(user, since=since)
    suspicions = visible_suspicions(user).prefetch_related(None).filter(outcome=Suspicion.Outcome.OPEN)
    return Changes(
        gained=tuple(issue for issue in issues if not issue.is_resolved and issue.first_seen_at >= since),
        ended=tuple(issue for issue in issues if issue.is_resolved),
        updated=tuple(issue for issue in issues if not issue.is_resolved and issue.first_seen_at < since),
        worsened=tuple(event for event in alerts if event.kind == EventKind.ISSUE_WORSENED),
        messages=tuple(event for event in alerts if event.kind == EventKind.MESSAGE_POSTED),
        newly_hit=hit,
        cleared=cleared,
        unknown=tuple(unknown[:SHOWN]),
        unknown_count=len(unknown),
        mine=tuple(event for event in alerts if not event.is_news and event.assigned_to_id == user.pk),
        unclaimed=tuple(unclaimed[:SHOWN]),
        unclaimed_count=len(unclaimed),
        runs=_waiting_runs(user),
        suspicions=tuple(suspicions[:SHOWN]),
    )


def _changed_issues(user: User, *, since: datetime) -> list[Issue]:
    """First seen since then, of which Microsoft told more, or which ended; those that go on first, the worst first."""
    told = Post.objects.filter(first_seen_at__gte=since).values("issue")
    has_ended = Q(is_resolved=True, changed_at__gte=since)
    goes_on = Q(is_resolved=False) & (Q(first_seen_at__gte=since) | Q(pk__in=told))
    found = visible_issues(user).defer("impact").filter(has_ended | goes_on)
    return list(found.order_by("is_resolved", "state", "-changed_at", "id")[:CLIPPED])


def _alerts(user: User, *, since: datetime, now: datetime) -> list[Event]:
    """Active alerts that are this person's or nobody's, and the news of worse issues and of messages."""
    awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=now)
    nobodys = Q(assigned_to__isnull=True, acknowledged_at__isnull=True)
    active = Q(closed_at__isnull=True, is_news=False) & awake & (Q(assigned_to=user) | nobodys)
    news = Q(kind__in=(EventKind.ISSUE_WORSENED, EventKind.MESSAGE_POSTED), first_seen_at__gte=since)
    return list(visible_events(user).filter(active | news).order_by("severity", "-first_seen_at", "id")[:CLIPPED])


def _moves(user: User, *, since: datetime) -> tuple[int, int]:
    """How many customers an issue hit that did not before, and how many were cleared of one."""
    rows = of_visible_customers(Exposure.objects.filter(customer__gone_at__isnull=True), user=user)
    hit = Count("customer", distinct=True, filter=Q(first_seen_at__gte=since, cleared_at__isnull=True))
    cleared = Count("customer", distinct=True, filter=Q(cleared_at__gte=since))
    found = rows.filter(Q(first_seen_at__gte=since) | Q(cleared_at__gte=since)).aggregate(hit=hit, cleared=cleared)
    return found["hit"], found["cleared"]


def _unknown_since(user: User, *, since: datetime, now: datetime) -> list[Unknown]:
    """Customers known at `since` and not known now: by a change that was written, or by a reading that grew old."""
    customers: Any = with_health_at(visible_customers(user).current(), now=now)
    turned = Q(health=State.UNKNOWN, health_since__gte=since) | (
        ~Q(health=State.UNKNOWN) & Q(health_read_at__gte=since)
    )
    rows = customers.filter(turned, health_now=State.UNKNOWN).order_by("name", "pk")[: CLIPPED + 1]
    return [Unknown(customer=row, because=_why(row.unknown_now)) for row in rows]


def _why(cause: str) -> str:
    return str(Feed.Problem(cause).label) if cause in Feed.Problem.values else cause


def _waiting_runs(user: User) -> tuple[NoticeRun, ...]:
    """Runs wait for a second person: only those of who may agree, and who sees all that a run may reach."""
    if not may(user, Capability.EDIT_CUSTOMERS) or user.sees != User.Sees.ALL:
        return ()
    rows = NoticeRun.objects.filter(state=NoticeRun.State.WAITING).select_related("issue", "author")
    return tuple(rows.order_by("asked_at", "pk")[:SHOWN])

"""What happened to an issue in this portal: posts read, customers hit and cleared, and what our people did about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, F, IntegerField, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, TruncMinute

from csp_portal.accounts.models import User
from csp_portal.notices.models import Step
from customers.access import of_visible_customers
from health.alerts.scope import visible_events
from health.models import Call, Exposure, Issue, IssueChange, Notice, Review
from health.notice_runs.queries import visible_runs
from health.suspicions import visible_suspicions

SHOWN = 50


class Happening(NamedTuple):
    """`act` is one of the names that templates/health/_issue_activity.html knows; `number` counts what it speaks of."""

    moment: datetime
    act: str
    number: int
    told: str
    person: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """The newest first; `older` is the moment before which there is more."""

    rows: list[Happening]
    older: datetime | None


def activity_of(user: User, issue: Issue, *, before: datetime | None) -> Activity:
    """Of an issue that the caller may see, in one statement however much happened.

    Customers hit or cleared in the same minute are one row: a reading of thousands is one thing that happened.
    """
    first, *others = (_until(rows, before=before) for rows in _sources(user, issue))
    found = first.union(*others, all=True).order_by("-moment", "act")[: SHOWN + 1]
    rows = [Happening._make(row) for row in found]
    if len(rows) <= SHOWN:
        return Activity(rows=rows, older=None)
    # the next page begins with a moment of its own, so that nothing of this one's last moment is lost
    rows = [row for row in rows[:SHOWN] if row.moment > rows[SHOWN].moment] or rows[:SHOWN]
    return Activity(rows=rows, older=rows[-1].moment)


def _sources(user: User, issue: Issue) -> Iterator[QuerySet[Any]]:
    this = Issue.objects.filter(pk=issue.pk)
    yield _told(this, "SEEN", at="first_seen_at")
    yield _told(this.filter(ended_at__isnull=False), "ENDED", at="ended_at")
    yield _told(issue.posts.all(), "POST", at="first_seen_at", told=F("kind_raw"))
    changes = IssueChange.objects.filter(issue=issue)
    for kind in IssueChange.What:
        yield _told(changes.filter(what=kind), kind.value, at="at", told=F("after"))
    yield _told(Review.objects.filter(issue=issue, fetched_at__isnull=False), "REVIEW", at="fetched_at")
    exposures = of_visible_customers(Exposure.objects.filter(issue=issue), user=user)
    yield _by_minute(exposures, "HIT", at="first_seen_at")
    yield _by_minute(exposures.filter(cleared_at__isnull=False), "CLEARED", at="cleared_at")
    steps = Step.objects.filter(event__issue=issue, event__in=visible_events(user))
    # a name or a reason may speak of customers that who sees a part of them does not know
    words = F("words") if user.sees == User.Sees.ALL else Value("")
    for what in Step.What:
        yield _told(steps.filter(what=what), what.value, at="at", told=words, person=F("by__name"))
    runs = visible_runs(user).select_related(None).filter(issue=issue, approved_at__isnull=False)
    yield _told(runs, "APPROVED", at="approved_at", told=F("title"), person=F("approver__name"))
    sent = of_visible_customers(Notice.objects.filter(run__issue=issue, state=Notice.State.SENT), user=user)
    yield _by_minute(sent.filter(sent_at__isnull=False), "SENT", at="sent_at")
    suspicions = visible_suspicions(user).prefetch_related(None).select_related(None)
    suspicions = suspicions.filter(issue=issue, ended_at__isnull=False)
    yield _told(suspicions, "CONFIRMED", at="ended_at", number=F("minutes_ahead"), person=F("reported_by__name"))
    calls = of_visible_customers(Call.objects.filter(issue=issue), user=user)
    yield _told(calls, "CALLED", at="called_at", told=F("customer__name"), person=F("by__name"))


def _told(
    rows: QuerySet[Any], act: str, *, at: str, number: Any = None, told: Any = None, person: Any = None
) -> QuerySet[Any]:
    told_rows: QuerySet[Any] = rows.order_by().annotate(
        moment=F(at),
        act=Value(act, output_field=TextField()),
        number=Coalesce(number or Value(0), 0, output_field=IntegerField()),
        told=Cast(told or Value(""), TextField()),
        person=Coalesce(Cast(person or Value(""), TextField()), Value(""), output_field=TextField()),
    )
    return told_rows


def _by_minute(exposures: QuerySet[Any], act: str, *, at: str) -> QuerySet[Any]:
    counted = exposures.order_by().annotate(moment=TruncMinute(at)).values("moment").annotate(number=Count("id"))
    text = TextField()
    minutes: QuerySet[Any] = counted.annotate(
        act=Value(act, output_field=text), told=Value("", output_field=text), person=Value("", output_field=text)
    )
    return minutes


def _until(rows: QuerySet[Any], *, before: datetime | None) -> QuerySet[Any]:
    rows = rows if before is None else rows.filter(moment__lt=before)
    return rows.values_list(*Happening._fields)

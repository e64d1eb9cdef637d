"""What a batch of readings tells our people: raised and closed in its transaction, with the same few statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils.translation import override

from csp_portal.notices.events import Raised, close_events, raise_events
from csp_portal.notices.kinds import EventKind, Severity
from customers.models import Connection, Feed, State
from health.models import Issue, Post
from health.posts import lines_of
from health.reading import Changed, Failed

# What is wrong with the connection, not with one customer of it: one alert for all of them.
OF_CONNECTION = frozenset({Feed.Problem.SIGN_IN_EXPIRED, Feed.Problem.SECRET_WRONG, Feed.Problem.SECRET_EXPIRED})


@dataclass(kw_only=True, slots=True)
class IssueNews:
    """What a batch changed about issues, by primary key."""

    resolved: set[int] = field(default_factory=set)
    worsened: set[int] = field(default_factory=set)
    reopened: set[int] = field(default_factory=set)
    posts: list[Post] = field(default_factory=list)  # of issues that were known before
    customers: Mapping[int, int] = field(default_factory=dict)  # issue → how many exposures more, or fewer, are open
    opened: Mapping[int, int] = field(default_factory=Counter)  # issue → how many exposures were opened

    def touched(self) -> set[int]:
        turned = {*self.resolved, *self.worsened, *self.reopened}
        return {*turned, *self.customers, *self.opened, *(post.issue_id for post in self.posts)}


def tell(changed: Sequence[Changed], denied: Sequence[Failed], *, news: IssueNews, now: datetime) -> None:
    """Raise what is new and close what is over; a batch in which nothing of this changed costs no statement."""
    found = Issue.objects.in_bulk(news.touched()) if news.touched() else {}
    over = [issue for issue in found.values() if issue.is_resolved or not issue.exposed_customers]
    broken = list(_access_lost(denied))
    keys = {_key(issue) for issue in over} | (_access_found(changed) - {one.key for one in broken})
    if keys:
        close_events(keys, now=now)
    raise_events([*_of_issues(found, news=news), *broken], now=now)


def _of_issues(found: Mapping[int, Issue], *, news: IssueNews) -> Iterator[Raised]:
    for pk, issue in found.items():
        if issue.is_resolved or not issue.exposed_customers:
            continue
        # Who had not read yet that it was over is exposed still, so that nothing was opened when it opens again.
        times = news.opened.get(pk) or int(pk in news.reopened)
        if times or pk in news.worsened:
            yield _raised(EventKind.ISSUE_OPENED, issue, key=_key(issue), times=times)
        if pk in news.worsened:
            yield _raised(EventKind.ISSUE_WORSENED, issue, key=f"{_key(issue)}/worse/{issue.last_modified_at}")
    for issue in (found[pk] for pk in sorted(news.resolved)):
        yield _raised(EventKind.ISSUE_RESOLVED, issue, key=f"{_key(issue)}/resolved/{issue.last_modified_at}")
    for post in news.posts:
        issue, text = found[post.issue_id], {"text": "\n".join(lines_of(post.html))[:1500]}
        digest = bytes(post.digest).hex()
        yield _raised(EventKind.ISSUE_UPDATED, issue, key=f"{_key(issue)}/post/{digest}", more=text)


def _key(issue: Issue) -> str:
    return f"issue/{issue.cloud}/{issue.microsoft_id}"


def _raised(
    kind: EventKind, issue: Issue, *, key: str, times: int = 1, more: Mapping[str, Any] | None = None
) -> Raised:
    with override("en"):  # who is told reads it in their language: these words are translated again then
        words = {"class": str(issue.get_classification_display()), "status": str(issue.get_status_display())}
    facts = {
        **{"title": f"{issue.microsoft_id} {issue.title}", "service": issue.service_name, **words},
        **{"started_at": issue.started_at.isoformat() if issue.started_at else "", **(more or {})},
        "path": reverse("health:issue_page", args=[issue.cloud, issue.microsoft_id]),
    }
    return Raised(
        kind=kind,
        key=key,
        severity=severity_of(issue),
        facts=facts,
        cloud=issue.cloud,
        service=issue.service_name,
        issue=issue.microsoft_id,
        times=times,
    )


def severity_of(issue: Issue) -> Severity:
    """Good news is information; an open issue of which nobody knows how bad it is, a warning."""
    if issue.is_resolved:
        return Severity.INFO
    return Severity.CRITICAL if issue.state == State.INCIDENT else Severity.WARNING


def _access_lost(denied: Sequence[Failed]) -> Iterator[Raised]:
    of_connections: defaultdict[UUID, list[Failed]] = defaultdict(list)
    for failure in denied:
        connection_id = failure.feed.customer.connection_id
        if failure.problem in OF_CONNECTION and connection_id:
            of_connections[connection_id].append(failure)
        else:
            yield _customer_lost(failure)
    names = dict(Connection.objects.filter(pk__in=of_connections).values_list("pk", "name")) if of_connections else {}
    for connection_id, failures in of_connections.items():
        yield Raised(
            kind=EventKind.CONNECTION_BROKEN,
            key=f"connection/{connection_id}",
            severity=Severity.CRITICAL,
            facts={
                "title": names[connection_id],
                **_problem(failures[0]),
                "path": reverse("settings:connection_edit", args=[connection_id]),
            },
            cloud=failures[0].feed.customer.cloud,
            times=len(failures),
        )


def _customer_lost(failure: Failed) -> Raised:
    customer = failure.feed.customer
    return Raised(
        kind=EventKind.ACCESS_LOST,
        key=f"access/{customer.tenant_id}",
        severity=Severity.WARNING,
        facts={
            "title": customer.name,
            **_problem(failure),
            "path": reverse("customers:customer_page", args=[customer.tenant_id]),
        },
        cloud=customer.cloud,
        customers=[customer.pk],
    )


def _problem(failure: Failed) -> dict[str, str]:
    with override("en"):
        return {"problem": str(failure.problem.label), "detail": failure.detail.replace("\x00", "")[:500]}


def _access_found(changed: Iterable[Changed]) -> set[str]:
    """The alerts that a good answer ends; after denied access a feed has no fingerprint (`finish`)."""
    feeds = [reading.feed for reading in changed if reading.feed.fingerprint is None and reading.feed.tried_at]
    customers = [feed.customer for feed in feeds]
    connections = {customer.connection_id for customer in customers}
    return {f"access/{one.tenant_id}" for one in customers} | {f"connection/{pk}" for pk in connections}

"""What a customer may see of itself: its services, Microsoft's open issues and announcements, and ninety days."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import State
from customers.queries import with_health_at
from health.history import ServiceHistory, read_history
from health.models import Issue, Message, Post
from health.queries import visible_exposures, visible_service_states
from health.shares.announced import messages_of
from health.shares.opening import Opened

DAYS = 90
ISSUES_MOST = 50
MESSAGES_MOST = 20
# What each state means to somebody who only uses the service.
WORDS: dict[State, str | Promise] = {
    State.INCIDENT: _("Microsoft reports an incident"),
    State.DEGRADED: _("Works with restrictions"),
    State.UNKNOWN: _("Not known at the moment"),
    State.HEALTHY: _("Works normally"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenIssue:
    issue: Issue
    newest_post: Post | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatusPage:
    """`partner` is who serves the customer, as its notices are signed; empty where nobody has said so."""

    customer_name: str
    state: State
    read_at: datetime | None
    services: tuple[tuple[str, State, str | Promise], ...]
    issues: tuple[OpenIssue, ...]
    messages: tuple[Message, ...]
    histories: tuple[ServiceHistory, ...]
    partner: str

    @property
    def words(self) -> str | Promise:
        return WORDS[self.state]


def state_of(opened: Opened) -> State:
    """The worst of its services as it is known now; where we can't know, unknown."""
    return State(_customer(opened).health_now)


def read_status(opened: Opened) -> StatusPage:
    customer = _customer(opened)
    rows = visible_service_states(opened.maker, now=opened.now).filter(customer=customer)
    services = [(row.service.name, State(row.state_now)) for row in rows.order_by("state_now", "service__name")]
    return StatusPage(
        customer_name=customer.name,
        state=State(customer.health_now),
        read_at=customer.health_read_at,
        services=tuple((name, state, WORDS[state]) for name, state in services),
        issues=_open_issues(opened, customer),
        messages=tuple(messages_of(opened)[:MESSAGES_MOST]),
        histories=tuple(read_history(customer, days=DAYS, read_at=customer.health_read_at, now=opened.now)),
        partner=parseaddr(settings.NOTICE_FROM)[0],
    )


def _customer(opened: Opened) -> Any:
    """With its health as of now; the link has narrowed what it speaks of to this one."""
    return with_health_at(opened.customers.filter(pk=opened.share.customer_id or 0), now=opened.now).get()


def _open_issues(opened: Opened, customer: Any) -> tuple[OpenIssue, ...]:
    exposures = visible_exposures(opened.maker, now=opened.now).filter(
        customer=customer, cleared_at__isnull=True, issue__is_resolved=False
    )
    issues = [row.issue for row in exposures.order_by("issue__state", "-first_seen_at", "-id")[:ISSUES_MOST]]
    newest = Post.objects.filter(issue__in=issues).order_by("issue", "-posted_at", "-id").distinct("issue")
    posts = {post.issue_id: post for post in newest}
    return tuple(OpenIssue(issue=issue, newest_post=posts.get(issue.pk)) for issue in issues)

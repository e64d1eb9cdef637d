"""The issues that are active for a ticket's customer, held against what the ticket says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from csp_portal.accounts.models import User
from customers.models import Customer
from health.models import Exposure, Issue
from health.queries import visible_exposures
from support.known.matching import Active, Asked, Match, best_matches
from support.models import Ticket

# An issue that Microsoft just called restored may still be what the customer is writing about.
JUST_CLEARED = timedelta(hours=6)
MOST_ACTIVE = 200


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    issue: Issue
    first_seen_at: datetime
    is_cleared: bool
    match: Match


def suggestions_for(
    user: User, customer: Customer | None, *, text: str, service_name: str, asked_at: datetime, now: datetime
) -> list[Suggestion]:
    """Only issues that hit this very customer; one statement."""
    if customer is None or not text.strip():
        return []
    exposures = {row.issue.pk: row for row in _exposures(user, customer, now=now)}
    asked = Asked(text=text, service_name=service_name, at=asked_at)
    found = best_matches(asked, [as_active(row.issue) for row in exposures.values()])
    return [
        Suggestion(
            issue=exposures[int(match.key)].issue,
            first_seen_at=exposures[int(match.key)].first_seen_at,
            is_cleared=exposures[int(match.key)].cleared_at is not None,
            match=match,
        )
        for match in found
    ]


def text_of(ticket: Ticket) -> str:
    """What the customer said of it so far: subject, impact and public words."""
    said = ticket.entries.public().filter(kind="MESSAGE").order_by("at").values_list("text", flat=True)[:3]
    return "\n".join([ticket.subject, ticket.impact, *said])


def _exposures(user: User, customer: Customer, *, now: datetime) -> list[Exposure]:
    rows = visible_exposures(user, now=now).filter(customer=customer).select_related("issue")
    still = rows.filter(cleared_at__isnull=True) | rows.filter(cleared_at__gte=now - JUST_CLEARED)
    return list(still.order_by("-first_seen_at", "-pk")[:MOST_ACTIVE])


def as_active(issue: Issue) -> Active:
    return Active(
        key=issue.pk,
        title=issue.title,
        service_name=issue.service_name,
        feature=f"{issue.feature} {issue.feature_group}",
        impact=issue.impact,
        started_at=issue.started_at,
        is_incident=issue.classification == Issue.Classification.INCIDENT,
    )

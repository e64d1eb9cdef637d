"""What the palette finds of health: Microsoft's issues and messages, alerts, and our own suspected incidents."""

from django.db.models import Case, Exists, OuterRef, Q, SmallIntegerField, Value, When
from django.urls import reverse

from csp_portal.found import Found, Search
from csp_portal.notices.kinds import EventKind
from health.alerts.inbox import WORST_FIRST as INBOX_ORDER
from health.alerts.scope import visible_events
from health.messages.queries import sightings_of
from health.models import Message
from health.queries import WORST_FIRST, visible_issues
from health.suspicion_words import seen_of
from health.suspicions import visible_suspicions

MOST = 6


def find_issues(search: Search) -> list[Found]:
    """By ID or title, also long after they were resolved; the one whose ID was written comes first."""
    if not search.parts:
        return []
    found = visible_issues(search.user).defer("impact")
    for part in search.parts:
        found = found.filter(Q(microsoft_id__icontains=part) | Q(title__icontains=part))
    exact = Case(
        When(microsoft_id__iexact=search.parts[0], then=Value(0)), default=Value(1), output_field=SmallIntegerField()
    )
    return [
        Found(
            title=f"{issue.microsoft_id} {issue.title}",
            detail=f"{issue.service_name} · {issue.get_status_display()}",
            symbol="circle-check" if issue.is_resolved else "alert-triangle",
            address=reverse("health:issue_page", args=[issue.cloud, issue.microsoft_id]),
        )
        for issue in found.order_by(exact, *WORST_FIRST)[:MOST]
    ]


def find_alerts(search: Search) -> list[Found]:
    """What is active and has these words in its title."""
    if not search.parts:
        return []
    found = visible_events(search.user).active()
    for part in search.parts:
        found = found.filter(facts__title__icontains=part)
    return [
        Found(
            title=str(event.facts.get("title", event.key)),
            detail=EventKind(event.kind).label,
            symbol="inbox",
            address=reverse("alerts:alert_page", args=[event.pk]),
        )
        for event in found.order_by(*INBOX_ORDER)[:MOST]
    ]


def find_messages(search: Search) -> list[Found]:
    """Of the message center, by ID or title, also what Microsoft has dropped."""
    if not search.parts:
        return []
    found = Message.objects.filter(Exists(sightings_of(search.user).filter(message=OuterRef("pk")))).defer("html")
    for part in search.parts:
        found = found.filter(Q(microsoft_id__icontains=part) | Q(title__icontains=part))
    return [
        Found(
            title=f"{message.microsoft_id} {message.title}",
            detail=", ".join(message.services),
            symbol="message",
            address=reverse("health:message_page", args=[message.pk]),
        )
        for message in found.order_by("-modified_at", "id")[:MOST]
    ]


def find_suspicions(search: Search) -> list[Found]:
    if not search.parts:
        return []
    found = visible_suspicions(search.user).prefetch_related(None)
    for part in search.parts:
        found = found.filter(Q(service__name__icontains=part) | Q(seen__icontains=part))
    return [
        Found(
            title=suspicion.service.name,
            detail=f"{suspicion.get_outcome_display()} · {seen_of(suspicion)[:80]}",
            symbol="zoom-question",
            address=reverse("health:suspicion_page", args=[suspicion.pk]),
        )
        for suspicion in found[:MOST]
    ]

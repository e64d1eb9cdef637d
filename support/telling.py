"""What happens to tickets, told to who made a rule for it: by mail, in a channel, or to a program by a webhook."""

from datetime import datetime
from typing import Any

from django.utils import translation

from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Rule
from support.models import Status, Ticket


def tell(kind: EventKind, ticket: Ticket, *, now: datetime, severity: Severity = Severity.INFO, **more: Any) -> None:
    """In the transaction of what happened; without a rule that asks for the kind nothing is written.

    Nothing of ours is told: neither notes nor tags nor why. The subject and the number are the customer's to know.
    """
    if not Rule.objects.filter(is_enabled=True, kinds__contains=[kind]).exists():
        return
    key = f"ticket/{ticket.pk}/{kind.lower()}/{now.isoformat()}"
    about = [ticket.customer] if ticket.customer else []
    raise_event(kind, key=key, severity=severity, facts={**_facts(ticket), **more}, now=now, customers=about)


def tell_changes(ticket: Ticket, before: dict[str, str], *, now: datetime) -> None:
    """`before` are the fields that changed, in plain words."""
    if "status" in before:
        tell(EventKind.TICKET_STATUS, ticket, now=now, before=before["status"])
    if "owner" in before:
        tell(EventKind.TICKET_OWNER, ticket, now=now)
    if "merged_into" in before and ticket.merged_into_id:
        tell(EventKind.TICKET_MERGED, ticket, now=now, merged_into=ticket.merged_into_id)


def _facts(ticket: Ticket) -> dict[str, Any]:
    """Choices by key for programs; the status in English too, which `notices.words` says in the reader's language."""
    with translation.override("en"):
        status = str(Status(ticket.status).label)
    return {
        "title": str(ticket),
        "ticket": ticket.pk,
        "ticket_severity": ticket.severity,
        "family": ticket.family,
        "state": ticket.status,
        "status": status,
        "owner": ticket.owner.name if ticket.owner else "",
        "path": f"/tickets/{ticket.pk}/",
    }

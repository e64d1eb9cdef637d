"""All escalations that somebody still waits for, of customers that a person may see."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from support.access import visible_tickets
from support.models import Escalation

State = Escalation.State
# What the address may ask for; without any of them all that are open.
CHOICES = {
    "decide": _("A person has to decide"),
    "draft": _("Being prepared"),
    "filing": _("Being filed"),
    "filed": _("Filed with Microsoft"),
    "late": _("Microsoft is late"),
    "closed": _("Closed"),
}
BESIDE = ("ticket__customer", "ticket__owner", "watch")
# Who waits for a person comes first, and the newest of each kind.
ORDER = ("place", "-id")


def escalations_of(user: User, *, state: str = "", now: datetime) -> QuerySet[Any]:
    """With their ticket, its customer and owner, and how they stand at Microsoft."""
    mine = Escalation.objects.filter(ticket__in=visible_tickets(user).order_by().values("pk"))
    conditions = {
        "decide": Q(state=State.OPERATOR),
        "draft": Q(state=State.DRAFT),
        "filing": Q(state__in=Escalation.IN_WORK),
        "filed": Q(state=State.FILED),
        "late": Q(state=State.FILED, watch__answered_at=None, watch__answer_due_at__lt=now),
        "closed": Q(state=State.CLOSED),
    }
    wanted = conditions.get(state, ~Q(state=State.CLOSED))
    place = Case(When(state=State.OPERATOR, then=Value(0)), default=Value(1), output_field=IntegerField())
    return mine.filter(wanted).select_related(*BESIDE).annotate(place=place)


def waiting_for_a_person(user: User) -> int:
    mine = Escalation.objects.filter(state=State.OPERATOR)
    return mine.filter(ticket__in=visible_tickets(user).order_by().values("pk")).count()


def cells_of(rows: QuerySet[Any]) -> Iterator[list[object]]:
    for row in rows.order_by(*ORDER).iterator():
        ticket, watch = row.ticket, getattr(row, "watch", None)
        yield [
            *(ticket.pk, row.escalation_no, ticket.customer.name if ticket.customer else "", ticket.subject),
            *(row.get_product_display(), row.severity, row.get_way_display(), row.get_state_display()),
            *(row.microsoft_number, watch.status if watch else "", ticket.turn.label),
            *(ticket.owner.name if ticket.owner else "", row.created_at.isoformat()),
            row.filed_at.isoformat() if row.filed_at else "",
        ]

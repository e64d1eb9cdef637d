"""Whom to call about an issue, in which order and why: the customers hit now that a person may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, SmallIntegerField, Subquery, Value, When
from django.db.models.functions import Coalesce, Upper
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.calendars.hours import hours_of, is_open
from csp_portal.calendars.models import Calendar
from customers.access import of_visible_customers
from customers.models import Contact, Customer, Tier
from health.models import Call, Exposure, Issue

# Who was not called yet, within the contract's hours, VIPs, the higher tier, more open tickets, more seats.
ORDER = ("is_called", "hours_rank", "vip_rank", "tier_rank", "-open_tickets", "-known_seats", "customer_key", "id")
_TIERS = (Tier.PREMIUM, Tier.STANDARD, Tier.BASIC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A customer to call, why here in the list, whom to ask for, and the call where there was one."""

    customer: Customer
    reasons: tuple[str, ...]
    contacts: tuple[Contact, ...]
    call: Call | None


def calls_to_make(user: User, issue: Issue, *, now: datetime) -> QuerySet[Any]:
    """Exposures in `ORDER`'s columns; two statements for the calendars. Unknown hours rank between open and closed."""
    calendars = Calendar.objects.prefetch_related("spans", "holidays")
    opened = [calendar.pk for calendar in calendars if is_open(hours_of(calendar), at=now)]
    rows = of_visible_customers(Exposure.objects.open().filter(issue=issue), user=user)
    called = Call.objects.filter(issue=issue, customer=OuterRef("customer"))
    found: QuerySet[Any] = (
        rows.filter(customer__gone_at__isnull=True)
        .select_related("customer", "customer__calendar", "customer__owner")
        .annotate(
            is_called=Exists(called),
            hours_rank=_rank(
                When(customer__calendar__in=opened, then=0), When(customer__calendar=None, then=1), last=2
            ),
            vip_rank=_rank(When(customer__is_vip=True, then=0), last=1),
            tier_rank=_rank(*(When(customer__tier=tier, then=at) for at, tier in enumerate(_TIERS)), last=len(_TIERS)),
            open_tickets=Coalesce(Subquery(_open_tickets()), Value(0)),
            known_seats=Coalesce("customer__seats", Value(0)),
            customer_key=Upper("customer__name"),
        )
    )
    return found


def _open_tickets() -> QuerySet[Any]:
    """How many requests of a customer the desk has not solved; what lies above is known by its name only."""
    count = Count("tickets", filter=Q(tickets__solved_at__isnull=True))
    return Customer.objects.filter(pk=OuterRef("customer")).annotate(open_tickets=count).values("open_tickets")


def _rank(*cases: When, last: int) -> Case:
    return Case(*cases, default=Value(last), output_field=SmallIntegerField())


def lines_of(issue: Issue, exposures: Sequence[Any]) -> list[Line]:
    """Two statements, however many exposures there are."""
    customers = [exposure.customer_id for exposure in exposures]
    calls = {
        call.customer_id: call for call in Call.objects.filter(issue=issue, customer__in=customers).select_related("by")
    }
    contacts: dict[int, list[Contact]] = {}
    for contact in Contact.objects.kept().filter(customer__in=customers).order_by("name", "pk"):
        contacts.setdefault(contact.customer_id, []).append(contact)
    return [
        Line(
            customer=exposure.customer,
            reasons=tuple(_reasons(exposure)),
            contacts=tuple(contacts.get(exposure.customer_id, ())),
            call=calls.get(exposure.customer_id),
        )
        for exposure in exposures
    ]


def _reasons(exposure: Any) -> list[str]:
    customer = exposure.customer
    hours = (_("within contract hours now"), _("contract hours not known"), _("outside of contract hours now"))
    reasons = [hours[exposure.hours_rank]]
    if customer.is_vip:
        reasons.append(_("VIP"))
    reasons.append(
        _("%(tier)s support") % {"tier": customer.get_tier_display()} if customer.tier else _("support tier not known")
    )
    if exposure.open_tickets:
        words = ngettext("%(count)d open ticket", "%(count)d open tickets", exposure.open_tickets)
        reasons.append(words % {"count": exposure.open_tickets})
    if customer.seats is None:
        reasons.append(_("seats not known"))
    else:
        reasons.append(ngettext("%(count)d seat", "%(count)d seats", customer.seats) % {"count": customer.seats})
    return reasons


@transaction.atomic
def note_call(issue: Issue, customer: Customer, *, note: str, by: User, now: datetime) -> None:
    facts = {"by": by, "called_at": now, "note": note[:500]}
    Call.objects.update_or_create(issue=issue, customer=customer, defaults=facts)
    after = {"issue": issue.microsoft_id, "note": note[:500]}
    record(Action.CUSTOMER_CALLED, by=by, about=customer, customer=customer.tenant_id, after=after)


@transaction.atomic
def take_back_call(issue: Issue, customer: Customer, *, by: User) -> None:
    """The customer is to be called again; what was noted stays in the audit."""
    call = Call.objects.filter(issue=issue, customer=customer).first()
    if call is not None:
        before = {"issue": issue.microsoft_id, "note": call.note}
        call.delete()
        record(Action.CALL_TAKEN_BACK, by=by, about=customer, customer=customer.tenant_id, before=before)

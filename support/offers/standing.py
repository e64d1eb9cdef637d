"""Which version of an offer holds for whom."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from customers.models import Customer
from support.models import OfferVersion, OfferVersionQuerySet, Ticket

WITH_ALL = ("offer__customer", "policy", "calendar", "phone_calendar", "mail_calendar", "page_calendar")


def versions_in_force(*, now: datetime) -> OfferVersionQuerySet:
    """Of all customers, by the portal's own day; patterns are never published."""
    return OfferVersion.objects.in_force(on=timezone.localdate(now)).select_related(*WITH_ALL)


def offers_in_force(customer: Customer, *, now: datetime) -> list[OfferVersion]:
    """The one for all products first; one statement."""
    return list(versions_in_force(now=now).filter(offer__customer=customer).order_by("offer__family"))


def offered_for(ticket: Ticket, *, now: datetime) -> OfferVersion | None:
    """What holds for the ticket's product before what holds for all; none where it promises no times."""
    if ticket.customer_id is None:
        return None
    found = versions_in_force(now=now).filter(offer__customer=ticket.customer_id)
    fitting = found.filter(offer__family__in=["", ticket.family])
    return promising(fitting)


def promising(fitting: Iterable[OfferVersion]) -> OfferVersion | None:
    """The narrowest of versions that all fit, if it promises times."""
    narrowest = max(fitting, key=lambda one: bool(one.offer.family), default=None)
    return narrowest if narrowest is not None and narrowest.promised else None

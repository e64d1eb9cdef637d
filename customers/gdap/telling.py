"""Who was told of a change of our access, and who was not yet."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import ngettext

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import of_visible_customers
from customers.gdap.notice_words import TOLD_OF
from customers.models import ChangeNotice, Customer, Order, OrderItem, Relationship

COUNTS_FOR = timedelta(days=90)  # what was told of the same change without an order


def visible_change_notices(user: User) -> QuerySet[ChangeNotice]:
    rows = of_visible_customers(ChangeNotice.objects.all(), user=user)
    return rows.select_related("customer", "told_by").order_by("-told_at", "-pk")


def told_of(user: User, relationship: Relationship) -> QuerySet[ChangeNotice]:
    """What its customer was told of this relationship, or of an order that changes it."""
    its = Q(relationship=relationship) | Q(order__items__relationship=relationship, customer=relationship.customer_id)
    return visible_change_notices(user).filter(its).distinct()


def untold_customers(order: Order, *, now: datetime) -> QuerySet[Customer]:
    """The customers whose access the order is about to change and who were not told of it."""
    waiting = order.items.filter(state=OrderItem.State.WAITING, customer=OuterRef("pk"))
    ours = Customer.objects.filter(Exists(waiting))
    return untold_of(order.action, customers=ours, now=now, order=order).order_by("name", "pk")


def untold_of(
    action: str, *, customers: QuerySet[Customer], now: datetime, order: Order | None = None
) -> QuerySet[Customer]:
    """Of these customers, those who were told of such a change neither lately nor with the order."""
    if action not in TOLD_OF:
        return customers.none()
    counts = Q(order=None, told_at__gte=now - COUNTS_FOR)
    if order is not None:
        counts |= Q(order=order)
    told = ChangeNotice.objects.filter(counts, customer=OuterRef("pk"), action=action)
    return customers.exclude(Exists(told))


def why_not_before_telling(order: Order, *, now: datetime) -> str | None:
    """Where the settings ask for it, why an order may not start; else nothing bars it."""
    if not settings.TELL_CUSTOMERS_FIRST:
        return None
    count = untold_customers(order, now=now).count()
    if not count:
        return None
    return ngettext(
        "%(count)d customer was not told of this change yet. Tell them first; the portal's settings ask for it.",
        "%(count)d customers were not told of this change yet. Tell them first; the portal's settings ask for it.",
        count,
    ) % {"count": count}


@transaction.atomic
def keep_notices(notices: Sequence[ChangeNotice], *, by: User) -> None:
    """Record that customers were told; each with its entry in the audit."""
    ChangeNotice.objects.bulk_create(notices)
    for notice in notices:
        told = {"action": notice.action, "told": notice.told, "way": notice.way, "subject": notice.subject}
        record(Action.CUSTOMER_TOLD, by=by, about=notice, customer=notice.customer.tenant_id, after=told)

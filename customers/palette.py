"""What the palette finds of customers: themselves, and what can be done with the one on the screen."""

from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from csp_portal.found import Found, Search
from customers.access import visible_customers
from customers.models import Favorite
from customers.switching import FAVORITE, OTHER, RECENT, choices_of

MOST = 8
_SYMBOLS = {FAVORITE: "star-filled", RECENT: "history"}


def find_customers(search: Search) -> list[Found]:
    """Favorites first, then those looked at last; on a customer's page the same page of another one.

    Without words only these two: thousands of others would be no help.
    """
    choices = choices_of(search.user, words=" ".join(search.parts), page=search.view, but=search.tenant_id, most=MOST)
    return [
        Found(
            title=choice.customer.name,
            detail=choice.customer.domain,
            symbol=_SYMBOLS.get(choice.why, "building-skyscraper"),
            address=choice.address,
        )
        for choice in choices
        if search.parts or choice.why != OTHER
    ]


def find_marks(search: Search) -> list[Found]:
    """Marking the customer on the screen as a favorite, or taking the mark away."""
    if search.tenant_id is None:
        return []
    marks = Exists(Favorite.objects.filter(person=search.user, customer=OuterRef("pk")))
    rows: Any = visible_customers(search.user).filter(tenant_id=search.tenant_id).annotate(is_favorite=marks)
    customer = rows.first()
    if customer is None:
        return []
    words = _("Take %(name)s from the favorites") if customer.is_favorite else _("Mark %(name)s as favorite")
    return [
        Found(
            title=words % {"name": customer.name},
            symbol="star-filled" if customer.is_favorite else "star",
            address=reverse("customers:favorite", args=[customer.tenant_id]),
            sends={"is": "no" if customer.is_favorite else "yes"},
        )
    ]

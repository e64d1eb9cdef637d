"""Finding one customer among thousands by a few letters: favorites first, then those looked at last, then the rest."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, DateTimeField, Exists, F, Func, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Upper
from django.urls import reverse

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.listing import matching
from customers.models import Customer, Favorite, Visit
from customers.models.customer import CustomerQuerySet
from customers.tabs import is_tab

MOST = 20
LONGEST_SEARCH = 100
FAVORITE, RECENT, OTHER = "favorite", "recent", "other"


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A customer to go to, why it stands where it stands, and the address of the same page of it."""

    customer: Customer
    why: str
    address: str


def by_words(customers: CustomerQuerySet, words: str) -> CustomerQuerySet:
    """Those whose name, domain, tenant ID or tags hold every word; tags are where other names of a customer go."""
    tags = Func(F("tags"), Value("\n"), function="array_to_string", output_field=CharField())
    found = customers.alias(tag_text=tags)
    for word in words.replace("\x00", "")[:LONGEST_SEARCH].split():
        found = found.filter(matching(word) | Q(("tag_text__icontains", word)))
    return found


def choices_of(user: User, *, words: str, page: str, but: UUID | None = None, most: int = MOST) -> list[Choice]:
    """At most `most` customers in two statements; `page` is the view that is kept, `but` the customer shown now."""
    current: Any = by_words(visible_customers(user).current(), words)
    if but is not None:
        current = current.exclude(tenant_id=but)
    mine = Favorite.objects.filter(person=user).values("customer")
    seen = Visit.objects.filter(person=user).values("customer")
    at = Subquery(Visit.objects.filter(person=user, customer=OuterRef("pk")).values("at"))
    is_mine = Exists(mine.filter(customer=OuterRef("pk")))
    kept = current.filter(Q(pk__in=mine) | Q(pk__in=seen)).annotate(is_favorite=is_mine)
    seen_at = Case(When(is_favorite=False, then=at), output_field=DateTimeField())  # favorites go by their names
    kept = kept.order_by("-is_favorite", seen_at.desc(), Upper("name"), "id")
    found = [(row, FAVORITE if row.is_favorite else RECENT) for row in kept[:most]]
    if len(found) < most:
        others = current.exclude(pk__in=mine).exclude(pk__in=seen).order_by(Upper("name"), "id")
        found += [(row, OTHER) for row in others[: most - len(found)]]
    return [Choice(customer=row, why=why, address=same_page(row, page=page)) for row, why in found]


def same_page(customer: Customer, *, page: str) -> str:
    """The same tab of this customer; of whatever is no tab, its overview."""
    return reverse(page if is_tab(page) else "customers:customer_page", args=[customer.tenant_id])

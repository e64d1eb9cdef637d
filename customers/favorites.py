"""What a person keeps at hand, on the server: favorite customers, and those looked at last."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.cache import caches
from django.db import connection

from csp_portal.accounts.models import User
from customers.models import Customer, Favorite, Visit

KEPT_VISITS = 30
NOTED_EVERY = timedelta(minutes=1)
_NOTE = """
    INSERT INTO customers_visit AS kept (person_id, customer_id, at)
    SELECT %(person)s, id, %(now)s FROM customers_customer WHERE tenant_id = %(tenant_id)s
    ON CONFLICT (person_id, customer_id) DO UPDATE SET at = excluded.at WHERE kept.at <= excluded.at - %(every)s
    RETURNING xmax = 0
"""


def mark(person: User, customer: Customer, *, is_favorite: bool) -> None:
    """Twice is once."""
    if is_favorite:
        Favorite.objects.bulk_create([Favorite(person=person, customer=customer)], ignore_conflicts=True)
    else:
        Favorite.objects.filter(person=person, customer=customer).delete()


def favorites_of(person: User) -> set[int]:
    """The keys of the customers that the person marked."""
    return set(Favorite.objects.filter(person=person).values_list("customer", flat=True))


def note_visit(person: User, tenant_id: UUID, *, now: datetime) -> None:
    """Remember that the person looked at this customer; at most once a minute a row is written.

    Who noted it here a moment ago need not ask the database, which would not write it again either.
    """
    noted = f"visit:{person.pk}:{tenant_id}"
    if noted in caches["pictures"]:
        return
    told: dict[str, Any] = {"person": person.pk, "tenant_id": tenant_id, "now": now, "every": NOTED_EVERY}
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, told)
        written = cursor.fetchone()
    if written:
        caches["pictures"].set(noted, True, timeout=settings.PICTURE_SECONDS)
    if written == (True,):
        newest = Visit.objects.filter(person=person).order_by("-at").values("pk")[:KEPT_VISITS]
        Visit.objects.filter(person=person).exclude(pk__in=newest).delete()

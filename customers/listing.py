"""The list of customers: the rows that answer what a person asked for."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import F, Q, SmallIntegerField, Value
from django.db.models.functions import Coalesce, Upper

from csp_portal.keyset import Page, page_of
from customers.customer_filter import ORDERS, CustomerFilter
from customers.domains import INITIAL_ENDINGS
from customers.models import Consent, Customer, State
from customers.models.customer import CustomerQuerySet
from customers.queries import ids_of_late, with_health_at

COUNTED_TO = 10_000
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_ID_START = re.compile(r"[0-9a-f]{4,32}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """The customers that were asked for.

    Those in `late` are unknown now whatever is stored; the stored health of all others counts, so that an index sorts
    and filters them. Where `late` is None, everybody's health is worked out.
    """

    rows: CustomerQuerySet
    state: State | None
    only_problems: bool = False
    cause: str | None = None
    sort: str
    now: datetime
    late: list[int] | None

    def ordered(self) -> tuple[CustomerQuerySet, tuple[str, ...]]:
        """All rows at once with their health now, and the columns to order them by."""
        (rows,) = self._parts(late=None)
        return self._ranked(rows), ORDERS[self.sort]

    def page(self, mark: str) -> Page[Customer]:
        first, *others = (self._ranked(part) for part in self._parts(late=self.late))
        return page_of(first, also=others, order=ORDERS[self.sort], mark=mark)

    def count(self) -> int:
        """How many there are; COUNTED_TO + 1 stands for more."""
        is_by_health = self.state is not None or self.only_problems
        parts = self._parts(late=self.late) if is_by_health else [self.rows]
        return min(sum(part.order_by()[: COUNTED_TO + 1].count() for part in parts), COUNTED_TO + 1)

    def _parts(self, *, late: list[int] | None) -> list[CustomerQuerySet]:
        """The rows with `rank`, their health now: in one part, or with the late ones apart."""
        if late is None:
            rows = with_health_at(self.rows, now=self.now)
            parts = [rows.annotate(rank=F("health_now"))]
        elif not late:
            parts = [self.rows.annotate(rank=F("health"))]
        else:
            unknown = Value(State.UNKNOWN.value, output_field=SmallIntegerField())
            stored = self.rows.exclude(pk__in=late).annotate(rank=F("health"))
            parts = [stored, self.rows.filter(pk__in=late).annotate(rank=unknown)]
        if self.only_problems:
            return [part.filter(rank__lt=State.HEALTHY.value) for part in parts]
        if self.state is None:
            return parts
        if self.cause is not None:
            unknown_for_it = Q(("unknown_now", self.cause))
            parts = [with_health_at(part, now=self.now).filter(unknown_for_it) for part in parts]
        wanted = [part.filter(rank=self.state.value) for part in parts]
        return wanted if self.state == State.UNKNOWN else wanted[:1]

    def _ranked(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        return with_health_at(rows, now=self.now).annotate(
            name_key=Upper("name"), read_key=Coalesce(F("health_read_at"), Value(NEVER))
        )


def listing_of(customers: CustomerQuerySet, *, chosen: CustomerFilter, now: datetime) -> Listing:
    rows = _narrowed(customers.filter(gone_at__isnull=not chosen.is_gone), chosen=chosen)
    late: list[int] | None = []
    if chosen.is_gone:
        late = None
    elif chosen.state is not None or chosen.only_problems or chosen.sort in {"health", "-health"}:
        late = ids_of_late(now=now)
    return Listing(
        rows=rows,
        state=chosen.state,
        only_problems=chosen.only_problems,
        cause=chosen.cause,
        sort=chosen.sort,
        now=now,
        late=late,
    )


def _narrowed(rows: CustomerQuerySet, *, chosen: CustomerFilter) -> CustomerQuerySet:
    for word in chosen.words.split():
        rows = rows.filter(matching(word))
    plain = {
        "cloud": chosen.cloud,
        "tags__contains": [chosen.tag] if chosen.tag else None,
        "connection": chosen.connection,
        "tier": chosen.tier,
        "is_vip": chosen.only_vip,
        "owner": chosen.owner,
        "favorites__person": chosen.favorites_of,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if chosen.consent == Consent.State.UNKNOWN:
        rows = rows.exclude(consent__in=Consent.objects.exclude(state=Consent.State.UNKNOWN))
    elif chosen.consent:
        rows = rows.filter(consent__state=chosen.consent)
    return chosen.groups.narrow(rows)


def matching(word: str) -> Q:
    """Name and domain by any part (pg_trgm), the tenant ID by its beginning (its index).

    "co" must not find everybody by the ".com" of onmicrosoft.com: such a word is looked for at the beginning only.
    """
    is_in_every_domain = any(word.lower() in ending for ending in INITIAL_ENDINGS)
    domain = Q(domain__istartswith=word) if is_in_every_domain else Q(domain__icontains=word)
    found = Q(name__icontains=word) | domain | Q(initial_domain__istartswith=word)
    digits = word.lower().replace("-", "")
    if _ID_START.fullmatch(digits):
        first, last = UUID(digits.ljust(32, "0")), UUID(digits.ljust(32, "f"))
        found |= Q(tenant_id__gte=first, tenant_id__lte=last)
    return found

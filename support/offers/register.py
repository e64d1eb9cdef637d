"""The register as lists: what holds now, and the customers of each gap, narrowed by an address."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Exists, F, OuterRef
from django.http import QueryDict
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.group_filter import Chip, GroupFilter, address_without, group_chips
from customers.models.customer import CustomerQuerySet
from support.models import OFFERED_FAMILIES, OfferTold, OfferVersion, OfferVersionQuerySet
from support.offers.gaps import Gap, customers_with
from support.offers.standing import versions_in_force

ORDER = ("customer_name", "id")
ALL = "ALL"  # of all products, in an address
FAMILIES = (ALL, *(family.value for family in OFFERED_FAMILIES))


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferFilter:
    family: str = ""
    delivery: str = ""
    groups: GroupFilter = field(default_factory=GroupFilter)

    @classmethod
    def from_query(cls, query: QueryDict, *, user: User) -> "OfferFilter":
        family, delivery = query.get("family", "").upper(), query.get("delivery", "").upper()
        return cls(
            family=family if family in FAMILIES else "",
            delivery=delivery if delivery in OfferVersion.Delivery.values else "",
            groups=GroupFilter.from_query(query, user=user),
        )

    def to_query(self) -> dict[str, str | list[str]]:
        values: dict[str, str | list[str]] = {"family": self.family, "delivery": self.delivery}
        return {name: value for name, value in {**values, **self.groups.to_query()}.items() if value}

    def versions(self, user: User, *, now: datetime) -> OfferVersionQuerySet:
        """What holds now of the customers that this person may see and that we serve."""
        ours = self.groups.narrow(visible_customers(user).filter(gone_at__isnull=True))
        rows = versions_in_force(now=now).filter(offer__customer__in=ours.order_by().values("pk"))
        if self.family:
            rows = rows.filter(offer__family="" if self.family == ALL else self.family)
        rows = rows.filter(delivery=self.delivery) if self.delivery else rows
        told = OfferTold.objects.filter(version=OuterRef("pk"), state=OfferTold.State.TOLD)
        return rows.annotate(
            customer_name=F("offer__customer__name"),
            is_told=Exists(told),
            is_confirmed=Exists(told.filter(confirmed_at__isnull=False)),
        )

    def customers(self, gap: Gap, *, user: User, now: datetime) -> CustomerQuerySet:
        return self.groups.narrow(customers_with(gap, user=user, now=now))

    def chips(self) -> Iterator[Chip]:
        asked = self.to_query()
        if self.family:
            word = dict(zip(FAMILIES, (_("All products"), *(one.label for one in OFFERED_FAMILIES)), strict=True))
            yield _chip("family", _("Products"), str(word[self.family]), asked)
        if self.delivery:
            yield _chip("delivery", _("Who delivers it"), str(OfferVersion.Delivery(self.delivery).label), asked)
        yield from group_chips(self.groups, asked=asked)


def _chip(name: str, label: str, value: str, asked: dict[str, str | list[str]]) -> Chip:
    return Chip(label=label, value=value, address=address_without(asked, taken={name: None}))

"""The views that every desk needs, and the person's saved ones, with counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.saved_views.keeping import views_for
from customers.access import visible_groups
from customers.group_filter import GroupFilter
from customers.models import CustomerGroup
from support.lists.counts import COUNTED_TO, capped_counts
from support.lists.filters import TicketFilter, tickets_of

PAGE = "support:ticket_list"
MOST_SAVED = 12
_PRESETS: Mapping[str, str | Promise] = {
    "": _("Open"),
    "owner=me": _("Mine"),
    "owner=none": _("Nobody's"),
    "state=us": _("Our turn"),
    "state=customer": _("Customer's turn"),
    "state=microsoft": _("Microsoft's turn"),
    "severity=A": _("Severity A"),
    "promise=broken&sort=promise": _("Promise broken"),
    "promise=soon&sort=promise": _("Ends within 2 hours"),
    "state=snoozed": _("Snoozed"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedView:
    name: str | Promise
    address: str
    count: int | None  # None where counting means searching
    is_here: bool

    @property
    def is_more(self) -> bool:
        return self.count is not None and self.count > COUNTED_TO

    @property
    def shown(self) -> int:
        return min(self.count or 0, COUNTED_TO)


def counted_views(user: User, *, here: TicketFilter, now: datetime) -> list[CountedView]:
    """All counts come from one statement, however many views there are."""
    saved = [(view.query, view.name) for view in views_for(user, page=PAGE)[:MOST_SAVED]]
    known = tuple(visible_groups(user))
    views = [(query, name, _read(query, user=user, known=known)) for query, name in [*_PRESETS.items(), *saved]]
    countable = [chosen for _query, _name, chosen in views if not chosen.words]
    counts = iter(capped_counts([tickets_of(user, chosen, now=now) for chosen in countable]))
    address, shown = reverse(PAGE), here.to_query()
    return [
        CountedView(
            name=name,
            address=f"{address}?{query}" if query else address,
            count=None if chosen.words else next(counts),
            is_here=chosen.to_query() == shown,
        )
        for query, name, chosen in views
    ]


def _read(query: str, *, user: User, known: tuple[CustomerGroup, ...]) -> TicketFilter:
    asked = QueryDict(query)
    return TicketFilter.from_query(asked, user=user, groups=GroupFilter.of(asked, known=known))

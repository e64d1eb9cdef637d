"""What mends a broken link of the chain: an order to preview, or where else to go."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.gdap.facts import Grant
from customers.gdap.reckon import Cause, Cell
from customers.models import AccessAssignment, Customer, Order, Relationship

_Action = Order.Action
_ENTRA_GROUP = "https://entra.microsoft.com/#view/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Members/groupId/{group}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Mend:
    """A button; `is_order` leads to the preview of a change, for who may order one."""

    label: str
    url: str
    is_order: bool = True


def mends_of(cell: Cell, *, customer: Customer) -> list[Mend]:
    """The likeliest first; none where all holds, or nothing here can mend it."""
    if cell.cause == Cause.NO_RELATIONSHIP:
        mends = _invitation(cell, customer)
    elif cell.cause in _ANEW:
        label, action = _ANEW[cell.cause]
        mends = iter([Mend(label=str(label), url=order_address(action, customer=customer, job=cell.job.key))])
    elif cell.cause in _OF_RELATIONSHIP and cell.grant:
        mends = _OF_RELATIONSHIP[cell.cause](cell, cell.grant, customer)
    else:
        mends = iter(())
    return [mend for mend in mends if mend.url]


def order_address(
    action: Order.Action, *, customer: Customer | None = None, relationship: int | None = None, job: str = ""
) -> str:
    """Where the order is previewed; empty where orders are not served."""
    about = {
        "customer": customer.tenant_id if customer else None,
        "relationship": relationship,
        "job": job,
    }
    query = {"action": action.value, **{name: value for name, value in about.items() if value}}
    try:
        return f"{reverse('gdap:order_new')}?{urlencode(query)}"
    except NoReverseMatch:
        return ""


def _invitation(cell: Cell, customer: Customer) -> Iterator[Mend]:
    grant = cell.grant
    if grant and grant.status == Relationship.Status.CREATED:
        url = order_address(_Action.LOCK, relationship=grant.pk)
        yield Mend(label=_("Ask the customer for approval"), url=url)
    elif grant:
        yield _look(grant)
    url = order_address(_Action.CREATE, customer=customer, job=cell.job.key)
    yield Mend(label=_("Invite the customer"), url=url)


def _assign(cell: Cell, grant: Grant, customer: Customer) -> Iterator[Mend]:
    yield Mend(label=_("Give a group the role"), url=_assignment(cell, grant))


def _not_in_effect(cell: Cell, grant: Grant, customer: Customer) -> Iterator[Mend]:
    if cell.held and cell.held.status == AccessAssignment.Status.ERROR:
        yield from _assign(cell, grant, customer)
    yield _look(grant)


def _not_in_group(cell: Cell, grant: Grant, customer: Customer) -> Iterator[Mend]:
    """Who is in a group is changed in Entra only; another group that the person is in may get the role."""
    if cell.held:
        url = _ENTRA_GROUP.format(group=cell.held.group.group_id)
        yield Mend(label=_("Open the group in Entra"), url=url, is_order=False)
    yield Mend(label=_("Give another group the role"), url=_assignment(cell, grant))


def _ends_early(cell: Cell, grant: Grant, customer: Customer) -> Iterator[Mend]:
    if grant.has_global_administrator:
        url = order_address(_Action.REMOVE_GLOBAL_ADMINISTRATOR, relationship=grant.pk)
        yield Mend(label=_("Remove Global Administrator, which bars the extension"), url=url)
    else:
        yield Mend(label=_("Let it extend by itself"), url=order_address(_Action.EXTEND, relationship=grant.pk))
    url = order_address(_Action.CREATE, customer=customer, job=cell.job.key)
    yield Mend(label=_("Invite the customer anew"), url=url)


def _not_read(cell: Cell, grant: Grant, customer: Customer) -> Iterator[Mend]:
    yield _look(grant)


def _assignment(cell: Cell, grant: Grant) -> str:
    return order_address(_Action.ASSIGN, relationship=grant.pk, job=cell.job.key)


def _look(grant: Grant) -> Mend:
    try:
        url = reverse("gdap:relationship_page", args=[grant.pk])
    except NoReverseMatch:
        url = ""
    return Mend(label=_("Look at the relationship and read it again"), url=url, is_order=False)


_ANEW: Mapping[Cause | None, tuple[str | Promise, Order.Action]] = {
    Cause.ROLE_MISSING: (gettext_lazy("Invite the customer to grant what is missing"), _Action.CREATE),
    Cause.CONSENT_MISSING: (gettext_lazy("Have our application let in"), _Action.CONSENT),
}
_OF_RELATIONSHIP: Mapping[Cause | None, Callable[[Cell, Grant, Customer], Iterator[Mend]]] = {
    Cause.NO_ASSIGNMENT: _assign,
    Cause.NOT_IN_EFFECT: _not_in_effect,
    Cause.NOT_IN_GROUP: _not_in_group,
    Cause.ENDS_EARLY: _ends_early,
    Cause.NOT_READ: _not_read,
}

"""What mends a broken link of the chain: an order to preview, or where else to go."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.advice import consent_url
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
    if cell.cause in _OF_CUSTOMER:
        mends = _OF_CUSTOMER[cell.cause](cell, customer)
    elif cell.cause in _OF_RELATIONSHIP and cell.grant:
        mends = _OF_RELATIONSHIP[cell.cause](cell, cell.grant, customer)
    else:
        mends = iter(())
    return list(mends)


def order_address(
    action: Order.Action,
    *,
    customer: Customer | None = None,
    relationship: int | None = None,
    job: str = "",
    group: UUID | None = None,
) -> str:
    """Where the order is previewed."""
    about = {
        "customer": customer.tenant_id if customer else None,
        "relationship": relationship,
        "job": job,
        "group_id": group,
    }
    query = {"action": action.value, **{name: value for name, value in about.items() if value}}
    return f"{reverse('gdap:order_new')}?{urlencode(query)}"


def _invitation(cell: Cell, customer: Customer) -> Iterator[Mend]:
    grant = cell.grant
    if grant and grant.status == Relationship.Status.CREATED:
        url = order_address(_Action.LOCK, relationship=grant.pk)
        yield Mend(label=_("Ask the customer for approval"), url=url)
    elif grant and grant.status == Relationship.Status.APPROVAL_PENDING:
        url = reverse("gdap:invitation", args=[grant.pk])
        yield Mend(label=_("Send the invitation, which the customer has to approve"), url=url, is_order=False)
    elif grant:
        yield _look(grant)
    url = order_address(_Action.CREATE, customer=customer, job=cell.job.key)
    yield Mend(label=_("Invite the customer"), url=url)


def _more_roles(cell: Cell, customer: Customer) -> Iterator[Mend]:
    url = order_address(_Action.CREATE, customer=customer, job=cell.job.key)
    yield Mend(label=_("Invite the customer to grant what is missing"), url=url)


def _consent(cell: Cell, customer: Customer) -> Iterator[Mend]:
    """The customer's administrator opens a link where our application works as itself; else we consent for them."""
    link = consent_url(customer)
    if link:
        page = reverse("customers:customer_page", args=[customer.tenant_id])
        yield Mend(label=_("Copy the consent link, and note that it was sent"), url=page, is_order=False)
        yield Mend(label=_("Open the consent link as an administrator there"), url=link, is_order=False)
    else:
        yield Mend(label=_("Have our application let in"), url=order_address(_Action.CONSENT, customer=customer))


def _assign(cell: Cell, grant: Grant, customer: Customer) -> Iterator[Mend]:
    yield Mend(label=_("Give a group the role"), url=_assignment(cell, grant))


def _not_in_effect(cell: Cell, grant: Grant, customer: Customer) -> Iterator[Mend]:
    if cell.held and cell.held.status == AccessAssignment.Status.ERROR:
        url = _assignment(cell, grant, group=cell.held.group.group_id)
        yield Mend(label=_("Give the group the role anew"), url=url)
        yield Mend(label=_("Give another group the role"), url=_assignment(cell, grant))
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


def _assignment(cell: Cell, grant: Grant, *, group: UUID | None = None) -> str:
    return order_address(_Action.ASSIGN, relationship=grant.pk, job=cell.job.key, group=group)


def _look(grant: Grant) -> Mend:
    url = reverse("gdap:relationship_page", args=[grant.pk])
    return Mend(label=_("Look at the relationship and read it again"), url=url, is_order=False)


_OF_CUSTOMER: Mapping[Cause | None, Callable[[Cell, Customer], Iterator[Mend]]] = {
    Cause.NO_RELATIONSHIP: _invitation,
    Cause.ROLE_MISSING: _more_roles,
    Cause.CONSENT_MISSING: _consent,
}
_OF_RELATIONSHIP: Mapping[Cause | None, Callable[[Cell, Grant, Customer], Iterator[Mend]]] = {
    Cause.NO_ASSIGNMENT: _assign,
    Cause.NOT_IN_EFFECT: _not_in_effect,
    Cause.NOT_IN_GROUP: _not_in_group,
    Cause.ENDS_EARLY: _ends_early,
    Cause.NOT_READ: _not_read,
}

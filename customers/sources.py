"""Asks Microsoft who the customers of a connection are, by the first of three ways that it allows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from csp_portal.microsoft.errors import AccessDenied, Cause, UnexpectedAnswer
from csp_portal.microsoft.graph import list_contracts, list_delegated_admin_customers
from csp_portal.microsoft.partner_center import list_customers
from customers.connections import Access
from customers.models import Customer

# Another way would meet the same wall.
_FINAL = frozenset(
    {
        Cause.SECRET_WRONG,
        Cause.SECRET_EXPIRED,
        Cause.SIGN_IN_EXPIRED,
        Cause.MFA_NEEDED,
        Cause.TENANT_NOT_FOUND,
        Cause.APP_MISSING,
    }
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listed:
    """A customer as a list of Microsoft or a file names it; what the list does not know is empty."""

    tenant_id: UUID
    name: str
    domain: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerList:
    """One complete answer; `passed_over` says in words why the ways before it did not serve."""

    source: Customer.Source
    customers: tuple[Listed, ...]
    passed_over: tuple[str, ...] = ()


def list_from_microsoft(access: Access) -> CustomerList:
    """The customers by the first way that is allowed and names any; an empty list only where every way was empty.

    Raises one of the four errors; AccessDenied names what is missing for each way.
    """
    passed_over: list[str] = []
    denied: AccessDenied | None = None
    empty: CustomerList | None = None
    for source, read in _ways(access):
        try:
            found = _distinct(read(access))
        except AccessDenied as error:
            if error.cause in _FINAL:
                raise
            denied = denied or error
            passed_over.append(f"{source.label}: {error.detail}")
            continue
        if found:
            return CustomerList(source=source, customers=found, passed_over=tuple(passed_over))
        empty = empty or CustomerList(source=source, customers=(), passed_over=tuple(passed_over))
        passed_over.append(f"{source.label}: the list is empty")
    if empty is not None:
        return empty
    cause, code = (denied.cause, denied.code) if denied else (Cause.OTHER, "")
    raise AccessDenied("No list of customers may be read. " + " · ".join(passed_over), cause=cause, code=code)


def _ways(access: Access) -> Iterator[tuple[Customer.Source, Callable[[Access], Iterator[Listed]]]]:
    if access.cloud.has_partner_center:
        yield Customer.Source.PARTNER_CENTER, _from_partner_center
    yield Customer.Source.CONTRACTS, _from_contracts
    if access.cloud.has_gdap:
        yield Customer.Source.DELEGATED_ADMIN, _from_delegated_admin


def _from_partner_center(access: Access) -> Iterator[Listed]:
    token = access.partner_token(access.cloud.partner_center_scope).value
    for one in list_customers(access.http, cloud=access.cloud, token=token):
        yield _listed(one.tenant_id, name=one.name, domain=one.domain)


def _from_contracts(access: Access) -> Iterator[Listed]:
    token = access.partner_token(access.cloud.graph_scope).value
    for one in list_contracts(access.http, cloud=access.cloud, token=token):
        yield _listed(one.customer_id, name=one.name, domain=one.domain)


def _from_delegated_admin(access: Access) -> Iterator[Listed]:
    token = access.partner_token(access.cloud.graph_scope).value
    for one in list_delegated_admin_customers(access.http, cloud=access.cloud, token=token):
        yield _listed(one.tenant_id, name=one.name, domain="")


def _listed(tenant_id: str, *, name: str, domain: str) -> Listed:
    try:
        return Listed(tenant_id=UUID(tenant_id), name=name.strip(), domain=domain)
    except ValueError as error:
        raise UnexpectedAnswer(f"A list of customers names {tenant_id[:100]!r}, which is no tenant id.") from error


def _distinct(customers: Iterator[Listed]) -> tuple[Listed, ...]:
    """Each tenant once: a partner may have several contracts with one customer."""
    found: dict[UUID, Listed] = {}
    for one in customers:
        found.setdefault(one.tenant_id, one)
    return tuple(found.values())

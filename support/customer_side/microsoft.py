"""Sign-in of a customer's person in the customer's own tenant: its tenant ID says whose person it is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from csp_portal.microsoft.sign_in import ANY_ORGANIZATION, SignedIn, finish_sign_in, start_sign_in
from customers.connections import credential_of
from customers.models import CloudChoice, Connection, Customer
from support.customer_side.links import person_of
from support.models import CustomerPerson


class NotACustomer(Exception):
    """Microsoft vouches for somebody who is of no customer of ours, or who may not come in; the words say which."""


def clouds_to_choose() -> list[tuple[UUID, str]]:
    """A connection of each cloud, with the cloud's name; its app has to let other organizations in."""
    found: dict[str, UUID] = {}
    for connection in Connection.objects.order_by("name"):
        found.setdefault(connection.cloud, connection.pk)
    return [(pk, str(CloudChoice(cloud).label)) for cloud, pk in found.items()]


def begin(connection_id: UUID, *, redirect_uri: str) -> tuple[str, dict[str, Any]]:
    """Where to send the browser, and what to keep for the answer; LookupError without such a connection."""
    connection = Connection.objects.filter(pk=connection_id).first()
    if connection is None:
        raise LookupError(_("Nobody signs in this way any more. Choose another one."))
    address, flow = start_sign_in(credential_of(connection), redirect_uri=redirect_uri, tenant=ANY_ORGANIZATION)
    return address, {"connection": str(connection.pk), "flow": flow}


def finish(kept: Mapping[str, Any], *, answer: Mapping[str, str]) -> CustomerPerson:
    """Who came back, known or new; raises what `finish_sign_in` raises, and NotACustomer."""
    connection = Connection.objects.filter(pk=kept["connection"]).first()
    if connection is None:
        raise NotACustomer(_("Nobody signs in this way any more. Choose another one."))
    who = finish_sign_in(credential_of(connection), flow=kept["flow"], answer=answer, tenant=ANY_ORGANIZATION)
    customer = Customer.objects.filter(cloud=connection.cloud, tenant_id=who.tenant_id, gone_at__isnull=True).first()
    if customer is None:
        raise NotACustomer(_("Your organization is no customer of ours in this cloud. Ask whoever sent you here."))
    return _person(who, customer)


@transaction.atomic
def _person(who: SignedIn, customer: Customer) -> CustomerPerson:
    """By the account, else by its name in the tenant: Microsoft lets only verified domains stand in that.

    The mail claim says whatever an administrator of any tenant wrote into it, so it is not looked at.
    """
    known = CustomerPerson.objects.filter(customer=customer, microsoft_id=who.object_id).first()
    if known is None:
        if "@" not in who.username:
            raise NotACustomer(_("Microsoft names no address for this account. Ask for a link by mail instead."))
        known = person_of(customer, address=who.username, name=who.name, language=translation.get_language())
        if known.microsoft_id is not None:
            raise NotACustomer(_("Another account has come in with this address before. Ask us to look at it."))
        known.microsoft_id = UUID(who.object_id)
        known.name = known.name or who.name[:200]
        known.save(update_fields=["microsoft_id", "name"])
    if known.disabled_at is not None:
        raise NotACustomer(_("Your access to these pages has been switched off. Ask us why."))
    return known

"""What people change at contacts; each change with its audit entry."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import of_visible_customers
from customers.models import Contact, Customer


def visible_contacts(user: User) -> QuerySet[Contact]:
    """Those not removed, of customers this person may see."""
    return of_visible_customers(Contact.objects.kept(), user=user).select_related("customer")


def contacts_of(customer: Customer) -> list[Contact]:
    """Of a customer whom the caller may see, by name."""
    return list(customer.contacts.filter(removed_at__isnull=True).order_by("name", "pk"))


@transaction.atomic
def keep_contact(contact: Contact, *, before: dict[str, Any], by: User | None) -> None:
    """Store a new or changed contact. Another address is another mailbox: what bounced there says nothing here."""
    is_new = contact._state.adding
    if before.get("address") not in (None, contact.address):
        contact.bounced_at, contact.bounce_reason = None, ""
    keep_wishes([contact])
    contact.save()
    action = Action.CONTACT_ADDED if is_new else Action.CONTACT_CHANGED
    _record(action, contact, by=by, before=before, after=facts_of(contact))


def keep_wishes(contacts: Iterable[Contact]) -> None:
    """Who once opted out stays so when they are removed and added again."""
    fresh = {(contact.customer_id, contact.address): contact for contact in contacts if contact.opted_out_at is None}
    asked = Contact.objects.filter(address__in={address for _, address in fresh}, opted_out_at__isnull=False)
    for row in asked.order_by("pk"):
        if contact := fresh.get((row.customer_id, row.address)):
            contact.opted_out_at = row.opted_out_at


@transaction.atomic
def remove_contact(contact: Contact, *, by: User, now: datetime) -> None:
    contact.removed_at = now
    contact.save(update_fields=["removed_at"])
    _record(Action.CONTACT_REMOVED, contact, by=by)


@transaction.atomic
def restore_contact(contact: Contact, *, by: User) -> bool:
    """Bring a removed contact back; False where the customer has its address in use again."""
    if contact.customer.contacts.filter(address=contact.address, removed_at__isnull=True).exists():
        return False
    contact.removed_at = None
    contact.save(update_fields=["removed_at"])
    _record(Action.CONTACT_RESTORED, contact, by=by)
    return True


@transaction.atomic
def note_bounce(contact: Contact, *, reason: str, now: datetime) -> None:
    """Send nothing more there until a person has looked; the first reason stays."""
    if contact.bounced_at is not None:
        return
    contact.bounced_at, contact.bounce_reason = now, reason[:300]
    contact.save(update_fields=["bounced_at", "bounce_reason"])
    _record(Action.CONTACT_BOUNCED, contact, by=None, after={"reason": reason[:300]})


@transaction.atomic
def clear_bounce(contact: Contact, *, by: User) -> None:
    before = {"reason": contact.bounce_reason}
    contact.bounced_at, contact.bounce_reason = None, ""
    contact.save(update_fields=["bounced_at", "bounce_reason"])
    _record(Action.CONTACT_BOUNCE_CLEARED, contact, by=by, before=before)


@transaction.atomic
def opt_out(contact: Contact, *, now: datetime) -> None:
    """The contact's own wish; asked for again it changes nothing."""
    if contact.opted_out_at is None:
        contact.opted_out_at = now
        contact.save(update_fields=["opted_out_at"])
        _record(Action.CONTACT_OPTED_OUT, contact, by=None)


@transaction.atomic
def opt_in(contact: Contact) -> None:
    if contact.opted_out_at is not None:
        contact.opted_out_at = None
        contact.save(update_fields=["opted_out_at"])
        _record(Action.CONTACT_OPTED_IN, contact, by=None)


def facts_of(contact: Contact) -> dict[str, Any]:
    """What the audit says of a contact; of one that is not stored yet, nothing."""
    if contact._state.adding:
        return {}
    return {name: getattr(contact, name) for name in ("name", "address", "phone", "language", "zone", "wants")}


def _record(
    action: Action,
    contact: Contact,
    *,
    by: User | None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    record(action, by=by, about=contact, customer=contact.customer.tenant_id, before=before, after=after)

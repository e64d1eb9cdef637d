"""To whom a reply goes: addresses of this customer, unless a person says that another one is meant."""

import re

from django import forms
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from support.models import Ticket

MOST = 20


def parse_addresses(text: str) -> list[str]:
    """Addresses apart from each other by commas, semicolons, spaces or lines; ValidationError names the wrong ones."""
    found = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", text))))
    wrong = [one for one in found if not _is_address(one)]
    if wrong:
        raise forms.ValidationError(_("This is no mail address: %(wrong)s.") % {"wrong": ", ".join(wrong[:5])})
    if len(found) > MOST:
        raise forms.ValidationError(_("Name at most %(most)d addresses.") % {"most": MOST})
    return found


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except forms.ValidationError:
        return False
    return True


def first_recipients(ticket: Ticket) -> list[str]:
    """Whom a reply is meant for at first: who asked, else the contact."""
    if ticket.requester_address:
        return [ticket.requester_address]
    return [ticket.contact.address] if ticket.contact and ticket.contact.address else []


def strangers_among(addresses: list[str], *, ticket: Ticket) -> list[str]:
    """Addresses that are neither of the customer's domains nor of its contacts nor of who asked."""
    known = {ticket.requester_address.casefold()}
    domains = set()
    if ticket.customer is not None:
        domains = {ticket.customer.domain.casefold(), ticket.customer.initial_domain.casefold()} - {""}
        contacts = ticket.customer.contacts.kept()
        known |= {address.casefold() for address in contacts.values_list("address", flat=True)}
    return [one for one in addresses if one.casefold() not in known and one.casefold().partition("@")[2] not in domains]

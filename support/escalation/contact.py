"""Whom Microsoft answers: one of our own people, never the customer's."""

from django.utils.translation import gettext_lazy as _

from support.models import CustomerPerson, Ticket

THEIR_CONTACT = _("Microsoft answers us, not the customer. Name one of our own people.")


def is_customers(address: str, *, ticket: Ticket) -> bool:
    """Whether a mail address is the customer's: their domains, who asked, a contact or a person of theirs."""
    wanted, customer = address.strip().casefold(), ticket.customer
    if not wanted:
        return False
    if wanted == ticket.requester_address.casefold():
        return True
    if customer is None:
        return False
    domains = {name.casefold() for name in (customer.domain, customer.initial_domain) if name}
    if wanted.rpartition("@")[2] in domains or customer.contacts.filter(address__iexact=wanted).exists():
        return True
    return CustomerPerson.objects.filter(customer=customer, address__iexact=wanted).exists()

"""To which ticket a mail belongs, and whose it is: by ids and signed addresses only, never by its subject."""

from collections.abc import Iterable

from customers.models import Contact, Customer
from support.mail.reading import Letter
from support.mail.tokens import ticket_named_in
from support.models import OutgoingMail, ReceivedMail, Ticket


def ticket_of(letter: Letter) -> Ticket | None:
    """The ticket whose mail it answers, or whose signed address it was sent to."""
    named = next((number for one in letter.addressed if (number := ticket_named_in(one)) is not None), None)
    if named is not None:
        return Ticket.objects.select_related("customer").filter(pk=named).first()
    ours = OutgoingMail.objects.filter(message_id__in=letter.references).select_related("entry__ticket__customer")
    mail = ours.order_by("-due_at").first()
    if mail is not None:
        return mail.entry.ticket
    theirs = ReceivedMail.objects.filter(message_id__in=letter.references, ticket__isnull=False)
    found = theirs.select_related("ticket__customer").first()
    return found.ticket if found else None


def takes_part(letter: Letter, ticket: Ticket) -> bool:
    """Whether the sender asked, is a contact or of a domain of the customer, or was written to."""
    address = letter.sender_address.casefold()
    if address == ticket.requester_address.casefold():
        return True
    if any(address in _folded([*mail.to, *mail.cc]) for mail in OutgoingMail.objects.filter(entry__ticket=ticket)):
        return True
    customer = ticket.customer
    return customer is not None and (
        address.partition("@")[2] in _folded([customer.domain, customer.initial_domain]) - {""}
        or customer.contacts.kept().filter(address__iexact=address).exists()
    )


def customer_of(letter: Letter) -> tuple[Customer | None, Contact | None]:
    """Whose mail it is: one contact's, else one customer's by its domain; where two could be meant, nobody's."""
    address = letter.sender_address
    contacts = list(Contact.objects.kept().filter(address__iexact=address).select_related("customer")[:2])
    if len(contacts) == 1:
        return contacts[0].customer, contacts[0]
    domain = address.partition("@")[2]
    if contacts or not domain:
        return None, None
    found = list(
        (Customer.objects.filter(domain__iexact=domain) | Customer.objects.filter(initial_domain__iexact=domain))
        .filter(gone_at__isnull=True)
        .distinct()[:2]
    )
    return (found[0], None) if len(found) == 1 else (None, None)


def _folded(addresses: Iterable[str]) -> set[str]:
    return {address.casefold() for address in addresses}

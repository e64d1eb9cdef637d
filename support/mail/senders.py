"""From which address the desk writes, and which addresses are its own."""

from email.utils import formataddr, parseaddr

from django.conf import settings

from support.models import Mailbox, MailPlace, Ticket


def sender_of(ticket: Ticket) -> str:
    """The mailbox that the ticket's mails come to, else its queue's, else the address of the settings.

    Only a mailbox that is read and may send: answers come back to the address that a reply is from.
    """
    usable = Mailbox.objects.filter(is_enabled=True, sends_replies=True)
    came_to = MailPlace.objects.filter(mail__ticket=ticket, mailbox__in=usable).select_related("mailbox")
    latest = came_to.order_by("-pk").first()
    mailbox = latest.mailbox if latest else usable.filter(queue=ticket.queue_id).order_by("name").first()
    if mailbox is None:
        return str(settings.SUPPORT_FROM)
    return formataddr((parseaddr(settings.SUPPORT_FROM)[0], mailbox.address))


def own_addresses() -> set[str]:
    """Folded, the paused ones too: what comes from them was written by the desk itself."""
    found = {address.casefold() for address in Mailbox.objects.values_list("address", flat=True)}
    return {parseaddr(settings.SUPPORT_FROM)[1].casefold(), *found}

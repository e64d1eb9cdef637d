"""Sends replies that are due: each once, whenever a worker dies."""

from email.utils import parseaddr

from support.mail.letters import letter_of
from support.mail.once import Letter, MailQueue
from support.mail.senders import sender_of
from support.models import OutgoingMail


def send_due() -> int:
    """Returns how many mails the server took."""
    return REPLIES.send_due()


def _letter(mail: OutgoingMail) -> Letter:
    sender = sender_of(mail.entry.ticket)
    words = letter_of(mail, sender=sender)
    return Letter(mail=words, sender=parseaddr(sender)[1], recipients=[*mail.to, *mail.cc])


REPLIES = MailQueue(
    rows=lambda: OutgoingMail.objects.select_related("entry__ticket__queue"),
    letter=_letter,
    sent=OutgoingMail.State.SENT,
    sent_at="sent_at",
    what="replies",
)

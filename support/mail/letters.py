"""The mail that a reply becomes."""

from django.core.mail import EmailMultiAlternatives

from csp_portal.attachments import store
from support.mail.tokens import reply_address
from support.models import EntryFile, OutgoingMail, ReceivedMail

REFERENCES = 10


def letter_of(mail: OutgoingMail, *, sender: str) -> EmailMultiAlternatives:
    """Public words only: the entry's text, the queue's signature, and the entry's files."""
    entry, ticket = mail.entry, mail.entry.ticket
    if not entry.is_public:
        raise ValueError(f"Entry {entry.pk} is internal and never leaves.")
    signature = ticket.queue.signature.strip()
    body = f"{entry.text}\n\n-- \n{signature}" if signature else entry.text
    letter = EmailMultiAlternatives(
        subject=f"{' '.join(mail.subject.split())} [#{ticket.pk}]",
        body=body,
        from_email=sender,
        to=mail.to,
        cc=mail.cc,
        reply_to=[reply_address(ticket.pk, sender=sender)],
        headers={"Message-ID": f"<{mail.message_id}>", **_thread_of(mail)},
    )
    for file in EntryFile.objects.filter(entry=entry).select_related("attachment"):
        with store.read(file.attachment.key) as content:
            letter.attach(file.attachment.name, content.read(), file.attachment.media_type)
    return letter


def _thread_of(mail: OutgoingMail) -> dict[str, str]:
    """The mails of this ticket before this one, so that mail programs show them together."""
    ticket = mail.entry.ticket
    received = ReceivedMail.objects.filter(ticket=ticket).exclude(message_id="")
    theirs = list(received.order_by("-received_at").values_list("message_id", flat=True)[:REFERENCES])
    if not theirs:
        return {}
    ids = [f"<{one}>" for one in reversed(theirs)]
    return {"In-Reply-To": ids[-1], "References": " ".join(ids)}

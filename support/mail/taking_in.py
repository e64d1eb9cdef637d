"""Makes tickets and messages of the mails that were kept: whatever one of them is, the next is not held up."""

import hashlib
import logging
from datetime import datetime, timedelta
from email.utils import parseaddr

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.take_in import take_in_published
from support.desk import add_note, open_ticket, receive
from support.mail.quotes import split_quoted
from support.mail.reading import UNREADABLE, Letter, read_mail
from support.mail.threading import customer_of, takes_part, ticket_of
from support.models import Channel, Entry, EntryFile, OutgoingMail, Queue, ReceivedMail, Status, Ticket
from support.values import Incoming, NewTicket

logger = logging.getLogger(__name__)
State = ReceivedMail.State
LARGEST = 40 * 1024 * 1024  # 25 MB of files, as mails write them
MOST_OF_ONE_SENDER = 30  # an hour: two machines that answer each other end here
BATCH = 50


def keep(raw: bytes, *, now: datetime) -> ReceivedMail:
    """Keep the bytes, due to be looked into; the same bytes are the same mail, however often they are brought."""
    facts = {"raw": raw, "size": len(raw), "received_at": now, "due_at": now}
    return ReceivedMail.objects.get_or_create(sha256=hashlib.sha256(raw).hexdigest(), defaults=facts)[0]


def take_in_due(*, now: datetime) -> int:
    """Look into what is due; returns how many mails."""
    due = ReceivedMail.objects.filter(due_at__lte=now).order_by("received_at", "pk").values_list("pk", flat=True)
    return sum(take_in(pk, now=now) for pk in list(due[:BATCH]))


@transaction.atomic
def take_in(pk: int, *, now: datetime, by_hand: bool = False) -> bool:
    """One mail, all of it or nothing of it; False where another worker has it, or it was taken in already."""
    mail = ReceivedMail.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
    if mail is None or mail.state == State.TAKEN or (mail.due_at is None and not by_hand):
        return False
    mail.due_at = None
    try:
        letter = read_mail(bytes(mail.raw))
        mail.message_id, mail.sender = letter.message_id, letter.sender_address
        mail.subject = letter.subject
        with transaction.atomic():
            _decide(mail, letter, now=now, by_hand=by_hand)
    except UNREADABLE as error:
        logger.warning("A mail can't be read: %s", error)
        mail.state, mail.why = State.QUARANTINED, _("It can't be read as a mail. The original is kept.")
        mail.ticket = mail.entry = None
    mail.save()
    return True


def _decide(mail: ReceivedMail, letter: Letter, *, now: datetime, by_hand: bool) -> None:
    if not by_hand and (why := _no_request(letter, now=now)):
        mail.state, mail.why = State.IGNORED, why
        return
    if not by_hand and (why := _suspicious(mail, letter, now=now)):
        mail.state, mail.why = State.QUARANTINED, why
        return
    ticket = ticket_of(letter)
    if ticket is not None and not takes_part(letter, ticket):
        if not by_hand:
            words = _("%(sender)s answers ticket #%(number)d, but has no part in it.")
            mail.state = State.QUARANTINED
            mail.why = (words % {"sender": letter.sender_address, "number": ticket.pk})[:300]
            return
        ticket = None
    mail.state, mail.why = State.TAKEN, ""
    if ticket is None or ticket.status == Status.CLOSED:
        ticket, entry = _open(letter, after=ticket, now=now)
    else:
        said, quoted = split_quoted(letter.text)
        incoming = Incoming(
            text=said,
            quoted=quoted,
            channel=Channel.MAIL,
            sender_name=letter.sender_name,
            sender_address=letter.sender_address,
        )
        entry = receive(ticket.pk, incoming, now=now)
    mail.ticket, mail.entry = ticket, entry
    _enclose(letter, entry, now=now)


def _open(letter: Letter, *, after: Ticket | None, now: datetime) -> tuple[Ticket, Entry]:
    customer, contact = (after.customer, after.contact) if after else customer_of(letter)
    said, quoted = split_quoted(letter.text)
    language = contact.language if contact else "zh-hant" if _is_chinese(said or letter.subject) else "en"
    new = NewTicket(
        subject=letter.subject or _("(no subject)"),
        text=said,
        quoted=quoted,
        queue=Queue.objects.filter(is_used=True).order_by("pk")[0],
        channel=Channel.MAIL,
        customer=customer,
        contact=contact,
        requester_name=letter.sender_name,
        requester_address=letter.sender_address,
        language=language,
    )
    ticket = open_ticket(new, by=None, now=now)
    if after is not None:
        words = _("It answers ticket #%(number)d, which is closed.") % {"number": after.pk}
        add_note(ticket.pk, text=words, by=None, now=now)
    return ticket, ticket.entries.order_by("pk")[0]


def _no_request(letter: Letter, *, now: datetime) -> str:
    """Why nobody has to answer it; a bounce is told where the mail stands that bounced."""
    if letter.sender_address.casefold() == parseaddr(settings.SUPPORT_FROM)[1].casefold():
        return _("We sent it ourselves.")
    if letter.is_bounce:
        _note_bounce(letter, now=now)
        return _("A mail server says that a mail could not be delivered.")
    return _("A machine wrote it: an automatic answer or a newsletter.") if letter.is_automatic else ""


def _note_bounce(letter: Letter, *, now: datetime) -> None:
    mail = OutgoingMail.objects.filter(message_id__in=letter.bounced_ids).select_related("entry").first()
    if mail is not None and mail.state == OutgoingMail.State.SENT:
        mail.state, mail.problem = OutgoingMail.State.FAILED, letter.subject[:500]
        mail.save(update_fields=["state", "problem"])
        words = _("A reply could not be delivered to %(to)s.") % {"to": ", ".join([*mail.to, *mail.cc])}
        add_note(mail.entry.ticket_id, text=words, by=None, now=now)


def _suspicious(mail: ReceivedMail, letter: Letter, *, now: datetime) -> str:
    if mail.size > LARGEST:
        return _("It is too large.")
    if not letter.sender_address:
        return _("It does not say who sent it.")
    hour = ReceivedMail.objects.filter(sender=letter.sender_address, received_at__gt=now - timedelta(hours=1))
    if hour.count() > MOST_OF_ONE_SENDER:
        return _("This sender wrote too often within an hour: perhaps two machines answer each other.")
    return ""


def _enclose(letter: Letter, entry: Entry, *, now: datetime) -> None:
    """Files of kinds that we keep; the others stay in the original, and a note says so."""
    refused = []
    for enclosed in letter.files:
        try:
            attachment = take_in_published(enclosed.content, name=enclosed.name)
        except AttachmentError as error:
            refused.append(f"{enclosed.name}: {error}")
        else:
            EntryFile.objects.create(entry=entry, attachment=attachment, content_id=enclosed.content_id)
    if refused:
        words = _("Files that were not taken out of the mail; the original has them:")
        add_note(entry.ticket_id, text="\n".join([words, *refused]), by=None, now=now)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)

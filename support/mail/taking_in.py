"""Makes tickets and messages of the mails that were kept: whatever one of them is, the next is not held up."""

import hashlib
import logging
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.take_in import take_in_published
from support.desk import add_note, open_ticket, receive
from support.mail.quotes import split_quoted
from support.mail.reading import UNREADABLE, Letter, read_mail
from support.mail.senders import own_addresses
from support.mail.threading import customer_of, takes_part, ticket_of
from support.merging import link
from support.models import Channel, Entry, EntryFile, OutgoingMail, Queue, ReceivedMail, Ticket
from support.reopening import begins_anew, heir_of
from support.values import Incoming, NewTicket

logger = logging.getLogger(__name__)
State = ReceivedMail.State
LARGEST = 40 * 1024 * 1024  # 25 MB of files, as mails write them
MOST_ALIKE = 5  # mails with one id that are compared
MOST_OF_ONE_SENDER = 30  # an hour: two machines that answer each other end here
BATCH = 50
TRIED_AGAIN, LONGEST_WAIT = timedelta(minutes=10), timedelta(hours=6)
MOST_TRIES = 12  # two days
MOST_FILES = 50  # of one mail
_LOCK = 0x4D41494C  # "MAIL": one mail of an id at a time


def keep(raw: bytes, *, now: datetime) -> ReceivedMail:
    """Keep the bytes, due to be looked into; the same bytes are the same mail, however often they are brought."""
    facts = {"raw": raw, "size": len(raw), "received_at": now, "due_at": now}
    return ReceivedMail.objects.get_or_create(sha256=hashlib.sha256(raw).hexdigest(), defaults=facts)[0]


def set_aside(raw: bytes, *, size: int, why: str, arrived_at: datetime) -> ReceivedMail:
    """Keep what there is of a mail that could not be fetched whole: a person sees it and looks into the mailbox."""
    facts: dict[str, object] = {"raw": raw, "size": size, "received_at": arrived_at, "why": why[:300]}
    with suppress(*UNREADABLE):
        letter = read_mail(raw)
        facts |= {"message_id": letter.message_id, "sender": letter.sender_address, "subject": letter.subject}
    facts["state"] = State.QUARANTINED
    return ReceivedMail.objects.get_or_create(sha256=hashlib.sha256(raw).hexdigest(), defaults=facts)[0]


def take_in_due(*, now: datetime) -> int:
    """Look into what is due; returns how many mails."""
    due = ReceivedMail.objects.filter(due_at__lte=now).order_by("received_at", "pk").values_list("pk", flat=True)
    return sum(_take_in_or_wait(pk, now=now) for pk in list(due[:BATCH]))


def _take_in_or_wait(pk: int, *, now: datetime) -> bool:
    """A mail at which something of ours breaks is tried again later, and the next mail is not held up by it."""
    if not _count_try(pk, now=now):
        return False
    try:
        return take_in(pk, now=now)
    except Exception:  # whatever it is: nothing of the mail was written, and the log says what broke
        logger.exception("Mail %s could not be taken in now", pk)
        return False


def _count_try(pk: int, *, now: datetime) -> bool:
    """Written down before the try, since a mail may kill whoever looks into it; False where it is not to be tried."""
    mail = ReceivedMail.objects.only("tries").filter(pk=pk, due_at__lte=now).first()
    if mail is None:
        return False
    mine = ReceivedMail.objects.filter(pk=pk, tries=mail.tries, due_at__isnull=False)
    if mail.tries >= MOST_TRIES:
        why = _("It was tried %(count)d times and could not be taken in. The original is kept.")
        mine.update(state=State.QUARANTINED, due_at=None, why=why % {"count": mail.tries})
        return False
    wait = min(TRIED_AGAIN * 2**mail.tries, LONGEST_WAIT)
    return bool(mine.update(tries=mail.tries + 1, due_at=now + wait))


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
    if not by_hand and (why := came_before(mail, letter) or _no_request(letter, now=now)):
        mail.state, mail.why = State.IGNORED, why
        return
    if not by_hand and (why := _suspicious(mail, letter)):
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
    ticket = heir_of(ticket) if ticket else None
    if ticket is None or begins_anew(ticket, now=now):
        ticket, entry = _open(letter, queue=_queue_of(mail), after=ticket, now=now)
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
    if refused := enclose(letter, entry):
        add_note(ticket.pk, text=refused, by=None, now=now)


def _queue_of(mail: ReceivedMail) -> Queue:
    """The queue of the mailbox that it came to; a mail that another program handed over goes to the first."""
    place = mail.places.select_related("mailbox__queue").order_by("pk").first()
    if place is not None and place.mailbox.queue.is_used:
        return place.mailbox.queue
    return Queue.objects.filter(is_used=True).order_by("pk")[0]


def request_in(letter: Letter, *, queue: Queue, after: Ticket | None = None) -> NewTicket:
    """What the mail asks for, and whose it is; one that goes on after a ticket is of its customer."""
    customer, contact = (after.customer, after.contact) if after else customer_of(letter)
    said, quoted = split_quoted(letter.text)
    language = contact.language if contact else "zh-hant" if _is_chinese(said or letter.subject) else "en"
    return NewTicket(
        subject=letter.subject or _("(no subject)"),
        text=said,
        quoted=quoted,
        queue=queue,
        channel=Channel.MAIL,
        customer=customer,
        contact=contact,
        requester_name=letter.sender_name,
        requester_address=letter.sender_address,
        language=language,
    )


def _open(letter: Letter, *, queue: Queue, after: Ticket | None, now: datetime) -> tuple[Ticket, Entry]:
    ticket = open_ticket(request_in(letter, queue=queue, after=after), by=None, now=now)
    if after is not None:
        words = _("It answers ticket #%(number)d, which is closed.") % {"number": after.pk}
        add_note(ticket.pk, text=words, by=None, now=now)
        link(ticket.pk, to=after.pk, by=None, now=now)
    return ticket, ticket.entries.order_by("pk")[0]


def _no_request(letter: Letter, *, now: datetime) -> str:
    """Why nobody has to answer it; a bounce is told where the mail stands that bounced."""
    if letter.sender_address.casefold() in own_addresses():
        return _("We sent it ourselves.")
    if letter.is_bounce:
        _note_bounce(letter, now=now)
        return _("A mail server says that a mail could not be delivered.")
    return _("A machine wrote it: an automatic answer or a newsletter.") if letter.is_automatic else ""


def came_before(mail: ReceivedMail, letter: Letter) -> str:
    """The same mail by another way: sent to two mailboxes of ours, or numbered and headed anew by its server.

    The id alone says nothing, as anybody may choose one; sender and body have to be the same too.
    """
    if not letter.message_id:
        return ""
    with connection.cursor() as cursor:  # two workers that hold one of them each would both find none
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK, letter.message_id])
    same = ReceivedMail.objects.filter(message_id=letter.message_id, sender=letter.sender_address)
    body = _body(mail)
    for other in same.exclude(pk=mail.pk).order_by("pk")[:MOST_ALIKE]:
        if _body(other) == body:
            return _("The same mail came already.")
    return ""


def _body(mail: ReceivedMail) -> bytes:
    return bytes(mail.raw).replace(b"\r\n", b"\n").partition(b"\n\n")[2]


def _note_bounce(letter: Letter, *, now: datetime) -> None:
    mail = OutgoingMail.objects.filter(message_id__in=letter.bounced_ids).select_related("entry").first()
    if mail is not None and mail.state == OutgoingMail.State.SENT:
        mail.state, mail.problem = OutgoingMail.State.FAILED, letter.subject[:500]
        mail.save(update_fields=["state", "problem"])
        words = _("A reply could not be delivered to %(to)s.") % {"to": ", ".join([*mail.to, *mail.cc])}
        add_note(mail.entry.ticket_id, text=words, by=None, now=now)


def _suspicious(mail: ReceivedMail, letter: Letter) -> str:
    if mail.size > LARGEST:
        return _("It is too large.")
    if not letter.sender_address:
        return _("It does not say who sent it.")
    lately = (mail.received_at - timedelta(hours=1), mail.received_at)
    hour = ReceivedMail.objects.filter(sender=letter.sender_address, received_at__range=lately)
    if hour.count() > MOST_OF_ONE_SENDER:
        return _("This sender wrote too often within an hour: perhaps two machines answer each other.")
    return ""


def enclose(letter: Letter, entry: Entry) -> str:
    """Files of kinds that we keep; the others stay in the original, and the answer says so."""
    refused = []
    for enclosed in letter.files[:MOST_FILES]:
        try:
            attachment = take_in_published(enclosed.content, name=enclosed.name)
        except AttachmentError as error:
            refused.append(f"{enclosed.name}: {error}")
        else:
            EntryFile.objects.create(entry=entry, attachment=attachment, content_id=enclosed.content_id)
    if (left := len(letter.files) - MOST_FILES) > 0:
        refused.append(_("%(count)d more files: a mail may have %(most)d.") % {"count": left, "most": MOST_FILES})
    words = _("Files that were not taken out of the mail; the original has them:")
    return "\n".join([words, *refused]) if refused else ""


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)

"""Old mails: kept as they came, and put where they belong; nobody is answered and nobody is told."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from support.changes import locked
from support.mail.quotes import split_quoted
from support.mail.reading import UNREADABLE, Letter, read_mail
from support.mail.senders import own_addresses
from support.mail.taking_in import came_before, enclose, request_in
from support.mail.threading import takes_part, ticket_of
from support.models import Entry, Queue, ReceivedMail, Status, Ticket
from support.moving.keeping import keep_entry, keep_ticket
from support.moving.shapes import BroughtEntry, RowProblem


def keep_mail(raw: bytes, *, now: datetime) -> tuple[ReceivedMail, datetime]:
    """The mail, not due: the mailbox's worker leaves it alone; and when it was sent, as it says."""
    at = sent_at(raw, now=now)
    facts = {"raw": raw, "size": len(raw), "received_at": at}
    return ReceivedMail.objects.get_or_create(sha256=sha256(raw).hexdigest(), defaults=facts)[0], at


def sent_at(raw: bytes, *, now: datetime) -> datetime:
    """Never in the future; where the mail does not say it, now."""
    try:
        told = parsedate_to_datetime(str(message_from_bytes(raw[:100_000]).get("Date", "")))
        at = told if told.tzinfo else told.replace(tzinfo=UTC)
        return min(at.astimezone(UTC), now)
    except (*UNREADABLE, OverflowError, IndexError):
        return now


def said_by(mail: ReceivedMail) -> dict[str, str]:
    """What a person recognizes a mail by, under the names of the columns."""
    try:
        letter = read_mail(bytes(mail.raw))
    except UNREADABLE:
        return {"subject": _("It can't be read as a mail. The original is kept.")}
    return {
        "subject": letter.subject,
        "requester address": letter.sender_address,
        "created at": mail.received_at.isoformat(timespec="minutes"),
    }


def bring_mail(mail: ReceivedMail, *, queue_id: int, is_ended: bool, now: datetime) -> Ticket:
    """RowProblem where it is no request; a mail of ours is a reply of the ticket that it belongs to."""
    try:
        letter = read_mail(bytes(mail.raw))
    except UNREADABLE as error:
        raise RowProblem(_("It can't be read as a mail. The original is kept.")) from error
    mail.message_id, mail.sender, mail.subject = letter.message_id, letter.sender_address, letter.subject
    is_ours = letter.sender_address.casefold() in own_addresses()
    if why := _refusal(mail, letter, is_ours=is_ours):
        raise RowProblem(why)
    ticket = ticket_of(letter)
    if ticket is not None and (is_ours or takes_part(letter, ticket)):
        ticket = locked(ticket.pk)
        entry = keep_entry(ticket, _entry(letter, at=mail.received_at, is_ours=is_ours))
    elif is_ours:
        raise RowProblem(_("We sent it, and what it answers is not here. The original is kept."))
    else:
        ticket, entry = _open(mail, letter, queue_id=queue_id, is_ended=is_ended, now=now)
    mail.state, mail.ticket, mail.entry = ReceivedMail.State.TAKEN, ticket, entry
    mail.save()
    if refused := enclose(letter, entry):
        keep_entry(ticket, BroughtEntry(kind=Entry.Kind.NOTE, text=refused, at=mail.received_at))
    return ticket


def _refusal(mail: ReceivedMail, letter: Letter, *, is_ours: bool) -> str:
    if why := came_before(mail, letter):
        return why
    if not letter.sender_address:
        return _("It does not say who sent it.")
    if letter.is_bounce or (letter.is_automatic and not is_ours):
        return _("A machine wrote it: an automatic answer or a newsletter.")
    return ""


def _entry(letter: Letter, *, at: datetime, is_ours: bool) -> BroughtEntry:
    said, quoted = split_quoted(letter.text)
    return BroughtEntry(
        kind=Entry.Kind.REPLY if is_ours else Entry.Kind.MESSAGE,
        text=said,
        quoted=quoted,
        at=at,
        sender_name=letter.sender_name,
        sender_address=letter.sender_address,
    )


def _open(mail: ReceivedMail, letter: Letter, *, queue_id: int, is_ended: bool, now: datetime) -> tuple[Ticket, Entry]:
    told = request_in(letter, queue=Queue.objects.get(pk=queue_id))
    at, status = mail.received_at, Status.CLOSED if is_ended else Status.NEW
    ticket = Ticket(
        customer=told.customer,
        contact=told.contact,
        requester_name=told.requester_name,
        requester_address=told.requester_address,
        subject=told.subject,
        queue_id=queue_id,
        language=told.language,
        status=status,
        created_at=at,
        asked_at=at,
        updated_at=at,
        solved_at=at if is_ended else None,
        closed_at=at if is_ended else None,
    )
    return keep_ticket(ticket, said=[_entry(letter, at=at, is_ours=False)], now=now)

"""Sends the notices that are due: each once, whenever a worker dies.

A notice is taken by moving its `due_at` on and drawing an epoch. It is PENDING while nothing of it can have arrived,
and becomes SENDING in a commit of its own just before the byte that makes the mail server take it. A worker that dies
before leaves a notice that is sent by the next; one that dies after leaves one that is UNCERTAIN: a person decides, for
only a person can look whether it arrived.
"""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from csp_portal.calendars.hours import Hours
from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from customers.contacts import note_bounce
from customers.models import Contact
from health.models import Notice, NoticeRun, NoticeText
from health.notice_runs.hours import contract_hours, earliest
from health.notice_runs.mails import mail_to, message_id_of, sender_of, words_to
from health.notice_runs.wire import Outgoing, Outlet, Refused, Unclear, Unreachable, Withdrawn

logger = logging.getLogger(__name__)

State = Notice.State
AT_WORK = (NoticeRun.State.APPROVED, NoticeRun.State.SENDING)
LEASE = timedelta(minutes=4)
TIME_LEFT = timedelta(seconds=90)  # of the lease, for the last byte and the server's answer
BATCH = 20
BATCH_SECONDS = 60
MOST_ATTEMPTS = 6
DEAD = "Handed over, but no answer came back: the worker ended in between."


def send_due_notices(*, now: datetime) -> int:
    """Send a batch of each run that is at work; returns how many mails were taken by the mail server."""
    Notice.objects.filter(state=State.SENDING, due_at__lte=Now()).update(state=State.UNCERTAIN, answer=DEAD)
    sent = 0
    for pk in NoticeRun.objects.filter(state__in=AT_WORK).order_by("pk").values_list("pk", flat=True):
        if notices := _claim(pk, now=now):
            texts = {text.language: text for text in NoticeText.objects.filter(run=pk)}
            with Outgoing() as outlet:
                sent += _send_batch(notices, texts=texts, outlet=outlet, now=now)
    return sent


def _send_batch(notices: list[Notice], *, texts: dict[str, NoticeText], outlet: Outlet, now: datetime) -> int:
    """One after another; what is left when the time is over, or the mail server is away, is due again."""
    sent, ends_at = 0, monotonic() + BATCH_SECONDS
    contracts = contract_hours(notices[0].run) if notices else {}
    while notices and monotonic() < ends_at:
        try:
            sent += _send(notices[0], texts=texts, contracts=contracts, outlet=outlet, now=now)
        except Unreachable as error:
            logger.warning("The mail server takes no notices: %s", error)
            _give_back(notices, after=timedelta(minutes=1), answer=str(error)[:500])
            return sent
        del notices[0]
    _give_back(notices, after=timedelta(), answer="")
    return sent


def _give_back(notices: list[Notice], *, after: timedelta, answer: str) -> None:
    for notice in notices:
        again = {"due_at": Now() + after, "attempts": notice.attempts - 1, "taken_at": None, "answer": answer}
        Notice.objects.filter(pk=notice.pk, epoch=notice.epoch, state=State.PENDING).update(**again)


@transaction.atomic
def _claim(run_id: int, *, now: datetime) -> list[Notice]:
    """Take what is due and what the run's pace allows; the run's lock lets one worker at a time count."""
    run = NoticeRun.objects.select_for_update(skip_locked=True).filter(pk=run_id, state__in=AT_WORK).first()
    if run is None:
        return []
    gone = run.notices.filter(taken_at__gt=Now() - timedelta(minutes=1)).count()
    rows = run.notices.select_for_update(of=("self",)).filter(state=State.PENDING, due_at__lte=Now())
    rows = rows.select_related("contact__customer", "run").order_by("due_at", "pk")
    due = list(rows[: max(0, min(BATCH, run.per_minute - gone))])
    taken = Notice.objects.filter(pk__in=[notice.pk for notice in due])
    taken.update(due_at=Now() + LEASE, epoch=F("epoch") + 1, attempts=F("attempts") + 1, taken_at=Now())
    for notice in due:
        notice.epoch, notice.attempts = notice.epoch + 1, notice.attempts + 1
    if not run.notices.filter(state__in=(State.PENDING, State.SENDING)).exists():
        run.state, run.ended_at = NoticeRun.State.DONE, now
    elif run.state == NoticeRun.State.APPROVED:
        run.state = NoticeRun.State.SENDING
    run.save(update_fields=["state", "ended_at"])
    return due


def _send(
    notice: Notice, *, texts: dict[str, NoticeText], contracts: Mapping[int, Hours], outlet: Outlet, now: datetime
) -> bool:
    """Whether the mail server took it; Unreachable is the batch's affair."""
    contact = notice.contact
    if reason := _left_out_because(contact):
        return _finish(notice, state=State.SKIPPED, answer=reason)
    if (later := earliest(notice.run, contact, contracts=contracts, now=now)) > now:
        return _finish(notice, state=State.PENDING, due_at=later, attempts=notice.attempts - 1, taken_at=None)
    words, language = words_to(contact, texts=texts)
    notice.message_id, notice.subject, notice.text = message_id_of(notice), words.subject, words.text
    try:
        mail = mail_to(contact, words=words, language=language, message_id=notice.message_id)
        answer = outlet.send(
            mail, sender=sender_of(notice), recipient=contact.address, may_finish=lambda: _hand_over(notice)
        )
    except Withdrawn:
        return False
    except (Refused, Unclear, ValueError) as error:  # ValueError: no mail can be made of it
        return _not_sent(notice, error, now=now)
    return _finish(notice, state=State.SENT, answer=answer, sent_at=Now())


def _hand_over(notice: Notice) -> bool:
    """Write down that it may be gone from now on; False where somebody else has it, or the run was stopped."""
    mine = Notice.objects.filter(
        pk=notice.pk, epoch=notice.epoch, state=State.PENDING, due_at__gt=Now() + TIME_LEFT, run__state__in=AT_WORK
    )
    proof = {"message_id": notice.message_id, "subject": notice.subject[:300], "text": notice.text}
    return bool(mine.update(state=State.SENDING, address=notice.contact.address, **proof))


def _not_sent(notice: Notice, error: Exception, *, now: datetime) -> bool:
    if isinstance(error, Unclear):
        return _finish(notice, state=State.UNCERTAIN, answer=str(error)[:500])
    if not isinstance(error, Refused):
        return _finish(notice, state=State.FAILED, answer=str(error)[:500])
    if not error.is_final and notice.attempts < MOST_ATTEMPTS:
        later = Now() + timedelta(minutes=2**notice.attempts)
        return _finish(notice, state=State.PENDING, answer=error.answer, due_at=later)
    has_bounced = error.is_final and error.of_recipient
    with transaction.atomic():
        _finish(notice, state=State.BOUNCED if has_bounced else State.FAILED, answer=error.answer)
        if error.is_of_mailbox:
            tell_of_bounce(notice, reason=error.answer, now=now)
    return False


def tell_of_bounce(notice: Notice, *, reason: str, now: datetime) -> None:
    """Write no more to the contact, and let our people know; if the address has changed since, that one is well."""
    contact = Contact.objects.select_for_update(of=("self",)).select_related("customer").get(pk=notice.contact_id)
    if contact.address != notice.address or contact.bounced_at is not None:
        return
    note_bounce(contact, reason=reason, now=now)
    facts = {"title": str(contact), "path": f"/customers/{contact.customer.tenant_id}/contacts/", "reason": reason}
    raise_event(
        EventKind.NOTICE_BOUNCED,
        key=f"notice bounced {contact.pk} {now:%Y-%m-%dT%H:%M:%S}",
        severity=Severity.INFO,
        facts=facts,
        now=now,
        customer=contact.customer,
    )


def _finish(notice: Notice, **columns: object) -> bool:
    """Keep the outcome where the notice is still ours; whether it was sent."""
    mine = Notice.objects.filter(pk=notice.pk, epoch=notice.epoch)
    kept = mine.filter(state__in=(State.PENDING, State.SENDING, State.UNCERTAIN)).update(**columns)
    return bool(kept) and columns["state"] == State.SENT


def _left_out_because(contact: Contact) -> str:
    """Why a contact that was to be told is not, or nothing; things may have changed since the approval."""
    if contact.removed_at or contact.customer.is_gone:
        return "removed meanwhile"
    if contact.opted_out_at:
        return "opted out meanwhile"
    return "bounced meanwhile" if contact.bounced_at else ""

"""Sends replies that are due: each once, whenever a worker dies.

A mail is WAITING while nothing of it can have arrived, and becomes SENDING in a commit of its own just before the byte
with which the mail server takes it. Dying before is being due again; dying after is UNCERTAIN, and a person decides.
"""

import logging
from datetime import timedelta
from email.utils import parseaddr

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from health.notice_runs.wire import Outgoing, Outlet, Refused, Unclear, Unreachable, Withdrawn
from support.mail.letters import letter_of
from support.mail.senders import sender_of
from support.models import OutgoingMail

logger = logging.getLogger(__name__)
State = OutgoingMail.State
LEASE = timedelta(minutes=4)
TIME_LEFT = timedelta(seconds=90)  # of the lease, for the last byte and the server's answer
BATCH = 20
MOST_FAILURES = 6
DEAD = "Handed over, but no answer came back: the worker ended in between."


def send_due() -> int:
    """Send what is due; returns how many mails the server took."""
    OutgoingMail.objects.filter(state=State.SENDING, due_at__lte=Now()).update(
        state=State.UNCERTAIN, due_at=None, problem=DEAD
    )
    sent, mails = 0, _claim()
    with Outgoing() as outlet:
        while mails:
            try:
                sent += _send(mails[0], outlet=outlet)
            except Unreachable as error:
                logger.warning("The mail server takes no replies: %s", error)
                for mail in mails:
                    _finish(mail, due_at=Now() + timedelta(minutes=1), problem=str(error)[:500])
                break
            del mails[0]
    return sent


@transaction.atomic
def _claim() -> list[OutgoingMail]:
    rows = OutgoingMail.objects.select_for_update(skip_locked=True, of=("self",))
    due = list(rows.filter(state=State.WAITING, due_at__lte=Now()).order_by("due_at")[:BATCH])
    OutgoingMail.objects.filter(pk__in=[mail.pk for mail in due]).update(due_at=Now() + LEASE, epoch=F("epoch") + 1)
    taken = OutgoingMail.objects.filter(pk__in=[mail.pk for mail in due])
    return list(taken.select_related("entry__ticket__queue").order_by("due_at", "pk"))


def _send(mail: OutgoingMail, *, outlet: Outlet) -> bool:
    """Whether the mail server took it; Unreachable is the batch's affair."""
    sender = sender_of(mail.entry.ticket)
    first, *others = [*mail.to, *mail.cc]
    try:
        letter = letter_of(mail, sender=sender)
        envelope = parseaddr(sender)[1]
        outlet.send(letter, sender=envelope, recipient=first, also=others, may_finish=lambda: _hand_over(mail))
    except Withdrawn:
        return False
    except (Refused, Unclear, ValueError, OSError) as error:  # ValueError, OSError: no mail can be made of it
        if isinstance(error, Unreachable):
            raise
        return _not_sent(mail, error)
    return _finish(mail, state=State.SENT, due_at=None, sent_at=Now(), problem="")


def _hand_over(mail: OutgoingMail) -> bool:
    """Write down that it may be gone from now on; False where somebody took it back or has it."""
    mine = OutgoingMail.objects.filter(pk=mail.pk, epoch=mail.epoch, state=State.WAITING, due_at__gt=Now() + TIME_LEFT)
    return bool(mine.update(state=State.SENDING))


def _not_sent(mail: OutgoingMail, error: Exception) -> bool:
    if isinstance(error, Unclear):
        return _finish(mail, state=State.UNCERTAIN, due_at=None, problem=str(error)[:500])
    is_final = not isinstance(error, Refused) or error.is_final or mail.failures + 1 >= MOST_FAILURES
    words = (error.answer if isinstance(error, Refused) else str(error))[:500]
    if is_final:
        return _finish(mail, state=State.FAILED, due_at=None, problem=words)
    later = Now() + timedelta(minutes=2**mail.failures)
    _finish(mail, state=State.WAITING, due_at=later, failures=mail.failures + 1, problem=words)
    return False


def _finish(mail: OutgoingMail, **told: object) -> bool:
    """Only for whoever drew the epoch; a worker that slept past its lease writes nothing."""
    mine = OutgoingMail.objects.filter(pk=mail.pk, epoch=mail.epoch, state__in=[State.WAITING, State.SENDING])
    return bool(mine.update(**told)) and told.get("state") == State.SENT

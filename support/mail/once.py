"""Sends the mails that are due, each once, whenever a worker dies.

A row is WAITING while nothing of it can have arrived, and becomes SENDING in a commit of its own just before the byte
with which the mail server takes it. Dying before is being due again; dying after is UNCERTAIN, and a person decides.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from health.notice_runs.wire import Outgoing, Outlet, Refused, Unclear, Unreachable, Withdrawn
from support.models.mail_row import MailRow

logger = logging.getLogger(__name__)
LEASE = timedelta(minutes=4)
TIME_LEFT = timedelta(seconds=90)  # of the lease, for the last byte and the server's answer
BATCH, MOST_FAILURES = 20, 6
DEAD = gettext_noop("Handed over, but no answer came back: the worker ended in between.")
ON_ITS_WAY = ("WAITING", "SENDING")
Row = TypeVar("Row", bound=MailRow)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What goes to the mail server; the first of `recipients` is the one whose refusal is told."""

    mail: EmailMultiAlternatives
    sender: str
    recipients: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class MailQueue(Generic[Row]):
    """The rows of a table that are mails: with state, due_at, epoch, failures and problem.

    `rows` come with all that `letter` reads; `sent` is the state of what the server took, `sent_at` the column of when.
    """

    rows: Callable[[], QuerySet[Row]]
    letter: Callable[[Row], Letter]
    sent: str
    sent_at: str
    what: str

    def send_due(self) -> int:
        """Send what is due; returns how many mails the server took."""
        dead = self.rows().filter(state="SENDING", due_at__lte=Now())
        dead.update(state="UNCERTAIN", due_at=None, problem=DEAD)
        sent, mails = 0, self._claim()
        with Outgoing() as outlet:
            while mails:
                try:
                    sent += self._send(mails[0], outlet=outlet)
                except Unreachable as error:
                    logger.warning("The mail server takes no %s: %s", self.what, error)
                    for mail in mails:
                        self._finish(mail, due_at=Now() + timedelta(minutes=1), problem=str(error)[:500])
                    break
                del mails[0]
        return sent

    @transaction.atomic
    def _claim(self) -> list[Row]:
        waiting = self.rows().filter(state="WAITING", due_at__lte=Now())
        locked = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk")
        taken = self.rows().filter(pk__in=[mail.pk for mail in locked[:BATCH]])
        taken.update(due_at=Now() + LEASE, epoch=F("epoch") + 1)
        return list(taken.order_by("due_at", "pk"))

    def _send(self, mail: Row, *, outlet: Outlet) -> bool:
        """Whether the mail server took it; Unreachable is the batch's affair."""
        try:
            letter = self.letter(mail)
            first, *others = letter.recipients
            outlet.send(
                letter.mail,
                sender=letter.sender,
                recipient=first,
                also=others,
                may_finish=lambda: self._hand_over(mail),
            )
        except Withdrawn:
            return False
        except Unreachable:
            raise
        except (Refused, Unclear, ValueError, OSError) as error:  # ValueError, OSError: no mail can be made of it
            return self._not_sent(mail, error)
        return self._finish(mail, state=self.sent, due_at=None, problem="", **{self.sent_at: Now()})

    def _hand_over(self, mail: Row) -> bool:
        """Write down that it may be gone from now on; False where somebody took it back or has it."""
        mine = self._mine(mail).filter(state="WAITING", due_at__gt=Now() + TIME_LEFT)
        return bool(mine.update(state="SENDING"))

    def _not_sent(self, mail: Row, error: Exception) -> bool:
        if isinstance(error, Unclear):
            return self._finish(mail, state="UNCERTAIN", due_at=None, problem=str(error)[:500])
        answer = error.answer if isinstance(error, Refused) else str(error)
        is_final = not isinstance(error, Refused) or error.is_final or mail.failures + 1 >= MOST_FAILURES
        if is_final:
            return self._finish(mail, state="FAILED", due_at=None, problem=answer[:500])
        later = Now() + timedelta(minutes=2**mail.failures)
        return self._finish(mail, state="WAITING", due_at=later, failures=mail.failures + 1, problem=answer[:500])

    def _finish(self, mail: Row, **told: object) -> bool:
        """Whether it was sent. A worker that slept past its lease writes nothing."""
        return bool(self._mine(mail).update(**told)) and told.get("state") == self.sent

    def _mine(self, mail: Row) -> QuerySet[Row]:
        """Only for whoever drew the epoch."""
        return self.rows().filter(pk=mail.pk, epoch=mail.epoch, state__in=ON_ITS_WAY)

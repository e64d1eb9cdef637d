"""What each clock of a ticket measures: when its round began, whether it ended, and whether it stands still."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from support.models import SlaClock, Status, Ticket

Kind = SlaClock.Kind


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    began_at: datetime
    ended_at: datetime | None = None
    is_paused: bool = False


def rounds_of(
    ticket: Ticket, *, running: Mapping[str, SlaClock], pauses_in: frozenset[str], now: datetime
) -> dict[str, Round]:
    """The rounds of a ticket as it is now; a kind that measures nothing yet, or any more, has none."""
    paused = ticket.status in pauses_in
    solved_at = ticket.solved_at if ticket.is_ended else None
    answered_at = ticket.first_answered_at or solved_at
    rounds = {
        Kind.FIRST_RESPONSE.value: Round(began_at=ticket.created_at, ended_at=answered_at, is_paused=paused),
        Kind.SOLUTION.value: Round(began_at=ticket.created_at, ended_at=solved_at, is_paused=paused),
    }
    update_began_at = _update_began_at(ticket, running.get(Kind.UPDATE))
    if update_began_at is not None and not ticket.is_ended:
        rounds[Kind.UPDATE.value] = Round(began_at=update_began_at, is_paused=paused)
    if ticket.status == Status.WAITING_MICROSOFT:
        held = running.get(Kind.MICROSOFT)
        rounds[Kind.MICROSOFT.value] = Round(began_at=held.started_at if held else now)
    return rounds


def _update_began_at(ticket: Ticket, running: SlaClock | None) -> datetime | None:
    """Our last answer, or the customer's first word after it: a second one gives us no more time."""
    if ticket.answered_at is None:
        return None
    if ticket.asked_at is None or ticket.asked_at <= ticket.answered_at:
        return ticket.answered_at
    if running is not None and running.started_at > ticket.answered_at:
        return running.started_at
    return ticket.asked_at

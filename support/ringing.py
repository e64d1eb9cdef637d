"""Bells: what one of us is told in person, once, and where nobody else needs to know of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from csp_portal.accounts.models import User
from support.access import visible_tickets
from support.models import Bell, Entry, Follower, Ticket

Why = Bell.Why
# Whoever sees it on the page in the meantime gets no mail.
MAILED_AFTER = timedelta(minutes=2)
MOST_REMINDERS = 20
LONGEST = timedelta(days=366)


def ring_mentioned(entry: Entry, people: Iterable[User], *, now: datetime) -> None:
    """In the transaction of the note that names them."""
    facts = {"ticket_id": entry.ticket_id, "entry": entry, "why": Why.MENTION, "rings_at": now}
    bells = [Bell(person=person, mail_due_at=now + MAILED_AFTER, **facts) for person in people]
    Bell.objects.bulk_create(bells, ignore_conflicts=True)


def ring_followers(ticket: Ticket, *, now: datetime) -> None:
    """The customer wrote: whose ticket it is and who follows it are told, once until they have seen it."""
    _ring(ticket, why=Why.WORD, now=now)


def ring_microsoft(ticket: Ticket, *, now: datetime) -> None:
    """Microsoft answered: the same people are told as of a customer's word, once until they have seen it."""
    _ring(ticket, why=Why.MICROSOFT, now=now)


def _ring(ticket: Ticket, *, why: Bell.Why, now: datetime) -> None:
    people = set(Follower.objects.filter(ticket=ticket).values_list("person", flat=True))
    people |= {ticket.owner_id} if ticket.owner_id else set()
    if people:
        facts = {"ticket": ticket, "why": why, "rings_at": now, "mail_due_at": now + MAILED_AFTER}
        bells = [Bell(person_id=person, **facts) for person in sorted(people)]
        Bell.objects.bulk_create(bells, ignore_conflicts=True)


def remind(ticket: Ticket, *, person: User, at: datetime, words: str) -> bool:
    """False where the person has MOST_REMINDERS at this ticket already."""
    mine = Bell.objects.filter(person=person, ticket=ticket, why=Why.REMINDER, seen_at=None)
    if mine.count() >= MOST_REMINDERS:
        return False
    Bell.objects.create(person=person, ticket=ticket, why=Why.REMINDER, words=words, rings_at=at, mail_due_at=at)
    return True


def bells_of(user: User) -> Any:
    """What they have not seen, ringing or still to ring; of customers that they may see alone."""
    return Bell.objects.filter(person=user, seen_at=None, ticket__in=visible_tickets(user).order_by())


def ringing(user: User, *, now: datetime) -> Any:
    return bells_of(user).filter(rings_at__lte=now)


def see(user: User, *, now: datetime, at: Ticket | None = None) -> int:
    """Who looks at a ticket has seen its bells; without a ticket all that ring."""
    rung = Bell.objects.filter(person=user, seen_at=None, rings_at__lte=now)
    return rung.filter(Q(ticket=at) if at is not None else Q()).update(seen_at=now, mail_due_at=None)

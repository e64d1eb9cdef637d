"""What we, and one of us, can do at one customer, from what is known at this moment."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.gdap.capabilities import JOBS, Job
from customers.gdap.chains import Chain, chain_of, role_names
from customers.gdap.facts import Facts
from customers.gdap.gather import facts_of, person_of
from customers.gdap.mends import Mend, mends_of
from customers.gdap.reckon import Cause, Color, cell_of
from customers.models import Customer

TICKET_JOBS = ("M365_TICKETS", "AZURE_TICKETS")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A job, for any of us and for the person who asks."""

    job: Job
    ours: Chain
    mine: Chain


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    customer: Customer
    lines: tuple[Line, ...]

    @property
    def tickets(self) -> list[Line]:
        return [line for line in self.lines if line.job.key in TICKET_JOBS]

    def mends(self, chain: Chain) -> list[Mend]:
        return mends_of(chain.cell, customer=self.customer)


def abilities_of(customer: Customer, *, user: User, now: datetime, facts: Facts | None = None) -> Abilities:
    """With the facts as the caller has them, else as they are now."""
    facts = facts or facts_of([customer.pk], now=now)[customer.pk]
    person, names = person_of(user), role_names()
    lines = []
    for job in JOBS:
        ours, mine = cell_of(job, facts=facts, now=now), cell_of(job, facts=facts, now=now, person=person)
        lines.append(
            Line(
                job=job,
                ours=chain_of(ours, facts=facts, person=None, names=names),
                mine=chain_of(mine, facts=facts, person=person, names=names),
            )
        )
    return Abilities(customer=customer, lines=tuple(lines))


def answer_in_words(chain: Chain) -> str:
    """ "Can I …?", answered in a sentence."""
    cell = chain.cell
    if cell.color == Color.GREEN:
        return _("Yes, as far as Microsoft shows it to this portal.") if cell.job.unseen else _("Yes, you can.")
    if cell.color == Color.RED:
        return _("No: %(cause)s.") % {"cause": _small(cell.cause)}
    return _("Nobody knows: %(cause)s.") % {"cause": _small(cell.cause)}


def _small(cause: Cause | None) -> str:
    word = str(cause.label) if cause else ""
    return word[:1].lower() + word[1:]

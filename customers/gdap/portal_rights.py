"""Which admin portals of a customer one of us has no right to open; what nobody knows bars nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.gdap.capabilities import JOB_OF_SERVICE, Job
from customers.gdap.chains import role_names
from customers.gdap.facts import Facts, Person
from customers.gdap.gather import facts_of, person_of
from customers.gdap.reckon import Cause, Color, cell_of
from customers.models import Customer
from customers.portals import Portal

# Without these no role reaches the person; where access ends early or consent is missing, the portal still opens.
_BARS = frozenset(
    {Cause.NO_RELATIONSHIP, Cause.ROLE_MISSING, Cause.NO_ASSIGNMENT, Cause.NOT_IN_EFFECT, Cause.NOT_IN_GROUP}
)


def blocked_for(user: User, portals: Iterable[Portal], *, customer: Customer, now: datetime) -> list[Portal]:
    """The same portals; those that this person's groups give no right to are without address, with the reason.

    A person whom we don't know in the partner's tenant may have rights there that we don't see.
    """
    person = person_of(user)
    if customer.connection_id not in person.group_ids:
        return list(portals)
    facts = facts_of([customer.pk], now=now)[customer.pk]
    names = role_names()
    return [_judged(portal, person=person, facts=facts, names=names, customer=customer, now=now) for portal in portals]


def _judged(
    portal: Portal, *, person: Person, facts: Facts, names: Mapping[UUID, str], customer: Customer, now: datetime
) -> Portal:
    job = JOB_OF_SERVICE.get(portal.service)
    if job is None or job.takes_consent or not portal.url:
        return portal
    cell = cell_of(job, facts=facts, now=now, person=person)
    if cell.color != Color.RED or cell.cause not in _BARS:
        return portal
    return replace(
        portal,
        url="",
        reason=_("Your groups lack the role: %(role)s.") % {"role": _least(job, names)},
        why_blocked=f"{reverse('gdap:ability', args=[customer.tenant_id, job.key])}?mine=yes",
    )


def _least(job: Job, names: Mapping[UUID, str]) -> str:
    return names.get(job.least_role) or str(job.title)

"""What we can do at a customer: each job from link to link, green only where every link is known to hold."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.gdap.capabilities import JOBS, Job
from customers.gdap.facts import Facts, Grant, Held, Person
from customers.models import AccessAssignment


class Color(models.IntegerChoices):
    """How a cell looks, worst first."""

    RED = 0, _("Not possible")
    AMBER = 1, _("Unknown")
    GREEN = 2, _("Possible")


class Cause(models.TextChoices):
    """Which link is broken, in the order of the chain; the last ones say why a link is not known."""

    NO_RELATIONSHIP = "NO_RELATIONSHIP", _("No relationship")
    ROLE_MISSING = "ROLE_MISSING", _("Role not in it")
    NO_ASSIGNMENT = "NO_ASSIGNMENT", _("No assignment")
    NOT_IN_EFFECT = "NOT_IN_EFFECT", _("Assignment pending or failed")
    NOT_IN_GROUP = "NOT_IN_GROUP", _("Not in the group")
    ENDS_EARLY = "ENDS_EARLY", _("Ends before the contract")
    CONSENT_MISSING = "CONSENT_MISSING", _("Consent missing")
    NOT_READ = "NOT_READ", _("Not read yet")
    PERSON_UNKNOWN = "PERSON_UNKNOWN", _("Person not known in this tenant")
    NO_FEATURE = "NO_FEATURE", _("Not available in this cloud")


UNKNOWN = frozenset({Cause.NOT_READ, Cause.PERSON_UNKNOWN, Cause.NO_FEATURE})
REDS = tuple(cause for cause in Cause if cause not in UNKNOWN)
_DEPTH = {cause: depth for depth, cause in enumerate(REDS)}


class Step(StrEnum):
    """A link of the chain from the customer to the person."""

    RELATIONSHIP = "RELATIONSHIP"
    ROLE = "ROLE"
    ASSIGNMENT = "ASSIGNMENT"
    EFFECT = "EFFECT"
    MEMBER = "MEMBER"
    UNTIL = "UNTIL"
    CONSENT = "CONSENT"


STEP_OF: dict[Cause, Step] = dict(zip(REDS, Step, strict=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A job at a customer: `cause` names the broken or unknown link, of the path that got furthest.

    `broken_at` is the link itself, also where it is only unknown; None where all hold.
    """

    job: Job
    cause: Cause | None
    broken_at: Step | None = None
    grant: Grant | None = None
    held: Held | None = None

    @property
    def color(self) -> Color:
        if self.cause is None:
            return Color.GREEN
        return Color.AMBER if self.cause in UNKNOWN else Color.RED

    @property
    def depth(self) -> int:
        return len(REDS) if self.cause is None else _DEPTH.get(self.cause, -1)


def cells_of(facts: Facts, *, now: datetime, person: Person | None = None) -> tuple[Cell, ...]:
    """The cells of all jobs, in their order: for any of us, or for this person."""
    return tuple(cell_of(job, facts=facts, now=now, person=person) for job in JOBS)


def cell_of(job: Job, *, facts: Facts, now: datetime, person: Person | None = None) -> Cell:
    """One way that holds is enough. Where none does and one is not known, the job may be possible: that is amber."""
    paths = list(_paths(job, facts=facts, now=now, person=person))
    green = next((path for path in paths if path.cause is None), None)
    amber = next((path for path in paths if path.color == Color.AMBER), None)
    return green or amber or max(paths, key=attrgetter("depth"))


def _paths(job: Job, *, facts: Facts, now: datetime, person: Person | None) -> Iterator[Cell]:
    if job.takes_consent and facts.signs_in_as_itself:
        yield _with_consent(Cell(job=job, cause=None), facts=facts)
    elif not facts.has_feature:
        yield Cell(job=job, cause=Cause.NO_FEATURE, broken_at=Step.RELATIONSHIP)
    elif not facts.is_read or facts.connection is None:
        yield Cell(job=job, cause=Cause.NOT_READ, broken_at=Step.RELATIONSHIP)
    else:
        for path in _delegated(job, facts=facts, now=now, person=person):
            yield _with_consent(path, facts=facts)


def _delegated(job: Job, *, facts: Facts, now: datetime, person: Person | None) -> Iterator[Cell]:
    usable = [grant for grant in facts.grants if grant.is_usable(now)]
    if not usable:
        coming = next((grant for grant in facts.grants if grant.is_coming), None)
        yield Cell(job=job, cause=Cause.NO_RELATIONSHIP, broken_at=Step.RELATIONSHIP, grant=coming)
    for grant in usable:
        if not job.role_ids & grant.role_ids:
            yield Cell(job=job, cause=Cause.ROLE_MISSING, broken_at=Step.ROLE, grant=grant)
        elif grant.assignments is None:
            yield Cell(job=job, cause=Cause.NOT_READ, broken_at=Step.ASSIGNMENT, grant=grant)
        else:
            yield from _assigned(job, grant=grant, facts=facts, person=person)


def _assigned(job: Job, *, grant: Grant, facts: Facts, person: Person | None) -> Iterator[Cell]:
    roles = job.role_ids & grant.role_ids
    living = [held for held in grant.assignments or () if held.is_living and held.role_ids & roles]
    if all(held.group.is_gone for held in living):
        gone = living[0] if living else None
        yield Cell(job=job, cause=Cause.NO_ASSIGNMENT, broken_at=Step.ASSIGNMENT, grant=grant, held=gone)
        return
    for held in living:
        if not held.group.is_gone:
            yield _held(job, held=held, grant=grant, facts=facts, person=person)


def _held(job: Job, *, held: Held, grant: Grant, facts: Facts, person: Person | None) -> Cell:
    cause = None
    if held.status != AccessAssignment.Status.ACTIVE:
        cause, step = Cause.NOT_IN_EFFECT, Step.EFFECT
    elif (missing := _why_not_in(held, facts=facts, person=person, job=job)) is not None:
        cause, step = missing, Step.MEMBER
    elif _ends_early(grant, facts=facts):
        cause, step = Cause.ENDS_EARLY, Step.UNTIL
    else:
        return Cell(job=job, cause=None, grant=grant, held=held)
    return Cell(job=job, cause=cause, broken_at=step, grant=grant, held=held)


def _why_not_in(held: Held, *, facts: Facts, person: Person | None, job: Job) -> Cause | None:
    """For any of us the group must have somebody in it, for a person that very one."""
    if held.group.members is None:
        return Cause.NOT_READ
    if person is None or job.takes_consent:
        return None if held.group.members else Cause.NOT_IN_GROUP
    theirs = person.groups_through(facts.connection)
    if theirs is None:
        return Cause.PERSON_UNKNOWN
    return None if held.group.group_id in theirs else Cause.NOT_IN_GROUP


def _ends_early(grant: Grant, *, facts: Facts) -> bool:
    """Whether access ends before the contract does; without a known end of the contract nothing can be said."""
    if facts.contract_ends_on is None or grant.ends_at is None or grant.extends_itself:
        return False
    return grant.ends_at.date() < facts.contract_ends_on


def _with_consent(path: Cell, *, facts: Facts) -> Cell:
    """The last link: our application must be let into the tenant."""
    if path.cause is not None or not path.job.takes_consent or facts.has_consent:
        return path
    cause = Cause.NOT_READ if facts.has_consent is None else Cause.CONSENT_MISSING
    return Cell(job=path.job, cause=cause, broken_at=Step.CONSENT, grant=path.grant, held=path.held)

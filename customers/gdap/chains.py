"""The chain behind a cell of the matrix, link by link, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customers.gdap.capabilities import Job
from customers.gdap.facts import Facts, Grant, Person
from customers.gdap.reckon import Cause, Cell, Step
from customers.models import AccessAssignment, AdminRole, Relationship

TITLES: Mapping[Step, str | Promise] = {
    Step.RELATIONSHIP: gettext_lazy("Relationship"),
    Step.ROLE: gettext_lazy("Role"),
    Step.ASSIGNMENT: gettext_lazy("Assignment"),
    Step.EFFECT: gettext_lazy("In effect"),
    Step.MEMBER: gettext_lazy("In the group"),
    Step.UNTIL: gettext_lazy("Until the contract ends"),
    Step.CONSENT: gettext_lazy("Consent"),
}


class Hold(StrEnum):
    HOLDS = "HOLDS"
    BROKEN = "BROKEN"
    UNKNOWN = "UNKNOWN"
    OPEN = "OPEN"  # not looked at, since one before it does not hold


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    title: str | Promise
    hold: Hold
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """A cell with its links; `asks_person` where it speaks of one of us."""

    cell: Cell
    links: tuple[Link, ...]
    asks_person: bool

    @property
    def job(self) -> Job:
        return self.cell.job


@dataclass(frozen=True, kw_only=True, slots=True)
class _About:
    cell: Cell
    facts: Facts
    person: Person | None
    names: Mapping[UUID, str]

    @property
    def grant(self) -> Grant | None:
        return self.cell.grant


def chain_of(cell: Cell, *, facts: Facts, person: Person | None, names: Mapping[UUID, str]) -> Chain:
    """`names` are the roles' by their ID."""
    about = _About(cell=cell, facts=facts, person=person, names=names)
    steps = _steps(cell.job, facts=facts)
    at = steps.index(cell.broken_at) if cell.broken_at in steps else len(steps)
    links = tuple(_link(step, place - at, about=about) for place, step in enumerate(steps))
    return Chain(cell=cell, links=links, asks_person=person is not None and not cell.job.takes_consent)


def role_names() -> dict[UUID, str]:
    return dict(AdminRole.objects.values_list("pk", "name"))


def _steps(job: Job, *, facts: Facts) -> list[Step]:
    if not job.takes_consent:
        return [step for step in Step if step != Step.CONSENT]
    return [Step.CONSENT] if facts.signs_in_as_itself else list(Step)


def _link(step: Step, distance: int, *, about: _About) -> Link:
    """`distance` is how far behind the broken link it stands: before it all hold."""
    if distance > 0:
        return Link(title=TITLES[step], hold=Hold.OPEN, text="")
    hold = Hold.HOLDS
    if distance == 0:
        hold = Hold.BROKEN if about.cell.color == about.cell.color.RED else Hold.UNKNOWN
    text = _TEXTS[step](about) if hold == Hold.HOLDS else _broken(about)
    return Link(title=TITLES[step], hold=hold, text=text)


def _broken(about: _About) -> str:
    words = _BROKEN.get(about.cell.cause or Cause.NOT_READ)
    return words(about) if words else ""


def _relationship(about: _About) -> str:
    return about.grant.name if about.grant else ""


def _roles(about: _About) -> str:
    if about.grant is None:
        return ""
    return ", ".join(sorted(name_of(role, about.names) for role in about.cell.job.role_ids & about.grant.role_ids))


def name_of(role: UUID, names: Mapping[UUID, str]) -> str:
    return names.get(role) or str(role)


def _group(about: _About) -> str:
    held = about.cell.held
    return (held.group.name or str(held.group.group_id)) if held else ""


def _members(about: _About) -> str:
    held = about.cell.held
    if about.person is not None and not about.cell.job.takes_consent:
        return _("You are in %(group)s.") % {"group": _group(about)}
    count = (held.group.members or 0) if held else 0
    return ngettext("%(count)d person is in it.", "%(count)d people are in it.", count) % {"count": count}


def _until(about: _About) -> str:
    grant = about.grant
    if grant is None or grant.ends_at is None:
        return ""
    ends = _day(grant.ends_at)
    if grant.extends_itself:
        return _("Ends on %(day)s and extends by itself.") % {"day": ends}
    if about.facts.contract_ends_on is None:
        return _("Ends on %(day)s. When our contract ends is not entered at the customer.") % {"day": ends}
    contract = _day(about.facts.contract_ends_on)
    return _("Ends on %(day)s, not before our contract, %(contract)s.") % {"day": ends, "contract": contract}


def _day(moment: datetime | date) -> str:
    return date_format(timezone.localtime(moment) if isinstance(moment, datetime) else moment, "SHORT_DATE_FORMAT")


def _no_relationship(about: _About) -> str:
    if about.grant is None:
        return _("This customer has no active relationship with us.")
    status = about.grant.status
    word = Relationship.Status(status).label if status in Relationship.Status.values else status
    return _("“%(name)s” is not active yet: %(status)s.") % {"name": about.grant.name, "status": word}


def _role_missing(about: _About) -> str:
    wanted = name_of(about.cell.job.least_role, about.names)
    return _("“%(name)s” holds no role for this. The least is %(role)s.") % {
        "name": _relationship(about),
        "role": wanted,
    }


def _no_assignment(about: _About) -> str:
    if about.cell.held is not None:
        if not about.cell.held.group.name:
            words = _("The group that held the role was deleted at Microsoft before we ever read it (ID %(id)s).")
            return words % {"id": about.cell.held.group.group_id}
        return _("The group %(group)s that held the role was deleted.") % {"group": _group(about)}
    return _("None of our groups holds %(roles)s.") % {"roles": _roles(about)}


def _not_in_effect(about: _About) -> str:
    status = about.cell.held.status if about.cell.held else ""
    if status == AccessAssignment.Status.ERROR:
        return _("Microsoft could not give %(group)s the role.") % {"group": _group(about)}
    if status == AccessAssignment.Status.PENDING:
        return _("Microsoft is still giving %(group)s the role.") % {"group": _group(about)}
    return _("Microsoft calls the assignment of %(group)s “%(status)s”.") % {"group": _group(about), "status": status}


def _not_in_group(about: _About) -> str:
    if about.person is not None and not about.cell.job.takes_consent:
        return _("You are not in %(group)s.") % {"group": _group(about)}
    return _("Nobody is in %(group)s.") % {"group": _group(about)}


def _ends_early(about: _About) -> str:
    grant, contract = about.grant, about.facts.contract_ends_on
    if grant is None or grant.ends_at is None or contract is None:
        return ""
    return _("Ends on %(day)s, before our contract, %(contract)s.") % {
        "day": _day(grant.ends_at),
        "contract": _day(contract),
    }


def _not_read(about: _About) -> str:
    if about.facts.connection is None:
        return _("This customer has no connection, so nothing of it can be read.")
    return {
        Step.RELATIONSHIP: _("The relationships of this connection were not read within the last day."),
        Step.ASSIGNMENT: _("Who holds the roles of “%(name)s” was not read yet.") % {"name": _relationship(about)},
        Step.MEMBER: _("Who is in %(group)s was not read yet.") % {"group": _group(about)},
        Step.CONSENT: _("No reading has shown yet whether this tenant lets our application in."),
    }.get(about.cell.broken_at or Step.RELATIONSHIP, "")


def _person_unknown(about: _About) -> str:
    return _("We don't know your account in the partner tenant of this connection; sign in with Microsoft.")


_TEXTS: Mapping[Step, Callable[[_About], str]] = {
    Step.RELATIONSHIP: _relationship,
    Step.ROLE: _roles,
    Step.ASSIGNMENT: _group,
    Step.EFFECT: lambda about: _("Active"),
    Step.MEMBER: _members,
    Step.UNTIL: _until,
    Step.CONSENT: lambda about: _("This tenant lets our application in."),
}
_BROKEN: Mapping[Cause, Callable[[_About], str]] = {
    Cause.NO_RELATIONSHIP: _no_relationship,
    Cause.ROLE_MISSING: _role_missing,
    Cause.NO_ASSIGNMENT: _no_assignment,
    Cause.NOT_IN_EFFECT: _not_in_effect,
    Cause.NOT_IN_GROUP: _not_in_group,
    Cause.ENDS_EARLY: _ends_early,
    Cause.CONSENT_MISSING: lambda about: _("Nobody has consented to our application in this tenant."),
    Cause.NOT_READ: _not_read,
    Cause.PERSON_UNKNOWN: _person_unknown,
    Cause.NO_FEATURE: lambda about: _("Microsoft offers no delegated administration in this cloud."),
}

"""What can be done with a relationship, and why the rest can't: the reason where the button stands, and the way out."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.gdap.granted import by_group
from customers.gdap.rules import OF_ASSIGNMENTS, POSSIBLE_IN, why_not
from customers.models import AccessAssignment, Order, Relationship, StopSwitch

Action = Order.Action
Status = Relationship.Status
ACTIONS = tuple(action for action in Action if action in POSSIBLE_IN)
_OVER = frozenset({Status.EXPIRED, Status.TERMINATED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Doing:
    """A button, or where `why` is set the reason why there is none and what would help."""

    label: str
    url: str
    why: str = ""
    way_out: str = ""
    way_out_url: str = ""


def reasons_against(action: Action, relationships: Iterable[Relationship], *, switch: StopSwitch) -> list[str | None]:
    """For each of them why not, or None; of groups' roles whether any group has some."""
    rows = list(relationships)
    held = _held(rows) if action in OF_ASSIGNMENTS else {}
    return [why_not(action, one, switch=switch, assignment=held.get(one.pk)) for one in rows]


def _held(rows: list[Relationship]) -> dict[int, AccessAssignment]:
    """An assignment of each that has one."""
    return {pk: row for (pk, _group), row in by_group(AccessAssignment.objects.filter(relationship__in=rows)).items()}


def doings_of(relationship: Relationship, *, switch: StopSwitch) -> list[Doing]:
    """Every change that Microsoft knows of, what is possible first."""
    held = _held([relationship]).get(relationship.pk)
    reasons = [(action, why_not(action, relationship, switch=switch, assignment=held)) for action in ACTIONS]
    found = [_doing(action, relationship, why=why) for action, why in reasons]
    return sorted(found, key=lambda one: bool(one.why))


def _doing(action: Action, relationship: Relationship, *, why: str | None) -> Doing:
    words, url = _way_out(action, relationship) if why else ("", "")
    return Doing(
        label=str(action.label),
        url=_address(action, relationship=relationship.pk),
        why=why or "",
        way_out=words,
        way_out_url=url,
    )


def _way_out(action: Action, relationship: Relationship) -> tuple[str, str]:
    """What makes it possible, as far as anything here does."""
    if relationship.gone_at is not None or relationship.status in _OVER:
        return _anew(relationship)
    if relationship.is_active:
        return _of_active(action, relationship)
    if Status.ACTIVE not in POSSIBLE_IN[action]:
        return "", ""
    if relationship.status == Status.CREATED:
        return _("Ask the customer for approval"), _address(Action.LOCK, relationship=relationship.pk)
    if relationship.status == Status.APPROVAL_PENDING:
        words = _("Send the invitation, which the customer has to approve")
        return words, reverse("gdap:invitation", args=[relationship.pk])
    return "", ""


def _anew(relationship: Relationship) -> tuple[str, str]:
    if relationship.customer is None:
        return "", ""
    return _("Invite the customer anew"), _address(Action.CREATE, customer=relationship.customer.tenant_id)


def _of_active(action: Action, relationship: Relationship) -> tuple[str, str]:
    if action == Action.EXTEND and relationship.has_global_administrator:
        there = _address(Action.REMOVE_GLOBAL_ADMINISTRATOR, relationship=relationship.pk)
        return _("Remove Global Administrator"), there
    if action in OF_ASSIGNMENTS:
        return _("Give a group its roles"), _address(Action.ASSIGN, relationship=relationship.pk)
    return "", ""


def _address(action: Action, **about: object) -> str:
    return f"{reverse('gdap:order_new')}?{urlencode({'action': action.value, **about})}"

"""The gate before Microsoft: a fresh health check, and no active issue of Microsoft's that explains the trouble."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from support.models import HealthCheck, Kind, Ticket

FRESH = timedelta(minutes=15)
SHORTEST_REASON = 10


class Barrier(models.TextChoices):
    """What stands in the way, with what to do about it."""

    NONE = "", ""
    NO_CUSTOMER = "no_customer", _("Nobody knows whose ticket this is. Choose its customer first.")
    ENDED = "ticket_ended", _("The ticket is solved or closed. Reopen it first.")
    NOT_CHECKED = "health_not_checked", _("Microsoft's health of this product was not checked yet. Check it now.")
    BEING_CHECKED = "health_being_checked", _("The customer's health is being read. Wait for it.")
    TOO_OLD = "health_check_too_old", _("The health check is older than 15 minutes. Check again.")
    NOT_READ = "health_not_read", _("The customer's health could not be read. Check again, or say why it goes on.")
    ACTIVE_ISSUE = (
        "active_issue",
        _("An issue of Microsoft's is active for this customer and product. Link the ticket with it instead."),
    )


# What a person may pass with a reason; the others have to be mended first.
PASSABLE = (Barrier.NOT_CHECKED, Barrier.BEING_CHECKED, Barrier.TOO_OLD, Barrier.NOT_READ, Barrier.ACTIVE_ISSUE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    barrier: Barrier
    check: HealthCheck | None

    @property
    def is_open(self) -> bool:
        return self.barrier == Barrier.NONE

    @property
    def is_passable(self) -> bool:
        return self.barrier in PASSABLE


def gate_of(ticket: Ticket, *, now: datetime) -> Gate:
    """What stands between the ticket and Microsoft; the newest check counts, if it is of the same product still."""
    check = ticket.health_checks.order_by("-asked_at", "-pk").first() if ticket.customer_id else None
    return Gate(barrier=_barrier(ticket, check=check, now=now), check=check)


def _barrier(ticket: Ticket, *, check: HealthCheck | None, now: datetime) -> Barrier:
    if ticket.customer_id is None:
        return Barrier.NO_CUSTOMER
    if ticket.is_ended:
        return Barrier.ENDED
    if ticket.kind == Kind.COMMERCIAL:
        return Barrier.NONE
    if check is None or not _is_of(check, ticket=ticket):
        return Barrier.NOT_CHECKED
    return _barrier_of_check(check, now=now)


def _barrier_of_check(check: HealthCheck, *, now: datetime) -> Barrier:
    if check.state == HealthCheck.State.WAITING:
        return Barrier.BEING_CHECKED
    if check.state == HealthCheck.State.FAILED or check.read_at is None:
        return Barrier.NOT_READ
    if now - check.read_at > FRESH:
        return Barrier.TOO_OLD
    return Barrier.ACTIVE_ISSUE if check.issue_ids else Barrier.NONE


def _is_of(check: HealthCheck, *, ticket: Ticket) -> bool:
    """The ticket may have become another product's, or another customer's, since it was checked."""
    service_name = ticket.service.name if ticket.service else ""
    now_of = (ticket.customer_id, ticket.family, service_name)
    return now_of == (check.customer_id, check.family, check.service_name)

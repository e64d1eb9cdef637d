"""The runbooks that fit a ticket, or one that is being written."""

from collections.abc import Mapping
from dataclasses import dataclass

from support.knowledge.matching import Asked, Fit, Known, best_fits
from support.knowledge.writing import judged
from support.known.suggesting import text_of
from support.models import Runbook, Ticket

MOST_HELD_AGAINST = 1000


@dataclass(frozen=True, kw_only=True)
class Offer:
    runbook: Runbook
    fit: Fit
    helped: bool | None = None  # what the reader said of it on this ticket


def offers_for(asked: Asked, *, said: Mapping[int, bool] | None = None) -> list[Offer]:
    """The likeliest first; one statement."""
    if not asked.text.strip() and not asked.service_name:
        return []
    rows = judged(Runbook.objects.filter(retired_at__isnull=True)).defer("steps").order_by("-updated_at", "-pk")
    runbooks = {row.pk: row for row in rows[:MOST_HELD_AGAINST]}
    return [
        Offer(runbook=runbooks[fit.key], fit=fit, helped=(said or {}).get(fit.key))
        for fit in best_fits(asked, [_known(row) for row in runbooks.values()])
    ]


def asked_by(ticket: Ticket) -> Asked:
    return Asked(
        text=text_of(ticket),
        service_name=ticket.service.name if ticket.service else "",
        family=ticket.family,
        kind=ticket.kind,
        language=ticket.language,
    )


def _known(row: Runbook) -> Known:
    return Known(
        key=row.pk,
        title=row.title,
        words=row.words,
        service_name=row.service_name,
        family=row.family,
        kind=row.kind,
        language=row.language,
        balance=getattr(row, "times_helped", 0) - getattr(row, "times_not", 0),
    )

"""The baseline boundary on a ticket: which checklists it has, what was ticked with which evidence, and what is left."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import get_language

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.models import Area, Baseline, BaselineTick, EntryFile, Kind, Ticket

_AREAS = {Kind.COMMERCIAL: (Area.BILLING, Area.SUBSCRIPTIONS), Kind.TECHNICAL: (Area.TECHNICAL,)}


class NoEvidence(ValueError):
    """An item was to be ticked without a word or a file that shows it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A row of a checklist, and what was said of it for this ticket."""

    key: str
    texts: Mapping[str, str]
    is_required: bool
    tick: BaselineTick | None = None

    @property
    def text(self) -> str:
        """In the reader's language."""
        return self.texts.get(get_language() or "en") or self.texts.get("en", "")

    @property
    def is_open(self) -> bool:
        return self.is_required and self.tick is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Checklist:
    """`newest` is the version that tickets begin with now; this one keeps the version of its first tick."""

    baseline: Baseline
    newest: int
    items: tuple[Item, ...]

    @property
    def open_items(self) -> list[Item]:
        return [item for item in self.items if item.is_open]


def checklists_of(ticket: Ticket) -> list[Checklist]:
    """The ticket's checklists by its product and kind; none for products that have no list. Three statements."""
    newest = newest_of(ticket.family)
    ticks = list(ticket.baseline_ticks.select_related("baseline", "by", "file__attachment").order_by("-at", "-pk"))
    found = []
    for area in _AREAS[Kind(ticket.kind)]:
        if area not in newest:
            continue
        begun = [tick.baseline for tick in ticks if (tick.baseline.family, tick.baseline.area) == (ticket.family, area)]
        baseline = begun[-1] if begun else newest[area]
        said = {tick.key: tick for tick in ticks if tick.baseline_id == baseline.pk}
        items = tuple(_item(row, tick=said.get(row["key"])) for row in baseline.items)
        found.append(Checklist(baseline=baseline, newest=newest[area].version, items=items))
    return found


def newest_of(family: str) -> dict[str, Baseline]:
    """The version that counts, by area."""
    return {row.area: row for row in Baseline.objects.filter(family=family).order_by("version")}


@transaction.atomic
def tick_item(
    ticket: Ticket,
    *,
    baseline: Baseline,
    key: str,
    outcome: BaselineTick.Outcome,
    evidence: str,
    by: User,
    now: datetime,
    file: EntryFile | None = None,
) -> BaselineTick:
    """Say of an item that it was done, or does not apply, and what shows it; the last word counts."""
    if not evidence.strip() and (file is None or outcome == BaselineTick.Outcome.NOT_APPLICABLE):
        raise NoEvidence
    if key not in {row["key"] for row in baseline.items}:
        raise LookupError(key)
    said: dict[str, Any] = {"outcome": outcome, "evidence": evidence.strip(), "file": file, "at": now, "by": by}
    return BaselineTick.objects.update_or_create(ticket=ticket, baseline=baseline, key=key, defaults=said)[0]


def untick_item(ticket: Ticket, *, baseline: Baseline, key: str) -> None:
    BaselineTick.objects.filter(ticket=ticket, baseline=baseline, key=key).delete()


@transaction.atomic
def publish(family: str, area: str, *, items: Iterable[Mapping[str, Any]], by: User, now: datetime) -> Baseline:
    """Make this the checklist from now on; every former version stays as it was, with what was ticked on it."""
    rows = Baseline.objects.filter(family=family, area=area)
    list(rows.select_for_update().order_by("version"))  # whoever publishes too waits here, and then sees the other's
    former = rows.order_by("-version").first()
    version = former.version + 1 if former else 1
    kept = [dict(item) for item in items]
    made = Baseline.objects.create(
        family=family, area=area, version=version, items=kept, published_at=now, published_by=by
    )
    record(
        Action.BASELINE_PUBLISHED,
        by=by,
        about=made,
        before={"version": former.version, "items": former.items} if former else {},
        after={"version": version, "items": kept},
    )
    return made


def _item(row: Mapping[str, Any], *, tick: BaselineTick | None) -> Item:
    texts = {name: text for name, text in row.items() if name in {"en", "zh-hant"}}
    return Item(key=row["key"], texts=texts, is_required=row["required"], tick=tick)

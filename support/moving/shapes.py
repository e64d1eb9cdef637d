"""What a row of another desk says about a ticket: every cell understood, or a sentence about what is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.models import Customer
from health.models import Service
from support.models import ENDED, Entry, Family, Kind, Queue, Severity, Status
from support.moving.known import Known
from support.ticket_forms import LONGEST

RowT = TypeVar("RowT")
MOST_ENTRIES = 1000
# Our column, and what other desks call it; case, spaces, dashes and underscores don't matter.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "ticket id", "number", "ticket number", "key", "external id", "編號"),
    "subject": ("subject", "title", "summary", "主旨"),
    "text": ("text", "description", "body", "message", "first message", "內容"),
    "customer": ("customer", "company", "organization", "organisation", "tenant id", "客戶"),
    "requester name": ("requester name", "requester", "contact", "customer name", "提出者"),
    "requester address": ("requester address", "requester email", "email", "contact email", "電子郵件"),
    "family": ("family", "product family", "product", "產品系列"),
    "service": ("service", "服務"),
    "kind": ("kind", "type", "種類"),
    "severity": ("severity", "priority", "嚴重性"),
    "impact": ("impact", "business impact", "業務影響"),
    "status": ("status", "state", "狀態"),
    "queue": ("queue", "group", "team", "佇列"),
    "owner": ("owner", "assignee", "agent", "assigned to", "負責人"),
    "tags": ("tags", "labels", "標籤"),
    "language": ("language", "locale", "語言"),
    "created at": ("created at", "created", "opened at", "date", "建立時間"),
    "answered at": ("answered at", "first response at", "first reply at", "首次回覆時間"),
    "solved at": ("solved at", "resolved at", "closed at", "solved", "解決時間"),
    "entries": ("entries", "comments", "messages"),
}
_STATUSES = {
    **{"new": Status.NEW, "open": Status.OPEN, "pending": Status.WAITING_CUSTOMER, "on-hold": Status.OPEN},
    **{"hold": Status.OPEN, "waiting": Status.WAITING_CUSTOMER, "solved": Status.SOLVED, "resolved": Status.SOLVED},
    **{"closed": Status.CLOSED, "merged": Status.CLOSED, "active": Status.OPEN},
}
_SEVERITIES = {
    **{"urgent": Severity.A, "critical": Severity.A, "1": Severity.A, "high": Severity.B, "2": Severity.B},
    **{"normal": Severity.C, "medium": Severity.C, "low": Severity.C, "3": Severity.C, "4": Severity.C},
}


class RowProblem(ValueError):
    """The row can't be used; the sentence says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BroughtEntry:
    kind: Entry.Kind
    text: str
    at: datetime
    author: User | None = None
    sender_name: str = ""
    sender_address: str = ""
    quoted: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """A ticket as the other desk had it; times in UTC, none in the future."""

    subject: str
    text: str
    customer: Customer | None
    requester_name: str
    requester_address: str
    family: Family
    service: Service | None
    kind: Kind
    severity: Severity
    impact: str
    status: Status
    queue: Queue | None
    owner: User | None
    tags: tuple[str, ...]
    language: str
    created_at: datetime
    answered_at: datetime | None
    solved_at: datetime | None
    entries: tuple[BroughtEntry, ...]


def columns_of(header: Sequence[str]) -> dict[str, int]:
    """Which cell of a row holds what."""
    plain = [_plain(cell) for cell in header]
    found = {}
    for name, words in HEADERS.items():
        place = next((plain.index(_plain(word)) for word in words if _plain(word) in plain), None)
        if place is not None:
            found[name] = place
    return found


def read_row(cells: Mapping[str, Any], *, known: Known, now: datetime) -> Brought:
    """RowProblem at the first cell that says nothing we know."""
    subject = _text(cells, "subject", most=250)
    if not subject:
        raise RowProblem(_("The subject is missing. Write what it is about."))
    created_at = _moment(cells, "created at", now=now) or now
    status = _choice(cells, "status", Status, _STATUSES, otherwise=Status.CLOSED)
    solved_at = _moment(cells, "solved at", now=now) or (created_at if status in ENDED else None)
    answered_at = _moment(cells, "answered at", now=now)
    if any(moment and moment < created_at for moment in (solved_at, answered_at)):
        raise RowProblem(_("It was answered or solved before it was created. Correct the times."))
    customer = _named(cells, "customer", known.customers)
    return Brought(
        subject=" ".join(subject.split()),
        text=_text(cells, "text", most=LONGEST) or subject,
        customer=customer,
        requester_name=_text(cells, "requester name", most=200),
        requester_address=_address(cells),
        family=_choice(cells, "family", Family, {}, otherwise=Family.OTHER),
        service=_service(cells, known, cloud=customer.cloud if customer else None),
        kind=_choice(cells, "kind", Kind, {}, otherwise=Kind.TECHNICAL),
        severity=_choice(cells, "severity", Severity, _SEVERITIES, otherwise=Severity.C),
        impact=_text(cells, "impact", most=2000),
        status=status,
        queue=_named(cells, "queue", known.queues),
        owner=_named(cells, "owner", known.people),
        tags=_tags(cells),
        language=_language(cells),
        created_at=created_at,
        answered_at=answered_at,
        solved_at=solved_at if status in ENDED else None,
        entries=_entries(cells, known=known, now=now, since=created_at),
    )


def _plain(cell: str) -> str:
    return re.sub(r"[\s_\-]+", "", cell).casefold()


def _text(cells: Mapping[str, Any], name: str, *, most: int) -> str:
    value = cells.get(name)
    text = ("" if value is None else str(value)).replace("\x00", "").strip()
    if len(text) > most:
        raise RowProblem(
            _("%(column)s has more than %(most)d characters. Shorten it.") % {"column": name, "most": most}
        )
    return text


def _unknown(name: str, cell: str, *, choices: Sequence[str] = ()) -> RowProblem:
    if choices:
        words = _("%(column)s: “%(cell)s” is not known. Write one of: %(choices)s.")
        return RowProblem(words % {"column": name, "cell": cell[:60], "choices": ", ".join(choices)})
    words = _("%(column)s: “%(cell)s” names none that you may use, or more than one. Correct it or leave it empty.")
    return RowProblem(words % {"column": name, "cell": cell[:60]})


def _named(cells: Mapping[str, Any], name: str, rows: Mapping[str, set[RowT]]) -> RowT | None:
    cell = _text(cells, name, most=400)
    found = rows.get(cell.casefold(), set())
    if cell and len(found) != 1:
        raise _unknown(name, cell)
    return next(iter(found), None)


def _service(cells: Mapping[str, Any], known: Known, *, cloud: str | None) -> Service | None:
    cell = _text(cells, "service", most=200)
    found = [row for row in known.services.get(cell.casefold(), ()) if cloud is None or row.cloud == cloud]
    if cell and not found:
        raise _unknown("service", cell)
    return min(found, key=lambda row: row.pk) if found else None


ChoiceT = TypeVar("ChoiceT", bound=models.TextChoices)


def _choice(
    cells: Mapping[str, Any], name: str, kind: type[ChoiceT], others: Mapping[str, ChoiceT], *, otherwise: ChoiceT
) -> ChoiceT:
    """By our key, by the label that the reader sees, or by what other desks call it."""
    cell = _text(cells, name, most=100)
    if not cell:
        return otherwise
    words = {**others, **{str(one.label).casefold(): one for one in kind}, **{_plain(one.value): one for one in kind}}
    found = words.get(cell.casefold()) or words.get(_plain(cell))
    if found is None:
        raise _unknown(name, cell, choices=kind.values)
    return found


def _address(cells: Mapping[str, Any]) -> str:
    cell = _text(cells, "requester address", most=254)
    try:
        if cell:
            validate_email(cell)
    except ValidationError:
        raise RowProblem(_("“%(cell)s” is no mail address. Correct it or leave it empty.") % {"cell": cell}) from None
    return cell


def _tags(cells: Mapping[str, Any]) -> tuple[str, ...]:
    value = cells.get("tags") or ""
    words = value if isinstance(value, list) else re.split(r"[,;]", str(value))
    tags = tuple(dict.fromkeys(filter(None, (" ".join(str(word).split()).replace("\x00", "") for word in words))))
    if len(tags) > 50 or any(len(tag) > 40 for tag in tags):
        raise RowProblem(_("A ticket may have 50 tags of 40 characters each."))
    return tags


def _language(cells: Mapping[str, Any]) -> str:
    cell = _text(cells, "language", most=20).casefold()
    known = dict(settings.LANGUAGES)
    if cell and cell not in known:
        return "zh-hant" if cell.startswith("zh") else "en"
    return cell or "en"


def _moment(cells: Mapping[str, Any], name: str, *, now: datetime) -> datetime | None:
    """UTC unless it says another zone."""
    cell = _text(cells, name, most=60)
    if not cell:
        return None
    try:
        found = parse_datetime(cell)
        day = None if found else parse_date(cell)
    except ValueError:
        found = day = None
    if found is None and day is not None:
        found = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if found is None:
        words = _("%(column)s: “%(cell)s” is no moment. Write it as 2026-05-31T14:00:00Z.")
        raise RowProblem(words % {"column": name, "cell": cell})
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    if found > now:
        raise RowProblem(_("%(column)s lies in the future. Correct it.") % {"column": name})
    return found


def _entries(cells: Mapping[str, Any], *, known: Known, now: datetime, since: datetime) -> tuple[BroughtEntry, ...]:
    """Further words, oldest first; only JSON can hold them."""
    told = cells.get("entries") or []
    if not isinstance(told, list) or len(told) > MOST_ENTRIES or not all(isinstance(one, dict) for one in told):
        words = _("entries is a list of at most %(most)d objects with kind, at and text.")
        raise RowProblem(words % {"most": MOST_ENTRIES})
    found = [_entry(one, known=known, now=now, since=since) for one in told]
    return tuple(sorted(found, key=lambda entry: entry.at))


def _entry(told: Mapping[str, Any], *, known: Known, now: datetime, since: datetime) -> BroughtEntry:
    kinds = {"note": Entry.Kind.NOTE, "reply": Entry.Kind.REPLY, "message": Entry.Kind.MESSAGE}
    word = str(told.get("kind", "")).casefold()
    if word not in kinds:
        raise _unknown("kind", word, choices=[*kinds])
    text = _text(told, "text", most=LONGEST)
    if not text:
        raise RowProblem(_("An entry has no text."))
    author = known.people.get(str(told.get("author", "")).casefold(), set())
    return BroughtEntry(
        kind=kinds[word],
        text=text,
        at=_moment(told, "at", now=now) or since,
        author=next(iter(author)) if len(author) == 1 else None,
        sender_name=_text(told, "sender name", most=200),
        sender_address=_text(told, "sender address", most=320),
    )

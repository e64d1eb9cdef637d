"""Reads lines of facts about customers: all of them right, or every wrong one is named with what to do."""

import csv
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.calendars.models import Calendar
from customers.access import visible_customers
from customers.facts import keep_facts
from customers.models import Customer, Tier

COLUMNS = ("tenant id", "tier", "seats", "vip", "owner", "calendar", "contract ends on")
_TRUE, _FALSE = frozenset({"yes", "true", "1", "是"}), frozenset({"no", "false", "0", "否", ""})


class FactsRefused(ValueError):
    """Nothing of the lines was kept; each sentence says what is wrong in one of them."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(*problems)
        self.problems = problems


@transaction.atomic
def store_facts(text: str, *, by: User) -> int:
    """How many customers changed; a column that is not there leaves what it names as it is."""
    lines = text.removeprefix("\ufeff").splitlines()
    rows = csv.reader(lines, delimiter=max(",;\t", key=(lines or [""])[0].count))
    header = [cell.strip().lower().replace("_", " ") for cell in next(rows, [])]
    unknown = [cell for cell in header if cell not in COLUMNS]
    if "tenant id" not in header or unknown or len(set(header)) != len(header):
        text = _(
            "Line 1 must name the columns: tenant id, and any of tier, seats, vip, owner, calendar, contract ends on."
        )
        raise FactsRefused([text])
    numbered = ((rows.line_num, row) for row in rows if any(map(str.strip, row)))
    cells = {line: dict(zip(header, row, strict=False)) for line, row in numbered}
    return _store(_read(cells, by=by), by=by)


def _read(cells: Mapping[int, Mapping[str, str]], *, by: User) -> list[tuple[Customer, dict[str, Any]]]:
    people = {str(person.email).lower(): person for person in User.objects.filter(is_active=True)}
    calendars = {calendar.name.lower(): calendar for calendar in Calendar.objects.all()}
    ids = {line: _uuid(row.get("tenant id", "")) for line, row in cells.items()}
    asked = visible_customers(by).filter(tenant_id__in=[one for one in ids.values() if one])
    known = {row.tenant_id: row for row in asked.select_related("owner", "calendar")}
    found, problems = [], []
    for line, row in cells.items():
        tenant_id = ids[line]
        customer = known.get(tenant_id) if tenant_id else None
        try:
            if customer is None:
                raise ValueError(_("no customer has this tenant ID. Correct or remove the line."))
            found.append((customer, _facts(row, people=people, calendars=calendars)))
        except ValueError as problem:
            problems.append(_("Line %(line)d: %(problem)s") % {"line": line, "problem": problem})
    if problems:
        raise FactsRefused(problems)
    return found


def _facts(row: Mapping[str, str], *, people: Mapping[str, User], calendars: Mapping[str, Calendar]) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, cell in ((name, cell.strip()) for name, cell in row.items()):
        if name == "tier":
            facts["tier"] = _one_of({"": "", **{value.lower(): value for value in Tier.values}}, cell)
        elif name == "seats":
            facts["seats"] = _seats(cell)
        elif name == "vip":
            facts["is_vip"] = _one_of({**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}, cell)
        elif name == "owner":
            facts["owner"] = _one_of({"": None, **people}, cell)
        elif name == "calendar":
            facts["calendar"] = _one_of({"": None, **calendars}, cell)
        elif name == "contract ends on":
            facts["contract_ends_on"] = _day(cell)
    return facts


def _one_of(known: Mapping[str, Any], cell: str) -> Any:
    if cell.lower() not in known:
        choices = ", ".join(sorted(word for word in known if word)[:8])
        raise ValueError(_("“%(cell)s” is not known. Write one of: %(choices)s.") % {"cell": cell, "choices": choices})
    return known[cell.lower()]


def _seats(cell: str) -> int | None:
    if cell and not (cell.isdecimal() and int(cell) <= 10_000_000):
        raise ValueError(_("“%(cell)s” is no number of seats. Write digits only.") % {"cell": cell})
    return int(cell) if cell else None


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell) if cell else None
    except ValueError:
        raise ValueError(_("“%(cell)s” is no day. Write it as 2027-12-31.") % {"cell": cell}) from None


def _store(found: list[tuple[Customer, dict[str, Any]]], *, by: User) -> int:
    return sum(keep_facts(customer, facts=facts, by=by) for customer, facts in found)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text.strip())
    except ValueError:
        return None

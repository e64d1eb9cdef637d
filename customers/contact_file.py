"""Reads and stores a file of contacts: every line is right and taken over, or every wrong line is named."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import visible_customers
from customers.contacts import keep_wishes
from customers.models import Contact, Customer
from customers.phones import plain_phone

MOST_LINES = 20_000
LONGEST_PHONE = 40
HEADERS: Mapping[str, frozenset[str]] = {
    "customer": frozenset({"customer", "tenantid", "tenant", "domain", "客戶", "租用戶識別碼", "網域"}),
    "name": frozenset({"name", "contact", "contactname", "fullname", "名稱", "姓名"}),
    "address": frozenset({"mail", "email", "mailaddress", "emailaddress", "address", "郵件地址", "電子郵件"}),
    "phone": frozenset({"phone", "phonenumber", "telephone", "tel", "mobile", "電話", "電話號碼"}),
    "language": frozenset({"language", "lang", "語言"}),
    "zone": frozenset({"zone", "timezone", "時區"}),
    "wants": frozenset({"wants", "topics", "notices", "wantstobetoldof", "通知"}),
}
LANGUAGES = {"": "en", "en": "en", "english": "en", "zh-hant": "zh-hant", "zh": "zh-hant", "zh-tw": "zh-hant"}
_LIST = re.compile(r"[;,|、，\s]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    number: int
    customer: str
    name: str
    address: str
    # None where the file has no such column: what is known stays.
    phone: str | None
    language: str
    zone: str
    wants: tuple[str, ...]


class LinesRefused(ValueError):
    """Nothing was stored; `problems` name the lines and what to do."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


def read_lines(text: str) -> list[Line]:
    """The contacts of a CSV text with a header line; comma, semicolon or tab between the cells; or LinesRefused."""
    text = text.removeprefix("\ufeff").replace("\x00", "")
    first = text.partition("\n")[0]
    rows = csv.reader(text.splitlines(), delimiter=max(",;\t", key=first.count))
    try:
        columns = _columns(next(rows, []))
        cells = [(rows.line_num, row) for row in rows if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise LinesRefused([_("This is no CSV file. Save the sheet as CSV and choose that file.")]) from error
    if missing := [name for name in ("customer", "name", "address") if name not in columns]:
        words = _("Line 1 must name the columns; missing: %(columns)s. Write for instance: customer,name,mail")
        raise LinesRefused([words % {"columns": ", ".join(missing)}])
    if len(cells) > MOST_LINES:
        raise LinesRefused([_("A file may have %(most)d lines. Make several of it.") % {"most": MOST_LINES}])
    lines = [_line(number, row, columns=columns) for number, row in cells]
    problems = [problem for line in lines if (problem := _problem_of(line))]
    if problems or not lines:
        raise LinesRefused(problems or [_("The file has no contacts below its header line.")])
    return lines


@transaction.atomic
def store_lines(lines: Iterable[Line], *, by: User) -> tuple[int, int]:
    """Add contacts, or change those whose address is known; returns how many of each, or LinesRefused."""
    lines = list(lines)
    found = dict(_customers_named({line.customer for line in lines}, user=by))
    if strays := [line for line in lines if line.customer not in found]:
        words = _("Line %(line)d: no customer of yours has the tenant ID or domain “%(name)s”.")
        raise LinesRefused([words % {"line": line.number, "name": line.customer} for line in strays[:20]])
    wanted = {(found[line.customer].pk, line.address): line for line in lines}
    customers = {customer.pk: customer for customer in found.values()}
    known = Contact.objects.kept().filter(customer__in=customers).select_for_update().order_by("pk")
    changed = [row for row in known if (row.customer_id, row.address) in wanted]
    for row in changed:
        _take_over(row, wanted.pop((row.customer_id, row.address)))
    new = [_take_over(Contact(customer=customers[key], address=at), line) for (key, at), line in wanted.items()]
    keep_wishes(new)
    Contact.objects.bulk_update(changed, ["name", "phone", "language", "zone", "wants"], batch_size=500)
    Contact.objects.bulk_create(new, batch_size=500)
    record(Action.CONTACTS_IMPORTED, by=by, after={"added": len(new), "changed": len(changed)})
    return len(new), len(changed)


def _columns(header: Sequence[str]) -> dict[str, int]:
    plain = [re.sub(r"[\s_\-()]+", "", cell).lower() for cell in header]
    return {name: plain.index(word) for name, words in HEADERS.items() for word in plain if word in words}


def _line(number: int, row: Sequence[str], *, columns: Mapping[str, int]) -> Line:
    cells = {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
    return Line(
        number=number,
        customer=cells["customer"].lower(),
        name=" ".join(cells["name"].split()),
        address=cells["address"].lower(),
        phone=cells.get("phone"),
        language=cells.get("language", "").lower(),
        zone=cells.get("zone", ""),
        # Who names no topic wants what most want.
        wants=tuple(word.upper() for word in _LIST.split(cells.get("wants", "")) if word) or ("INCIDENTS",),
    )


def _problem_of(line: Line) -> str:
    """Why this line may not be stored, or nothing."""
    told = {"line": line.number}
    if not line.name or len(line.name) > 120:
        return _("Line %(line)d: write a name of up to 120 characters.") % told
    try:
        validate_email(line.address)
    except ValidationError:
        return _("Line %(line)d: “%(cell)s” is no mail address.") % {**told, "cell": line.address}
    return _problem_of_wishes(line, told=told)


def _problem_of_wishes(line: Line, *, told: Mapping[str, object]) -> str:
    """Of the columns that a file may lack."""
    if not _is_phone(line.phone or ""):
        words = _("Line %(line)d: “%(cell)s” is no phone number. Write for instance +886 2 2345 6789.")
        return words % {**told, "cell": line.phone}
    if line.zone and line.zone not in available_timezones():
        words = _("Line %(line)d: “%(cell)s” is no time zone. Write for instance Asia/Taipei.")
        return words % {**told, "cell": line.zone}
    if line.language not in LANGUAGES:
        return _("Line %(line)d: “%(cell)s” is no language. Write en or zh-hant.") % {**told, "cell": line.language}
    strange = [topic for topic in line.wants if topic not in Contact.Topic.values]
    if strange:
        words = _("Line %(line)d: “%(cell)s” is no topic. Write incidents, maintenance or changes.")
        return words % {**told, "cell": strange[0].lower()}
    return ""


def _is_phone(text: str) -> bool:
    try:
        return len(plain_phone(text)) <= LONGEST_PHONE
    except ValueError:
        return False


def _take_over(contact: Contact, line: Line) -> Contact:
    contact.name, contact.language, contact.zone = line.name, LANGUAGES[line.language], line.zone
    contact.wants = list(dict.fromkeys(line.wants))
    if line.phone is not None:
        contact.phone = plain_phone(line.phone)
    return contact


def _customers_named(words: set[str], *, user: User) -> Iterator[tuple[str, Customer]]:
    """Each word with the one visible customer whose tenant ID or domain it is."""
    ids = [tenant_id for word in words if (tenant_id := _uuid(word))]
    named = Q(tenant_id__in=ids) | Q(domain__in=words) | Q(initial_domain__in=words)
    for customer in visible_customers(user).current().filter(named):
        yield from ((name, customer) for name in (str(customer.tenant_id), customer.domain, customer.initial_domain))


def _uuid(word: str) -> UUID | None:
    try:
        return UUID(word)
    except ValueError:
        return None

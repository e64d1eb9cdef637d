"""Reads a file of customers: every line is right, or every wrong line is named with what to do."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from customers.models import CloudChoice
from customers.sources import Listed

HEADERS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name", "customer", "customername", "displayname", "companyname", "company", "名稱", "客戶"}),
    "tenant_id": frozenset(
        {"tenantid", "tenant", "customerid", "customertenantid", "directoryid", "microsoftid", "id", "租用戶識別碼"}
    ),
    "domain": frozenset(
        {"domain", "defaultdomain", "domainname", "primarydomain", "primarydomainname", "defaultdomainname", "網域"}
    ),
    "cloud": frozenset({"cloud", "environment", "cloudname", "雲端"}),
}
CLOUDS: Mapping[str, CloudChoice] = {
    **{choice.value: choice for choice in CloudChoice},
    "worldwide": CloudChoice.GLOBAL,
    "commercial": CloudChoice.GLOBAL,
    "public": CloudChoice.GLOBAL,
    "gcchigh": CloudChoice.US_GOV,
    "l4": CloudChoice.US_GOV,
    "usgov": CloudChoice.US_GOV,
    "dod": CloudChoice.US_GOV_DOD,
    "l5": CloudChoice.US_GOV_DOD,
    "usgovdod": CloudChoice.US_GOV_DOD,
    "21vianet": CloudChoice.CHINA,
}
DOMAIN = re.compile(r"[^\s@/:]+\.[^\s@/:.]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class FileCustomer:
    line: int
    listed: Listed
    cloud: CloudChoice


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomerFile:
    """What the file says; where `problems` has a sentence, nothing of it may be used."""

    customers: tuple[FileCustomer, ...]
    problems: tuple[str, ...]


class _LineProblem(ValueError):
    """One line can't be used; the sentence says why and what to do."""


def read_customer_file(text: str, *, default_cloud: CloudChoice) -> CustomerFile:
    """The customers of a CSV text with a header line; comma, semicolon or tab between the cells."""
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    columns = _columns(next(rows, []))
    missing = [name for name in ("name", "tenant_id") if name not in columns]
    if missing:
        problem = _(
            "Line 1 must name the columns; missing: %(columns)s. Write for instance: name,tenant id,domain,cloud"
        )
        return CustomerFile(customers=(), problems=(problem % {"columns": ", ".join(missing).replace("_", " ")},))
    customers: list[FileCustomer] = []
    problems: list[str] = []
    seen: dict[UUID, int] = {}
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        try:
            customers.append(
                _customer(row, line=rows.line_num, columns=columns, default_cloud=default_cloud, seen=seen)
            )
        except _LineProblem as problem:
            problems.append(str(problem))
    if not customers and not problems:
        problems.append(_("The file has no customers below its header line. Add a line for each customer."))
    return CustomerFile(customers=tuple(customers), problems=tuple(problems))


def _columns(header: Sequence[str]) -> dict[str, int]:
    """Which cell of a row holds what, by the header's words; spaces, dashes and case do not matter."""
    plain = [re.sub(r"[\s_\-()]+", "", cell).lower() for cell in header]
    return {name: plain.index(word) for name, words in HEADERS.items() for word in plain if word in words}


def _customer(
    row: Sequence[str], *, line: int, columns: Mapping[str, int], default_cloud: CloudChoice, seen: dict[UUID, int]
) -> FileCustomer:
    cells = {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
    tenant_id = _tenant_id(cells["tenant_id"], line=line)
    if tenant_id in seen:
        text = _("Line %(line)d: the tenant ID %(id)s stands in line %(other)d already. Keep one of the two.")
        raise _LineProblem(text % {"line": line, "id": tenant_id, "other": seen[tenant_id]})
    seen[tenant_id] = line
    if not cells["name"]:
        raise _LineProblem(_("Line %(line)d: the name is missing. Write the customer's name.") % {"line": line})
    if len(cells["name"]) > 200:
        raise _LineProblem(_("Line %(line)d: the name is longer than 200 characters. Shorten it.") % {"line": line})
    listed = Listed(tenant_id=tenant_id, name=cells["name"], domain=_domain(cells.get("domain", ""), line=line))
    return FileCustomer(
        line=line, listed=listed, cloud=_cloud(cells.get("cloud", ""), line=line, default=default_cloud)
    )


def _tenant_id(cell: str, *, line: int) -> UUID:
    try:
        return UUID(cell)
    except ValueError as error:
        text = _(
            "Line %(line)d: %(cell)r is no tenant ID. Write 32 hexadecimal digits with dashes, as the Entra "
            "admin center shows them."
        )
        raise _LineProblem(text % {"line": line, "cell": cell}) from error


def _domain(cell: str, *, line: int) -> str:
    if cell and (not DOMAIN.fullmatch(cell) or len(cell) > 255):
        text = _("Line %(line)d: %(cell)r is no domain. Write for instance contoso.com, or leave it empty.")
        raise _LineProblem(text % {"line": line, "cell": cell})
    return cell.lower()


def _cloud(cell: str, *, line: int, default: CloudChoice) -> CloudChoice:
    if not cell:
        return default
    plain = cell.lower()
    found = CLOUDS.get(plain) or CLOUDS.get(re.sub(r"[\s_\-()]+", "", plain))
    if found is None:
        text = _("Line %(line)d: %(cell)r is no cloud. Write one of: %(clouds)s.")
        raise _LineProblem(text % {"line": line, "cell": cell, "clouds": ", ".join(CloudChoice.values)})
    return found

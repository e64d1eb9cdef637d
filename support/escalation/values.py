"""What is said to Microsoft in a request to Azure Support, and what is missing in it."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.microsoft.azure_support_writes import Contact, NewTicket
from support.models import Escalation, Kind, Severity

LONGEST_TITLE = 200
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
SERVICE = re.compile(r"/providers/Microsoft\.Support/services/[A-Za-z0-9-]{1,100}")
PROBLEM = re.compile(SERVICE.pattern + r"/problemClassifications/[A-Za-z0-9-]{1,100}")
RESOURCE = re.compile(r"/subscriptions/[0-9a-fA-F-]{36}/[A-Za-z0-9()._/-]{1,800}")
# Microsoft's wording of its severities, as its forms have it.
SEVERITY_WORDS = {
    Severity.A: "A - Critical: significant loss or degradation of services, immediate attention required",
    Severity.B: "B - Moderate: moderate loss or degradation of services, work can reasonably continue impaired",
    Severity.C: "C - Minimal: functioning with minor impediments of services",
}
# How each part is called, where it is missing.
PARTS: dict[str, Promise] = {
    "title": _("Title"),
    "symptom": _("What happens, with the exact error text"),
    "impact": _("Impact on the business"),
    "began_at": _("Since when (UTC)"),
    "reproduction": _("How to reproduce it"),
    "tried": _("What was tried"),
    "subscription_id": _("Subscription"),
    "resource_id": _("Resource"),
    "service_id": _("Service"),
    "problem_id": _("Problem"),
    "first_name": _("First name of our contact"),
    "last_name": _("Last name of our contact"),
    "address": _("Mail address of our contact"),
    "time_zone": _("Time zone of our contact"),
    "country": _("Country of our contact (three letters)"),
    "language": _("Language of our contact"),
}
_SHAPES = {
    "subscription_id": GUID,
    "service_id": SERVICE,
    "problem_id": PROBLEM,
    "resource_id": RESOURCE,
    "country": re.compile(r"[A-Z]{3}"),
    "address": re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"),
    "began_at": re.compile(
        r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[ T]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?( ?(Z|UTC))?"
    ),
}
# Only Azure Support has fields for these; other forms of Microsoft's ask for them in their own way.
_OF_AZURE = {"subscription_id", "resource_id", "service_id", "problem_id", "time_zone", "country", "language"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Filing:
    """The form of a request to Azure Support; the contact is one of ours, never the customer's."""

    title: str = ""
    symptom: str = ""
    impact: str = ""
    began_at: str = ""
    reproduction: str = ""
    tried: str = ""
    subscription_id: str = ""
    resource_id: str = ""
    service_id: str = ""
    problem_id: str = ""
    first_name: str = ""
    last_name: str = ""
    address: str = ""
    phone: str = ""
    time_zone: str = "UTC"
    country: str = ""
    language: str = "en-us"
    may_diagnose: bool = False

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(**{one.name: raw[one.name] for one in fields(cls) if one.name in raw})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def missing(self, *, kind: str, way: str) -> list[str]:
        """The parts without which it is not filed, or that are not what Microsoft takes there."""
        needed = [name for name in PARTS if name != "resource_id" or kind == Kind.TECHNICAL]
        if way != Escalation.Way.AZURE_API:
            needed = [name for name in needed if name not in _OF_AZURE]
        values = self.as_json()
        return [name for name in needed if not _fits(name, str(values[name]))]


def _fits(name: str, value: str) -> bool:
    shape = _SHAPES.get(name)
    return bool(value.strip()) and (shape is None or shape.fullmatch(value) is not None)


def name_of(row: Escalation) -> str:
    """The request's name in Azure; ours to choose, and the same for every try."""
    return f"csp-{row.marker.lower()}"


def new_ticket_of(row: Escalation) -> NewTicket:
    """The row as Azure Support takes it, with the marker by which it is found again."""
    form = Filing.from_json(row.form)
    return NewTicket(
        name=name_of(row),
        subscription_id=form.subscription_id,
        title=f"{form.title[:LONGEST_TITLE]} [ref: {row.marker}]",
        description=description_of(form),
        service_id=form.service_id,
        problem_id=form.problem_id,
        severity=row.severity,
        contact=Contact(
            first_name=form.first_name,
            last_name=form.last_name,
            address=form.address,
            phone=form.phone,
            time_zone=form.time_zone,
            country=form.country,
            language=form.language,
        ),
        resource_id=form.resource_id if row.kind == Kind.TECHNICAL else "",
        may_diagnose=form.may_diagnose,
    )


def description_of(form: Filing) -> str:
    """In English, which every team at Microsoft reads."""
    parts = (
        ("Symptom", form.symptom),
        ("Business impact", form.impact),
        ("Began at (UTC)", form.began_at),
        ("Steps to reproduce", form.reproduction),
        ("Tried so far", form.tried),
    )
    return "\n\n".join(f"{title}:\n{text.strip()}" for title, text in parts)

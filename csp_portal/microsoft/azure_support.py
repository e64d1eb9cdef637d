"""Azure Support in Azure Resource Manager, Microsoft's one API for requests: what is read (reference 3.4).

Everything is asked with a token of the customer's tenant; api-version 2024-04-01.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.fields import moment, part, required_text, text
from csp_portal.microsoft.http import Http

API_VERSION = "2024-04-01"
_LISTS_VERSION = {"subscriptions": "2022-12-01", "resources": "2021-04-01"}
SUPPORT = "providers/Microsoft.Support"
LARGEST_PAGE = "100"

Thing = TypeVar("Thing")


@dataclass(frozen=True, kw_only=True, slots=True)
class Counter:
    """Where Azure Support is asked: a cloud, and a token of one customer's tenant."""

    http: Http
    cloud: Cloud
    token: str

    def url(self, path: str) -> str:
        return f"{self.cloud.arm_url}/{path.lstrip('/')}"

    def read(self, path: str) -> Mapping[str, Any]:
        found = self.http.get_json(
            self.url(path), cloud=self.cloud, token=self.token, params={"api-version": API_VERSION}
        )
        return found if isinstance(found, dict) else {}

    def each(
        self, path: str, make: Callable[[Mapping[str, Any]], Thing], *, version: str = API_VERSION, **options: str
    ) -> Iterator[Thing]:
        params = {"api-version": version, **{f"${name}": value for name, value in options.items()}}
        pages = self.http.pages(self.url(path), cloud=self.cloud, token=self.token, params=params, style="arm")
        return (make(item) for page in pages for item in page)


@dataclass(frozen=True, kw_only=True, slots=True)
class Named:
    """A thing with Microsoft's key and the name that people know: a subscription, resource, service or problem."""

    id: str
    name: str
    kind: str = ""

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        properties = part(raw, "properties")
        name = text(properties, "displayName") or text(raw, "displayName") or text(raw, "name")
        return cls(id=required_text(raw, "id", of="thing of Azure"), name=name, kind=text(raw, "type"))


@dataclass(frozen=True, kw_only=True, slots=True)
class SupportTicket:
    """A request at Microsoft; `id` is its address in Azure, `number` what people name to each other."""

    id: str
    number: str
    title: str
    severity: str
    status: str
    plan: str
    created_at: datetime | None
    modified_at: datetime | None
    answer_due_at: datetime | None
    answer_minutes: int | None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        said, of = part(raw, "properties"), "support ticket"
        promise = part(said, "serviceLevelAgreement")
        minutes = promise.get("slaMinutes")
        return cls(
            id=required_text(raw, "id", of=of),
            number=text(said, "supportTicketId"),
            title=text(said, "title"),
            severity=text(said, "severity"),
            status=text(said, "status"),
            plan=text(said, "supportPlanType"),
            created_at=moment(said, "createdDate", of=of),
            modified_at=moment(said, "modifiedDate", of=of),
            answer_due_at=moment(promise, "expirationTime", of=of),
            answer_minutes=minutes if isinstance(minutes, int) else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Communication:
    """A message of a request; `is_inbound` ones were sent to Microsoft, the others by them."""

    id: str
    subject: str
    body: str
    sender: str
    is_inbound: bool
    at: datetime | None

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        said = part(raw, "properties")
        return cls(
            id=required_text(raw, "id", of="communication"),
            subject=text(said, "subject"),
            body=text(said, "body"),
            sender=text(said, "sender"),
            is_inbound=text(said, "communicationDirection").casefold() == "inbound",
            at=moment(said, "createdDate", of="communication"),
        )


def list_subscriptions(counter: Counter) -> list[Named]:
    """The customer's Azure subscriptions that we are let into; `id` is /subscriptions/<guid>."""
    return list(counter.each("subscriptions", Named.from_json, version=_LISTS_VERSION["subscriptions"]))


def list_resources(counter: Counter, *, subscription_id: str) -> list[Named]:
    path = f"subscriptions/{subscription_id}/resources"
    return list(counter.each(path, Named.from_json, version=_LISTS_VERSION["resources"]))


def list_services(counter: Counter) -> list[Named]:
    """Microsoft's own list; it says not to keep one of ours."""
    return list(counter.each(f"{SUPPORT}/services", Named.from_json))


def list_problems(counter: Counter, *, service_id: str) -> list[Named]:
    """The problem classifications of a service, whose `id` is its address."""
    return list(counter.each(f"{service_id}/problemClassifications", Named.from_json))


def read_ticket(counter: Counter, *, ticket_id: str) -> SupportTicket:
    return SupportTicket.from_json(counter.read(ticket_id))


def list_tickets(counter: Counter, *, subscription_id: str, since: datetime) -> Iterator[SupportTicket]:
    """Every request of the subscription made since then, in Microsoft's order."""
    told = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = f"subscriptions/{subscription_id}/{SUPPORT}/supportTickets"
    return counter.each(path, SupportTicket.from_json, filter=f"CreatedDate ge {told}", top=LARGEST_PAGE)


def list_communications(counter: Counter, *, ticket_id: str) -> list[Communication]:
    return list(counter.each(f"{ticket_id}/communications", Communication.from_json))


def operation_status(counter: Counter, *, url: str) -> str:
    """What became of what Microsoft took with 202: InProgress, Succeeded, Failed or Canceled."""
    found = counter.http.get_json(url, cloud=counter.cloud, token=counter.token)
    return text(found, "status") if isinstance(found, dict) else ""

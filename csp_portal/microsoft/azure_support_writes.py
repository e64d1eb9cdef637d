"""What we ask Azure Support to do: one function a call, each asks for leave before it writes (reference 3.4).

Errors are those of gdap_writes.py: after Unavailable nobody knows whether it was made.
"""

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson

from csp_portal.microsoft.azure_support import API_VERSION, SUPPORT, Communication, Counter, SupportTicket
from csp_portal.microsoft.errors import Unavailable, UnexpectedAnswer
from csp_portal.microsoft.http import Answer, WriteMethod

# How long a call may take from the first byte; the lease of whoever makes it has to be longer.
CALL_SECONDS = 30.0
LARGEST_CHUNK = 2_500_000  # bytes; at most two of them
DEFAULT_WAIT = 10.0
# Our severities in Microsoft's words; "highestcriticalimpact" is only for Premier and chosen by Microsoft's people.
SEVERITIES = {"A": "critical", "B": "moderate", "C": "minimal"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Contact:
    """Who of the partner's people Microsoft answers; `country` is ISO 3166 alpha-3."""

    first_name: str
    last_name: str
    address: str
    phone: str
    time_zone: str
    country: str
    language: str

    def as_json(self) -> dict[str, Any]:
        phone = {"phoneNumber": self.phone} if self.phone else {}
        return {
            "firstName": self.first_name,
            "lastName": self.last_name,
            "preferredContactMethod": "email",
            "primaryEmailAddress": self.address,
            "preferredTimeZone": self.time_zone,
            "country": self.country,
            "preferredSupportLanguage": self.language,
            **phone,
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class NewTicket:
    """`name` is ours and unique in the subscription; ids are addresses in Azure, `resource_id` only of technical ones.

    `severity` is one of ours (A, B, C).
    """

    name: str
    subscription_id: str
    title: str
    description: str
    service_id: str
    problem_id: str
    severity: str
    contact: Contact
    resource_id: str = ""
    may_diagnose: bool = False

    @property
    def path(self) -> str:
        return f"subscriptions/{self.subscription_id}/{SUPPORT}/supportTickets/{self.name}"

    def as_json(self) -> dict[str, Any]:
        technical = {"technicalTicketDetails": {"resourceId": self.resource_id}} if self.resource_id else {}
        return {
            "properties": {
                "title": self.title,
                "description": self.description,
                "serviceId": self.service_id,
                "problemClassificationId": self.problem_id,
                "severity": SEVERITIES[self.severity],
                "advancedDiagnosticConsent": "Yes" if self.may_diagnose else "No",
                "contactDetails": self.contact.as_json(),
                **technical,
            }
        }


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What Microsoft answered to a new request: the request itself, or where to ask what became of it."""

    correlation_id: str
    ticket: SupportTicket | None = None
    operation_url: str = ""
    retry_after: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pen:
    """A counter where something may be changed: `may_write` is customers.writes' leave."""

    counter: Counter
    may_write: Callable[[], None]
    deadline: float = CALL_SECONDS

    def send(self, method: WriteMethod, path: str, *, json: dict[str, Any]) -> Answer:
        return self.counter.http.write(
            method,
            f"{self.counter.url(path)}?api-version={API_VERSION}",
            cloud=self.counter.cloud,
            token=self.counter.token,
            may_write=self.may_write,
            json=json,
            deadline=self.deadline,
        )


def create_ticket(pen: Pen, *, new: NewTicket) -> Taken:
    """PUT; Microsoft answers 200 with the request, or 202 and an operation."""
    answer = pen.send("PUT", new.path, json=new.as_json())
    if answer.status == 202:
        told = answer.headers.get("Retry-After", "")
        return Taken(
            correlation_id=answer.correlation_id,
            operation_url=answer.headers.get("Azure-AsyncOperation", ""),
            retry_after=float(told) if told.isdigit() else DEFAULT_WAIT,
        )
    return Taken(correlation_id=answer.correlation_id, ticket=_ticket(answer))


def change_ticket(pen: Pen, *, ticket_id: str, severity: str = "", status: str = "") -> SupportTicket:
    """PATCH: another severity of ours, or the status "open" or "closed"."""
    said = {"severity": SEVERITIES.get(severity, ""), "status": status}
    return _ticket(pen.send("PATCH", ticket_id, json={name: value for name, value in said.items() if value}))


def send_communication(
    pen: Pen, *, ticket_id: str, name: str, subject: str, body: str, sender: str
) -> Communication | None:
    """PUT of a message to Microsoft; `name` is ours and unique in the request. None where Microsoft only took it."""
    said = {"properties": {"subject": subject, "body": body, "sender": sender}}
    answer = pen.send("PUT", f"{ticket_id}/communications/{name}", json=said)
    return None if answer.status == 202 else Communication.from_json(_document(answer))


def _ticket(answer: Answer) -> SupportTicket:
    try:
        return SupportTicket.from_json(_document(answer))
    except UnexpectedAnswer as error:
        raise Unavailable(error.detail, correlation_id=answer.correlation_id) from error


def _document(answer: Answer) -> dict[str, Any]:
    """What a good answer holds; one that can't be read leaves as open as none what was made."""
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError as error:
        detail = f"Azure answered {answer.status} to a change, and the answer can't be read: {error.msg}"
        raise Unavailable(detail, correlation_id=answer.correlation_id) from error
    return document if isinstance(document, dict) else {}


def upload_file(pen: Pen, *, workspace: str, name: str, content: bytes) -> None:
    """Announce a file of at most 5 MB and send it in chunks; the same name and content again change nothing."""
    place = f"{workspace}/files/{name}"
    chunks = [content[start : start + LARGEST_CHUNK] for start in range(0, len(content), LARGEST_CHUNK)] or [b""]
    told = {"fileSize": len(content), "chunkSize": min(len(content), LARGEST_CHUNK), "numberOfChunks": len(chunks)}
    pen.send("PUT", place, json={"properties": told})
    for index, chunk in enumerate(chunks):
        said = {"chunkIndex": index, "content": b64encode(chunk).decode()}
        pen.send("POST", f"{place}/upload", json=said)

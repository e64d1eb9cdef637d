"""Partner Center's service requests of a customer: listed, read and annotated (reference 3.3).

Only a person's token (App+User) is let in. New ones can't be made: Microsoft switched that off in 2020.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.fields import moment, parts, required_text, text
from csp_portal.microsoft.http import Http

# The sample of the list shows numbers where that of one request shows words.
_STATUSES = ("none", "open", "closed", "attention_needed")
_SEVERITIES = ("unknown", "critical", "moderate", "minimal")


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestNote:
    """Microsoft gives notes no key: moment and words are what tells them apart."""

    who: str
    at: datetime | None
    text: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            who=text(raw, "createdByName"), at=moment(raw, "createdDate", of="note"), text=text(raw, "text").strip()
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceRequest:
    """`status` and `severity` in Microsoft's words; one that nobody has heard of stays as it came."""

    id: str
    title: str
    description: str
    status: str
    severity: str
    product: str
    contact: str
    created_at: datetime | None
    changed_at: datetime | None
    notes: tuple[RequestNote, ...]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        of, person = "service request", raw.get("primaryContact")
        who = person if isinstance(person, dict) else {}
        return cls(
            id=required_text(raw, "id", of=of),
            title=text(raw, "title"),
            description=text(raw, "description"),
            status=_word(raw.get("status"), _STATUSES),
            severity=_word(raw.get("severity"), _SEVERITIES),
            product=text(raw, "productName") or text(raw, "supportTopicName"),
            contact=f"{text(who, 'firstName')} {text(who, 'lastName')}".strip(),
            created_at=moment(raw, "createdDate", of=of),
            changed_at=moment(raw, "lastModifiedDate", of=of),
            notes=tuple(map(RequestNote.from_json, parts(raw, "notes"))),
        )


def _word(value: Any, words: tuple[str, ...]) -> str:
    """A number is a place in Microsoft's list of words; True is none, though Python counts it as 1."""
    if isinstance(value, int) and not isinstance(value, bool):
        return words[value] if 0 <= value < len(words) else str(value)
    return str(value or "").replace("\x00", "")[:40]


def _address(cloud: Cloud, request_id: str) -> str:
    """An id is a part of the address and never a way to another one."""
    return f"{cloud.partner_center_url}/v1/servicerequests/{quote(request_id, safe='')}"


def list_service_requests(http: Http, *, cloud: Cloud, token: str, tenant_id: str) -> list[ServiceRequest]:
    """Every request of the customer; the list leaves notes out (get-all-service-requests-for-a-customer.md)."""
    url = f"{cloud.partner_center_url}/v1/customers/{tenant_id}/servicerequests"
    pages = http.pages(url, cloud=cloud, token=token, params={}, style="partner-center")
    return [ServiceRequest.from_json(raw) for page in pages for raw in page]


def read_service_request(http: Http, *, cloud: Cloud, token: str, request_id: str) -> ServiceRequest:
    """One with its notes (get-service-request-by-id.md)."""
    url = _address(cloud, request_id)
    document = http.get_json(url, cloud=cloud, token=token)
    return ServiceRequest.from_json(document if isinstance(document, dict) else {})


def add_note(http: Http, *, cloud: Cloud, token: str, request_id: str, note: str, may_write: Callable[[], None]) -> str:
    """PATCH with a NewNote (update-a-service-request.md); the correlation id. After Unavailable nobody knows."""
    url = _address(cloud, request_id)
    body = {"Id": request_id, "NewNote": {"Text": note}}
    return http.write("PATCH", url, cloud=cloud, token=token, may_write=may_write, json=body).correlation_id

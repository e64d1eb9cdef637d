"""The posts of the message center as one tenant sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.fields import moment, part, required_text, text
from csp_portal.microsoft.http import Http

_OF = "message"


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceMessage:
    """Enumerated values are raw; `content` is Microsoft's HTML as sent."""

    id: str
    title: str
    category: str
    severity: str
    services: tuple[str, ...]
    tags: tuple[str, ...]
    is_major: bool
    act_by: datetime | None
    starts_at: datetime | None
    ends_at: datetime | None
    modified_at: datetime | None
    content_type: str
    content: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        body = part(raw, "body")
        return cls(
            id=required_text(raw, "id", of=_OF),
            title=text(raw, "title"),
            category=text(raw, "category"),
            severity=text(raw, "severity"),
            services=_texts(raw, "services"),
            tags=_texts(raw, "tags"),
            is_major=raw.get("isMajorChange") is True,
            act_by=moment(raw, "actionRequiredByDateTime", of=_OF),
            starts_at=moment(raw, "startDateTime", of=_OF),
            ends_at=moment(raw, "endDateTime", of=_OF),
            modified_at=moment(raw, "lastModifiedDateTime", of=_OF),
            content_type=text(body, "contentType"),
            content=text(body, "content"),
        )


def read_messages(http: Http, *, cloud: Cloud, token: str) -> tuple[ServiceMessage, ...]:
    """Every post that the token's tenant sees now.

    Which properties can be filtered is not documented, and what has left the list only a whole one shows; a page may
    hold 1,000 (DC api/serviceannouncement-list-messages.md), so that one request is the rule.
    """
    url = f"{cloud.graph_url}/v1.0/admin/serviceAnnouncement/messages"
    pages = http.pages(url, cloud=cloud, token=token, headers={"Prefer": "odata.maxpagesize=1000"})
    return tuple(ServiceMessage.from_json(raw) for page in pages for raw in page)


def _texts(raw: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = raw.get(name)
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UnexpectedAnswer(f"Microsoft sent {name} of a message as something else than a list of texts.")
    return tuple(value.replace("\x00", "") for value in values)

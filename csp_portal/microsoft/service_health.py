"""The shapes of Graph's service health, and a fingerprint that tells an unchanged answer without building them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

import orjson
import xxhash

from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.fields import moment, part, parts, required_text, text

_ISSUE_FIELDS = (
    "id",
    "title",
    "service",
    "status",
    "classification",
    "origin",
    "feature",
    "featureGroup",
    "impactDescription",
    "startDateTime",
    "endDateTime",
    "lastModifiedDateTime",
    "isResolved",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class IssuePost:
    """One update of an issue; `content` is Microsoft's HTML as sent, not yet sanitized."""

    created_at: datetime | None
    kind: str
    content_type: str
    content: str

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        description = part(raw, "description")
        return cls(
            created_at=moment(raw, "createdDateTime", of="post"),
            kind=text(raw, "postType"),
            content_type=text(description, "contentType"),
            content=text(description, "content"),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceIssue:
    """An incident or advisory as one tenant sees it; enumerated values are raw, in whatever spelling came."""

    id: str
    title: str
    service: str
    status: str
    classification: str
    origin: str
    feature: str
    feature_group: str
    impact: str
    started_at: datetime | None
    ended_at: datetime | None
    last_modified_at: datetime | None
    is_resolved: bool
    posts: tuple[IssuePost, ...]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            id=required_text(raw, "id", of="service health issue"),
            title=text(raw, "title"),
            service=required_text(raw, "service", of="service health issue"),
            status=required_text(raw, "status", of="service health issue"),
            classification=text(raw, "classification"),
            origin=text(raw, "origin"),
            feature=text(raw, "feature"),
            feature_group=text(raw, "featureGroup"),
            impact=text(raw, "impactDescription"),
            started_at=moment(raw, "startDateTime", of="service health issue"),
            ended_at=moment(raw, "endDateTime", of="service health issue"),
            last_modified_at=moment(raw, "lastModifiedDateTime", of="service health issue"),
            is_resolved=raw.get("isResolved") is True,
            posts=tuple(IssuePost.from_json(post) for post in parts(raw, "posts")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceHealth:
    """A service the tenant subscribes to, with its issues; `status` is raw."""

    id: str
    service: str
    status: str
    issues: tuple[ServiceIssue, ...]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            id=required_text(raw, "id", of="service"),
            service=required_text(raw, "service", of="service"),
            status=required_text(raw, "status", of="service"),
            issues=tuple(ServiceIssue.from_json(issue) for issue in parts(raw, "issues")),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthAnswer:
    """Everything Graph said about one tenant's health, still as JSON until someone asks for the values."""

    raw_services: tuple[Mapping[str, Any], ...] = field(repr=False)

    def services(self) -> tuple[ServiceHealth, ...]:
        """The values; a missing id, service or status is an UnexpectedAnswer that names it."""
        return tuple(ServiceHealth.from_json(raw) for raw in self.raw_services)

    def fingerprint(self) -> bytes:
        """16 bytes that stay the same while nothing we use changes, whatever the order of services, issues and keys.

        An unchanged tenant must cost little more than parsing (budgets 1 and 6): no dataclass, no date, one dump.
        """
        try:
            services = [
                (raw.get("id"), raw.get("service"), raw.get("status"), _canonical_issues(raw.get("issues") or ()))
                for raw in self.raw_services
            ]
        except (AttributeError, TypeError) as error:
            raise UnexpectedAnswer("Microsoft sent service health in another shape than the documented one.") from error
        services.sort(key=_sort_key)
        return xxhash.xxh3_128_digest(orjson.dumps(services))


def _canonical_issues(issues: Any) -> list[tuple[Any, ...]]:
    rows = [(*map(issue.get, _ISSUE_FIELDS), _canonical_posts(issue.get("posts") or ())) for issue in issues]
    rows.sort(key=_sort_key)
    return rows


def _canonical_posts(posts: Any) -> list[tuple[Any, ...]]:
    rows = []
    for post in posts:
        description = post.get("description") or {}
        rows.append(
            (
                post.get("createdDateTime"),
                post.get("postType"),
                description.get("contentType"),
                description.get("content"),
            )
        )
    rows.sort(key=_post_sort_key)
    return rows


def _sort_key(row: tuple[Any, ...]) -> str:
    return str(row[0])


def _post_sort_key(row: tuple[Any, ...]) -> tuple[str, str]:
    return str(row[0]), str(row[3])

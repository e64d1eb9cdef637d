"""Microsoft's words about a tenant's health turned into ours; touches no database, clock or network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import xxhash
from django.db.models import CharField

from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.graph import IssuePost, ServiceHealth, ServiceIssue
from customers.models import State
from health.models import Issue, Post, Service

Status = Issue.Status
Classification = Issue.Classification

# serviceHealthStatus and the class we give each value; compared without case, because Microsoft's samples are
# PascalCase where its schema is camelCase (resources/servicehealthissue.md).
_STATUSES: dict[str, tuple[Issue.Status, State]] = {
    "serviceoperational": (Status.OPERATIONAL, State.HEALTHY),
    "servicerestored": (Status.RESTORED, State.HEALTHY),
    "falsepositive": (Status.FALSE_POSITIVE, State.HEALTHY),
    "postincidentreviewpublished": (Status.REVIEW_PUBLISHED, State.HEALTHY),
    "investigating": (Status.INVESTIGATING, State.DEGRADED),
    "servicedegradation": (Status.DEGRADATION, State.DEGRADED),
    "restoringservice": (Status.RESTORING, State.DEGRADED),
    "verifyingservice": (Status.VERIFYING, State.DEGRADED),
    "extendedrecovery": (Status.EXTENDED_RECOVERY, State.DEGRADED),
    "investigationsuspended": (Status.SUSPENDED, State.DEGRADED),
    "serviceinterruption": (Status.INTERRUPTION, State.INCIDENT),
    "resolved": (Status.RESOLVED, State.HEALTHY),
    "mitigated": (Status.MITIGATED, State.HEALTHY),
    "mitigatedexternal": (Status.MITIGATED_EXTERNAL, State.HEALTHY),
    "resolvedexternal": (Status.RESOLVED_EXTERNAL, State.HEALTHY),
    "confirmed": (Status.CONFIRMED, State.DEGRADED),
    "reported": (Status.REPORTED, State.DEGRADED),
}
_CLASSIFICATIONS = {"incident": Classification.INCIDENT, "advisory": Classification.ADVISORY}
_LONGEST: dict[str, int] = {
    f"{model.__name__}.{field.name}": field.max_length
    for model in (Service, Issue, Post)
    for field in model._meta.concrete_fields
    if isinstance(field, CharField) and field.max_length
}
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class PostFacts:
    """An update as Microsoft sent it; `digest` tells texts apart, so that each is sanitized once."""

    digest: bytes
    posted_at: datetime | None
    kind_raw: str
    content: str
    is_html: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class IssueFacts:
    microsoft_id: str
    title: str
    service_name: str
    feature: str
    feature_group: str
    classification: Issue.Classification
    classification_raw: str
    status: Issue.Status
    status_raw: str
    state: State
    origin_raw: str
    impact: str
    is_resolved: bool
    started_at: datetime | None
    ended_at: datetime | None
    last_modified_at: datetime | None
    posts: tuple[PostFacts, ...]

    @property
    def modified_at(self) -> datetime:
        """When Microsoft last changed it, for comparing versions; an issue without a date is the oldest."""
        return self.last_modified_at or _LONG_AGO


@dataclass(frozen=True, kw_only=True, slots=True)
class ServiceFacts:
    microsoft_id: str
    name: str
    state: State
    status: Issue.Status
    status_raw: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthFacts:
    """What a tenant's answer says: its services and, by Microsoft's id, its issues, resolved ones included."""

    services: tuple[ServiceFacts, ...]
    issues: Mapping[str, IssueFacts]


def normalize_health(answer: Iterable[ServiceHealth]) -> HealthFacts:
    """The facts of one tenant's whole answer; a service is as bad as its status and its worst open issue."""
    services: dict[str, ServiceFacts] = {}
    issues: dict[str, IssueFacts] = {}
    for sent in answer:
        found = [issue_facts(issue) for issue in sent.issues]
        for issue in found:
            known = issues.get(issue.microsoft_id)
            if known is None or issue.modified_at > known.modified_at:
                issues[issue.microsoft_id] = issue
        service = _service_facts(sent, issues=found)
        twin = services.get(service.microsoft_id)
        services[service.microsoft_id] = service if twin is None or service.state < twin.state else twin
    return HealthFacts(services=tuple(services.values()), issues=issues)


def status_of(raw: str) -> tuple[Issue.Status, State]:
    """Our name and class of a serviceHealthStatus; one we have not heard of is unknown, never healthy."""
    return _STATUSES.get(raw.strip().casefold(), (Status.OTHER, State.UNKNOWN))


def issue_facts(sent: ServiceIssue) -> IssueFacts:
    status, status_state = status_of(sent.status)
    classification = _CLASSIFICATIONS.get(sent.classification.strip().casefold(), Classification.OTHER)
    return IssueFacts(
        microsoft_id=_identity(sent.id, "Issue.microsoft_id"),
        title=_cut(sent.title, "Issue.title"),
        service_name=_cut(sent.service, "Issue.service_name"),
        feature=_cut(sent.feature, "Issue.feature"),
        feature_group=_cut(sent.feature_group, "Issue.feature_group"),
        classification=classification,
        classification_raw=_cut(sent.classification, "Issue.classification_raw"),
        status=status,
        status_raw=_cut(sent.status, "Issue.status_raw"),
        state=_issue_state(status_state, classification=classification, is_resolved=sent.is_resolved),
        origin_raw=_cut(sent.origin, "Issue.origin_raw"),
        impact=_printable(sent.impact),
        is_resolved=sent.is_resolved,
        started_at=sent.started_at,
        ended_at=sent.ended_at,
        last_modified_at=sent.last_modified_at,
        posts=tuple({post.digest: post for post in map(_post_facts, sent.posts)}.values()),
    )


def _issue_state(status_state: State, *, classification: Issue.Classification, is_resolved: bool) -> State:
    """An open incident outweighs its status; a resolved issue harms nobody, unless its status is a riddle."""
    if is_resolved:
        return State.UNKNOWN if status_state == State.UNKNOWN else State.HEALTHY
    return State.INCIDENT if classification == Classification.INCIDENT else status_state


def _service_facts(sent: ServiceHealth, *, issues: Iterable[IssueFacts]) -> ServiceFacts:
    status, state = status_of(sent.status)
    worst = min([state, *(issue.state for issue in issues if not issue.is_resolved)])
    return ServiceFacts(
        microsoft_id=_identity(sent.id, "Service.microsoft_id"),
        name=_cut(sent.service, "Service.name"),
        state=worst,
        status=status,
        status_raw=_cut(sent.status, "Issue.status_raw"),
    )


def _post_facts(sent: IssuePost) -> PostFacts:
    return PostFacts(
        digest=xxhash.xxh3_128_digest(sent.content.encode()),
        posted_at=sent.created_at,
        kind_raw=_cut(sent.kind, "Post.kind_raw"),
        content=_printable(sent.content),
        is_html=sent.content_type.strip().casefold() != "text",
    )


def _printable(text: str) -> str:
    """The text without NUL, which PostgreSQL does not store."""
    return text.replace("\x00", "")


def _cut(text: str, field: str) -> str:
    return _printable(text)[: _LONGEST[field]]


def _identity(text: str, field: str) -> str:
    """An id may not be cut: two issues could become one. Nor may one break the address that it becomes a part of."""
    if len(text) > _LONGEST[field]:
        raise UnexpectedAnswer(f"Microsoft sent the id {text[:100]!r}, longer than the {_LONGEST[field]} we can keep.")
    if not text.isprintable() or set('/\\"?#') & set(text):
        raise UnexpectedAnswer(f"Microsoft sent the id {text[:100]!r}, which can't be part of an address.")
    return text


def newest(issues: Iterable[IssueFacts]) -> IssueFacts:
    """The latest version of one issue, carrying the posts of all versions."""
    versions = sorted(issues, key=lambda issue: issue.modified_at)
    posts = {post.digest: post for issue in versions for post in issue.posts}
    return replace(versions[-1], posts=tuple(posts.values()))

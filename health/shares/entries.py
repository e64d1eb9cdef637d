"""What feeds of a signed link are made from: Microsoft's issues, their posts and messages, and no word of ours."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import urljoin

from django.conf import settings
from django.db.models import Exists, OuterRef
from django.urls import reverse

from customers.access import of_visible_customers
from health.models import Exposure, Issue, Message, Post
from health.queries import visible_issues
from health.sanitize import cleaned_again, sanitize_post
from health.shares.announced import address_of_message, messages_of, title_of_message, uid_of_message
from health.shares.opening import Opened
from health.shares.plain import RECENT, plain

ISSUES_MOST, POSTS_MOST = 200, 300


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An issue as it was first seen, one of its updates, or a message; `uid` stays the same for ever."""

    uid: str
    title: str
    html: str
    service: str
    address: str
    at: datetime
    updated_at: datetime


def issues_of(opened: Opened) -> list[Issue]:
    """Those that hit one of the link's customers now, or changed within RECENT, the newest first; one statement."""
    ours = opened.customers.order_by().values("pk")
    hits = of_visible_customers(Exposure.objects.filter(issue=OuterRef("pk"), customer__in=ours), user=opened.maker)
    found = visible_issues(opened.maker).filter(Exists(hits))
    is_recent = found.filter(changed_at__gte=opened.now - RECENT) | found.filter(
        Exists(hits.filter(cleared_at__isnull=True)), is_resolved=False
    )
    return list(is_recent.order_by("-began_at", "id")[:ISSUES_MOST])  # type: ignore[misc]  # annotated by visible_issues


def entries_of(opened: Opened) -> list[Entry]:
    """Newest first; three statements."""
    issues = {issue.pk: issue for issue in issues_of(opened)}
    posts = Post.objects.filter(issue__in=issues).order_by("-first_seen_at", "-id")[:POSTS_MOST]
    entries = [_of_issue(issue) for issue in issues.values()]
    entries += [_of_post(post, issues[post.issue_id]) for post in posts]
    entries += map(_of_message, messages_of(opened))
    return sorted(entries, key=lambda entry: (entry.at, entry.uid), reverse=True)


def mark_of(*parts: object) -> str:
    """An ETag of whatever these say."""
    return f'"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def uid_of(issue: Issue, *more: str) -> str:
    return ":".join(("urn:csp-portal", issue.cloud, issue.microsoft_id, *more))


def address_of(issue: Issue) -> str:
    return urljoin(settings.PORTAL_URL, reverse("health:issue_page", args=[issue.cloud, issue.microsoft_id]))


def title_of(issue: Issue) -> str:
    return plain(f"{issue.microsoft_id} · {issue.service_name}: {issue.title}")


def _of_issue(issue: Issue) -> Entry:
    return Entry(
        uid=uid_of(issue),
        title=title_of(issue),
        html=_sanitized(issue.impact or issue.title),
        service=plain(issue.service_name),
        address=address_of(issue),
        at=issue.started_at or issue.first_seen_at,
        updated_at=issue.changed_at,
    )


def _of_post(post: Post, issue: Issue) -> Entry:
    at = post.posted_at or post.first_seen_at
    return Entry(
        uid=uid_of(issue, bytes(post.digest).hex()),
        title=title_of(issue),
        html=plain(cleaned_again(post.html)),
        service=plain(issue.service_name),
        address=address_of(issue),
        at=at,
        updated_at=at,
    )


def _of_message(message: Message) -> Entry:
    return Entry(
        uid=uid_of_message(message),
        title=title_of_message(message),
        html=plain(cleaned_again(message.html)),
        service=plain(", ".join(message.services)),
        address=address_of_message(message),
        at=message.first_seen_at,
        updated_at=message.modified_at,
    )


def _sanitized(text: str) -> str:
    return plain(sanitize_post(text, is_html=False))

"""Issues, once per cloud and never back to an older version, and their posts, sanitized once each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from customers.models import State
from health.models import Issue, IssueChange, Post
from health.normalize import IssueFacts, newest
from health.reading import Changed
from health.sanitize import sanitize_post
from health.upsert.alerts import IssueNews

IssueKey = tuple[str, str]  # cloud, Microsoft's id

_COLUMNS = {
    "title": "text",
    "service_name": "text",
    "feature": "text",
    "feature_group": "text",
    "classification": "text",
    "classification_raw": "text",
    "status": "text",
    "status_raw": "text",
    "state": "smallint",
    "origin_raw": "text",
    "impact": "text",
    "is_resolved": "boolean",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
    "last_modified_at": "timestamptz",
}
# What two workers write at once: the newer version wins, whoever comes last.
_UPSERT = f"""
    INSERT INTO health_issue
        (cloud, microsoft_id, {", ".join(_COLUMNS)}, first_seen_at, changed_at, exposed_customers)
    SELECT sent.*, %s, %s, 0
    FROM unnest(%s::text[], %s::text[], {", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())}) AS sent
    ON CONFLICT (cloud, microsoft_id) DO UPDATE
    SET changed_at = EXCLUDED.changed_at, {", ".join(f"{name} = EXCLUDED.{name}" for name in _COLUMNS)}
    WHERE health_issue.last_modified_at IS NULL OR EXCLUDED.last_modified_at >= health_issue.last_modified_at
    RETURNING id, cloud, microsoft_id, xmax = 0
"""  # noqa: S608 - column names of this module, no input


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredIssues:
    """The ids of all issues that a batch names, and the issues that nobody had reported before."""

    ids: dict[IssueKey, int]
    first_seen: dict[IssueKey, IssueFacts]
    news: IssueNews = field(default_factory=IssueNews)


def upsert_issues(readings: Sequence[Changed], *, now: datetime) -> StoredIssues:
    """Write the issues and posts that are new or newer than what is stored; the others cost one look each."""
    sent = _newest_by_key(readings)
    ids, outdated, stored = _compare(sent)
    first_seen: dict[IssueKey, IssueFacts] = {}
    news, changes = IssueNews(), list[IssueChange]()
    if outdated:
        for issue_id, cloud, microsoft_id, is_new in _write(outdated, now=now):
            ids[cloud, microsoft_id] = issue_id
            if is_new:
                first_seen[cloud, microsoft_id] = sent[cloud, microsoft_id]
            elif (cloud, microsoft_id) in stored:
                was, now_is = dict(zip(_COLUMNS, stored[cloud, microsoft_id], strict=True)), sent[cloud, microsoft_id]
                _note_turn(was, now_is, issue_id=issue_id, news=news)
                changes += _changes(was, now_is, issue_id=issue_id, at=now)
    if changes:
        IssueChange.objects.bulk_create(changes)
    if missing := sent.keys() - ids.keys():  # another worker was faster, with a newer version
        ids |= _compare({key: sent[key] for key in missing})[0]
    posts = _add_posts({ids[key]: facts for key, facts in sent.items()}, now=now)
    fresh = {ids[key] for key in first_seen}
    news.posts = [post for post in posts if post.issue_id not in fresh]
    return StoredIssues(ids=ids, first_seen=first_seen, news=news)


def _newest_by_key(readings: Sequence[Changed]) -> dict[IssueKey, IssueFacts]:
    versions: defaultdict[IssueKey, list[IssueFacts]] = defaultdict(list)
    for reading in readings:
        for microsoft_id, facts in reading.facts.issues.items():
            versions[reading.feed.customer.cloud, microsoft_id].append(facts)
    return {key: newest(versions[key]) for key in sorted(versions)}


def _changes(was: Mapping[str, object], after: IssueFacts, *, issue_id: int, at: datetime) -> Iterator[IssueChange]:
    told = ((IssueChange.What.STATUS, "status_raw"), (IssueChange.What.CLASS, "classification_raw"))
    for what, column in told:
        before, new = str(was[column]), str(getattr(after, column))
        if before != new:
            yield IssueChange(issue_id=issue_id, at=at, what=what, before=before, after=new)


def _note_turn(was: Mapping[str, object], after: IssueFacts, *, issue_id: int, news: IssueNews) -> None:
    """Whether an issue that was known is over now, is open again, or has become an incident."""
    if after.is_resolved and not was["is_resolved"]:
        news.resolved.add(issue_id)
        return
    if was["is_resolved"] and not after.is_resolved:
        news.reopened.add(issue_id)
    if after.state == State.INCIDENT != was["state"]:
        news.worsened.add(issue_id)


def _compare(
    sent: dict[IssueKey, IssueFacts],
) -> tuple[dict[IssueKey, int], dict[IssueKey, IssueFacts], dict[IssueKey, tuple[object, ...]]]:
    """The ids of the issues that are stored, the facts that are not, or newer than what is, and what is stored."""
    if not sent:
        return {}, {}, {}
    rows = Issue.objects.filter(
        cloud__in={cloud for cloud, _ in sent}, microsoft_id__in=[microsoft_id for _, microsoft_id in sent]
    ).values_list("id", "cloud", "microsoft_id", *_COLUMNS)
    stored = {(row[1], row[2]): row for row in rows}
    outdated = {key: facts for key, facts in sent.items() if key not in stored or _differs(facts, stored[key][3:])}
    known = {key: stored[key] for key in sent if key in stored}
    return {key: row[0] for key, row in known.items()}, outdated, {key: row[3:] for key, row in known.items()}


def _differs(facts: IssueFacts, stored: tuple[object, ...]) -> bool:
    return _values(facts) != stored


def _values(facts: IssueFacts) -> tuple[object, ...]:
    return tuple(getattr(facts, name) for name in _COLUMNS)


def _write(outdated: dict[IssueKey, IssueFacts], *, now: datetime) -> list[tuple[int, str, str, bool]]:
    columns = zip(*((*key, *_values(facts)) for key, facts in outdated.items()), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [now, now, *map(list, columns)])
        return list(cursor.fetchall())


def _add_posts(issues: dict[int, IssueFacts], *, now: datetime) -> list[Post]:
    known = {(row[0], bytes(row[1])) for row in Post.objects.filter(issue__in=issues).values_list("issue", "digest")}
    fresh = [
        Post(
            issue_id=issue_id,
            posted_at=post.posted_at,
            kind_raw=post.kind_raw,
            html=sanitize_post(post.content, is_html=post.is_html),
            digest=post.digest,
            first_seen_at=now,
        )
        for issue_id, facts in sorted(issues.items())
        for post in facts.posts
        if (issue_id, post.digest) not in known
    ]
    if fresh:
        Post.objects.bulk_create(fresh, ignore_conflicts=True)
    return fresh

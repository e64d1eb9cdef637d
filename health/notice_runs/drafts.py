"""Drafts of runs: made from Microsoft's newest post or by hand, and changed until a second person has agreed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Contact
from health.models import Issue, NoticeRun, NoticeText, Post
from health.notice_runs.facts import facts_of
from health.notice_runs.texts import Words, words_for
from health.notice_runs.words import fill

State = NoticeRun.State
LANGUAGES = [code for code, _name in settings.LANGUAGES]


def newest_post_of(issue: Issue) -> Post | None:
    return issue.posts.order_by("-posted_at", "-id").first()


@transaction.atomic
def draft_from_issue(issue: Issue, *, by: User, now: datetime) -> NoticeRun:
    """A draft about the newest post in our words for its kind; one that is being written already is that one."""
    post = newest_post_of(issue)
    at_work = NoticeRun.objects.filter(issue=issue, post=post, state__in=(State.DRAFT, State.WAITING))
    if found := at_work.order_by("pk").first():
        return found
    kind = _kind_of(issue)
    over = kind == NoticeRun.Kind.RESTORED
    run = NoticeRun.objects.create(
        kind=kind,
        topic=Contact.Topic.INCIDENTS,
        title=f"{issue.microsoft_id} {issue.title}"[:200],
        issue=issue,
        post=post,
        cloud=issue.cloud,
        audience=NoticeRun.Audience.EVER_EXPOSED if over else NoticeRun.Audience.EXPOSED,
        author=by,
        drafted_at=now,
    )
    for language, words in words_for(kind).items():
        facts = facts_of(issue, post=post, language=language)
        subject, text = fill(words.subject, facts)[:200], fill(words.text, facts)
        NoticeText.objects.create(run=run, language=language, subject=subject, text=text)
    record(Action.RUN_DRAFTED, by=by, about=run, after={"kind": kind, "issue": issue.microsoft_id})
    return run


@transaction.atomic
def draft_by_hand(*, title: str, topic: str, by: User, now: datetime) -> NoticeRun:
    """A draft in our own words to all customers; whom it is for is narrowed down while it is written."""
    run = NoticeRun.objects.create(
        kind=NoticeRun.Kind.MANUAL,
        topic=topic,
        title=title,
        audience=NoticeRun.Audience.ALL,
        author=by,
        drafted_at=now,
    )
    for language in LANGUAGES:
        NoticeText.objects.create(run=run, language=language, subject=title, text="")
    record(Action.RUN_DRAFTED, by=by, about=run, after={"kind": run.kind})
    return run


@transaction.atomic
def change_draft(
    run: NoticeRun, *, edition: int, facts: Mapping[str, Any], texts: Mapping[str, Words], by: User, now: datetime
) -> bool:
    """Keep what the form says; False where somebody else changed the run meanwhile, or it was approved.

    Who asked for approval asked for what stood there then: a change takes the question back.
    """
    kept = NoticeRun.objects.select_for_update().filter(pk=run.pk, edition=edition).first()
    if kept is None or not kept.may_change:
        return False
    before = _told(kept)
    groups = {name: facts[name] for name in ("groups_in", "groups_out")}
    for name, value in facts.items():
        if name not in groups:
            setattr(kept, name, value)
    kept.state, kept.edition, kept.editor, kept.edited_at = State.DRAFT, edition + 1, by, now
    kept.asked_at = None
    kept.save()
    kept.groups_in.set(groups["groups_in"])
    kept.groups_out.set(groups["groups_out"])
    for language, words in texts.items():
        NoticeText.objects.update_or_create(
            run=kept, language=language, defaults={"subject": words.subject, "text": words.text}
        )
    record(Action.RUN_CHANGED, by=by, about=kept, before=before, after=_told(kept))
    return True


@transaction.atomic
def discard_draft(run: NoticeRun, *, by: User) -> bool:
    kept = NoticeRun.objects.select_for_update().filter(pk=run.pk).first()
    if kept is None or not kept.may_change:
        return False
    record(Action.RUN_DISCARDED, by=by, about=kept, before=_told(kept))
    kept.delete()
    return True


def _kind_of(issue: Issue) -> str:
    if issue.is_resolved:
        return NoticeRun.Kind.RESTORED
    told = issue.notice_runs.exclude(state__in=(State.DRAFT, State.WAITING)).exists()
    return NoticeRun.Kind.UPDATE if told else NoticeRun.Kind.FIRST


def _told(run: NoticeRun) -> dict[str, Any]:
    """What the audit says of a draft."""
    plain = (
        *("title", "topic", "audience", "tiers", "per_minute", "in_contract_hours", "quiet_from", "quiet_to"),
        *("is_urgent", "urgent_reason"),
    )
    texts = {text.language: [text.subject, text.text] for text in NoticeText.objects.filter(run=run)}
    groups = {name: sorted(getattr(run, name).values_list("name", flat=True)) for name in ("groups_in", "groups_out")}
    return {**{name: getattr(run, name) for name in plain}, **groups, "texts": texts}

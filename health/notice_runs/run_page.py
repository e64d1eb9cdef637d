"""What the page of a run shows: its words, whom it reaches, one mail as its reader gets it, and how far it is."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, Q, TextField, Value
from django.db.models.functions import Length, Upper

from csp_portal.accounts.models import User
from csp_portal.keyset import page_of
from customers.access import visible_customers
from customers.models import Contact, Tier
from health.models import Notice, NoticeRun, Post
from health.notice_runs.audience import contacts_of, reach_of, unreached_by
from health.notice_runs.drafts import newest_post_of
from health.notice_runs.mails import words_to
from health.notice_runs.queries import counts_of, groups_named, visible_notices
from health.notice_runs.steps import problems_with
from health.posts import changes_between

SHOWN_UNREACHED = 12


def read_run(user: User, run: NoticeRun, *, query: Mapping[str, Any]) -> dict[str, Any]:
    texts = {text.language: text for text in run.texts.order_by("language")}
    groups_in, groups_out = groups_named(user, run)
    context = {
        "run": run,
        "texts": texts.values(),
        "groups_in": groups_in,
        "groups_out": groups_out,
        "tiers": [Tier(tier).label for tier in run.tiers],
        "is_own": user.pk in (run.author_id, run.editor_id),
        "changes": _changes(run.post) if run.post else (),
    }
    if run.may_change:
        return context | _of_draft(user, run, texts=texts, query=query)
    return context | _of_notices(user, run, query=query)


def _of_draft(user: User, run: NoticeRun, *, texts: Mapping[str, Any], query: Mapping[str, Any]) -> dict[str, Any]:
    newest = newest_post_of(run.issue) if run.issue else None
    words = str(query.get("q", "")).replace("\x00", "").strip()[:100]
    reach = reach_of(run, viewer=user)
    return {
        "reach": reach,
        "unreached": unreached_by(run, viewer=user).order_by("name", "pk")[:SHOWN_UNREACHED],
        "problems": problems_with(run, reach=reach),
        "is_outdated": newest is not None and newest.pk != run.post_id,
        "named": _customers_named_in(texts, user=user),
        "words": words,
        "preview": _preview(user, run, texts=dict(texts), words=words),
    }


def _customers_named_in(texts: Mapping[str, Any], *, user: User) -> list[str]:
    """Customers whose name stands in the words themselves, where every reader would see it."""
    said = Value(" ".join(f"{text.subject} {text.text}" for text in texts.values()), output_field=TextField())
    rows = visible_customers(user).annotate(said=said, length=Length("name"))
    return list(
        rows.filter(length__gte=4, said__contains=F("name")).order_by("name").values_list("name", flat=True)[:5]
    )


def _preview(user: User, run: NoticeRun, *, texts: dict[str, Any], words: str) -> dict[str, Any] | None:
    """The mail to the first contact, or to the first whose customer or address the words name."""
    contacts = contacts_of(run, viewer=user).select_related("customer").order_by("pk")
    if words:
        named = Q(customer__name__icontains=words) | Q(customer__domain__icontains=words) | Q(address__icontains=words)
        contacts = contacts.filter(named)
    contact: Contact | None = contacts.first()
    if contact is None or not texts:
        return None
    written, language = words_to(contact, texts=texts)
    return {"contact": contact, "words": written, "language": language}


def _of_notices(user: User, run: NoticeRun, *, query: Mapping[str, Any]) -> dict[str, Any]:
    counts, state = counts_of(user, run), str(query.get("state", ""))
    rows = visible_notices(user).filter(run=run).defer("text", "customer__tags")
    if state in Notice.State.values:
        rows = rows.filter(state=state)
    page = page_of(
        rows.annotate(customer_key=Upper("customer__name")),
        order=("customer_key", "id"),
        mark=str(query.get("page", "")),
    )
    done = sum(count for of, count in counts.items() if of not in (Notice.State.PENDING, Notice.State.SENDING))
    return {
        "counts": [(of, label, counts[of]) for of, label in Notice.State.choices if of in counts],
        "total": sum(counts.values()),
        "done": done,
        "state": state,
        "page": page,
        "is_moving": run.state in (NoticeRun.State.APPROVED, NoticeRun.State.SENDING),
    }


def _changes(post: Post) -> Any:
    """What the post said otherwise than the one before it."""
    older = Post.objects.filter(issue=post.issue_id, posted_at__lt=post.posted_at).order_by("-posted_at", "-id")
    before = older.first() if post.posted_at else None
    return changes_between(before.html, post.html) if before else ()

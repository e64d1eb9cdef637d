"""Linked tickets hear of their issue: each update as a note, and "verify with the customer" once it is over."""

import re
from datetime import datetime

import nh3
from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from csp_portal.accounts.models import User
from health.models import Issue, Post
from support.changes import apply, locked, touch
from support.models import Entry, Status, Ticket

MOST = 500
MOST_TAGS = 10_000
_TAG = re.compile(r"<[^<>]*>")


@transaction.atomic
def link_issue(number: int, issue: Issue | None, *, by: User, now: datetime) -> Ticket:
    """This issue is behind the ticket, and it has heard nothing of it yet; None is no issue."""
    ticket = locked(number)
    ticket.heard_post, ticket.heard_end = None, False
    return apply(ticket, values={"issue": issue, "follows_issue": True}, by=by, now=now)


def follow_issues(*, now: datetime) -> int:
    """Tell linked tickets what is new, each in a short transaction of its own; returns how many heard something."""
    newest = Post.objects.filter(issue=OuterRef("issue")).order_by("-posted_at", "-pk").values("pk")[:1]
    linked = Ticket.objects.unended().filter(issue__isnull=False, follows_issue=True)
    behind = linked.annotate(newest_post=Subquery(newest)).filter(
        Q(newest_post__isnull=False, heard_post__isnull=True)
        | ~Q(heard_post=F("newest_post"))
        | Q(issue__is_resolved=True, heard_end=False)
    )
    numbers = list(behind.order_by("pk").values_list("pk", flat=True)[:MOST])
    return sum(_tell(number, now=now) for number in numbers)


@transaction.atomic
def _tell(number: int, *, now: datetime) -> bool:
    rows = Ticket.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "issue", "customer__calendar"
    )
    ticket = rows.filter(pk=number, issue__isnull=False, follows_issue=True).first()
    if ticket is None or ticket.issue is None:
        return False
    heard = _hear_posts(ticket, ticket.issue, now=now)
    if ticket.issue.is_resolved and not ticket.heard_end:
        ticket.heard_end = heard = True
        apply(ticket, values={"status": Status.VERIFYING}, by=None, now=now, because="restored")
    elif not ticket.issue.is_resolved:
        ticket.heard_end = False
    if heard:
        touch(ticket, now=now)
    return heard


def _hear_posts(ticket: Ticket, issue: Issue, *, now: datetime) -> bool:
    """The newest post where the ticket heard none yet, else all since the one it heard."""
    posts = issue.posts.order_by("-posted_at", "-pk")
    if ticket.heard_post_id is None:
        fresh = list(posts[:1])
    else:
        heard = Post.objects.get(pk=ticket.heard_post_id)
        fresh = [post for post in posts.filter(posted_at__gte=heard.posted_at) if post.pk != heard.pk]
    for post in reversed(fresh):
        Entry.objects.create(
            ticket=ticket, kind=Entry.Kind.MICROSOFT, at=now, sender_name="Microsoft", text=plain_words(post.html)
        )
    if fresh:
        ticket.heard_post = fresh[0]
    return bool(fresh)


def plain_words(html: str) -> str:
    """Microsoft's post without its markup; paragraphs and breaks stay lines."""
    lined = html.replace("</p>", "\n\n").replace("<br>", "\n").replace("<br/>", "\n").replace("<br />", "\n")
    # A tree of many nested elements takes the square of their number; of such a text only the tags are cut out.
    is_deep = lined.count("<") > MOST_TAGS
    bare = (_TAG.sub("", lined) if is_deep else nh3.clean(lined, tags=set())).replace("&nbsp;", " ")
    for name, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        bare = bare.replace(name, sign)
    return bare.strip()

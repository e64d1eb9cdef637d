"""Canned replies: texts whose variables are filled in from a ticket, and what must not leave unfilled."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from health.models import Post
from health.notice_runs.facts import facts_of
from health.notice_runs.words import OF_CONTACT, OF_ISSUE, fill
from support.models import CannedReply, Ticket

OFFERED = 12
VARIABLES: Mapping[str, str | Promise] = {
    **OF_CONTACT,
    "ticket.number": gettext_lazy("the ticket's number"),
    "ticket.subject": gettext_lazy("the ticket's subject"),
    "agent.name": gettext_lazy("who of us writes"),
    **OF_ISSUE,
}
_VARIABLE = re.compile(r"\{\{\s*([a-z_]+(?:\.[a-z_]+)+)\s*\}\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """A canned reply as it would stand in this ticket; `missing` are variables without a value here."""

    reply: CannedReply
    text: str
    missing: tuple[str, ...]


def offered_for(ticket: Ticket, *, words: str, by: User) -> list[Offered]:
    """Those in the ticket's language and product before the others, with what is asked for in name or text."""
    found: QuerySet[CannedReply] = CannedReply.objects.all()
    for word in words.split()[:5]:
        found = found.filter(Q(name__icontains=word) | Q(text__icontains=word))
    known = values_of(ticket, by=by)
    rows = sorted(found.order_by("name")[:200], key=lambda one: _distance(one, ticket))[:OFFERED]
    return [_filled(one, known) for one in rows]


def filled(reply: CannedReply, ticket: Ticket, *, by: User) -> Offered:
    return _filled(reply, values_of(ticket, by=by))


def values_of(ticket: Ticket, *, by: User) -> dict[str, str]:
    """What the variables say here; one that would say nothing is left out."""
    post = Post.objects.filter(issue=ticket.issue_id).order_by("-posted_at", "-id").first() if ticket.issue_id else None
    contact = ticket.contact.name if ticket.contact else ""
    values = {
        "customer.name": ticket.customer.name if ticket.customer else "",
        "contact.name": ticket.requester_name or contact,
        "ticket.number": f"#{ticket.pk}",
        "ticket.subject": ticket.subject,
        "agent.name": by.name,
        **(facts_of(ticket.issue, post=post, language=ticket.language) if ticket.issue else {}),
    }
    return {name: value for name, value in values.items() if value}


def unfilled_in(text: str) -> list[str]:
    """Variables that still stand in a text, known or not: a customer must not read them."""
    return list(dict.fromkeys(_VARIABLE.findall(text)))


def why_not_sent(text: str) -> str:
    """The sentence that says which variables have no value; empty where the text may leave."""
    names = ", ".join(f"{{{{ {name} }}}}" for name in unfilled_in(text))
    words = _("%(names)s has no value here. Write it yourself, or give the ticket what it stands for.")
    return words % {"names": names} if names else ""


def _filled(reply: CannedReply, values: Mapping[str, str]) -> Offered:
    text = fill(reply.text, values)
    return Offered(reply=reply, text=text, missing=tuple(unfilled_in(text)))


def _distance(reply: CannedReply, ticket: Ticket) -> tuple[int, int, str]:
    language = 0 if reply.language == ticket.language else 1 if not reply.language else 2
    family = 0 if reply.family == ticket.family else 1 if not reply.family else 2
    return language, family, reply.name

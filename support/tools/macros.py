"""Macros: several acts on a ticket, all of them or none."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from health.notice_runs.words import fill
from support.changes import apply, locked
from support.desk import add_note
from support.models import Draft, Entry, Macro, Severity, Status, Ticket
from support.tools.canned import filled, values_of


@transaction.atomic
def run(macro: Macro, number: int, *, by: User, now: datetime, writes_reply: bool = True) -> Ticket:
    """The ticket afterwards; its version is the same where nothing became of it.

    The reply becomes the person's draft, behind what they have written there; nothing is sent.
    """
    begun = Draft.objects.filter(ticket=number, person=by).first()  # a note ends what was begun
    held = locked(number)
    ticket = apply(held, values=values_for(macro, held, by=by), by=by, now=now, because=macro.name)
    if macro.note:
        add_note(number, text=fill(macro.note, values_of(ticket, by=by)), by=by, now=now)
        ticket = locked(number)
    if macro.reply is not None and writes_reply:
        text = filled(macro.reply, ticket, by=by).text
        if begun is not None and begun.kind == Entry.Kind.REPLY and begun.text.strip():
            text = f"{begun.text.rstrip()}\n\n{text}"
        kept = {"text": text, "kind": Entry.Kind.REPLY, "kept_at": now}
        Draft.objects.update_or_create(ticket=ticket, person=by, defaults=kept)
    return ticket


def values_for(macro: Macro, ticket: Ticket, *, by: User) -> dict[str, Any]:
    """The fields that it changes, and what they become at this ticket."""
    owners = {Macro.Owner.ME.value: by, Macro.Owner.NOBODY.value: None}
    values: dict[str, Any] = {name: word for name in ("status", "severity", "queue") if (word := getattr(macro, name))}
    if macro.owner:
        values["owner"] = owners[macro.owner]
    if macro.tags:
        values["tags"] = list(dict.fromkeys([*ticket.tags, *macro.tags]))
    return values


def acts_of(macro: Macro) -> list[tuple[str | Promise, str | Promise]]:
    """What it does, each with its label, for people."""
    told: list[tuple[str | Promise, str | Promise]] = []
    if macro.status:
        told.append((_("Status"), Status(macro.status).label))
    if macro.severity:
        told.append((_("Severity"), Severity(macro.severity).label))
    if macro.owner:
        told.append((_("Owner"), Macro.Owner(macro.owner).label))
    if macro.queue:
        told.append((_("Queue"), macro.queue.name))
    if macro.tags:
        told.append((_("Tags"), ", ".join(macro.tags)))
    if macro.note:
        told.append((_("Internal note"), macro.note))
    if macro.reply:
        told.append((_("Canned reply"), macro.reply.name))
    return told

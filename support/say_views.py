"""What people do on a ticket's page: say something, take it back, keep a draft, follow."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.take_in import LARGEST_BODY
from csp_portal.limits.middleware import takes_up_to
from csp_portal.limits.rates import limited
from support.access import get_ticket, sees_ticket
from support.attaching import add_files
from support.changes import change, locked
from support.desk import add_note, reply, undo_reply
from support.models import Draft, Entry, Follower, Status, Ticket
from support.presence import note_presence
from support.ticket_forms import LONGEST, SayForm, people_of_the_desk
from support.ticket_views import show_ticket

TWICE = timedelta(seconds=30)


@limited("say", per_minute=60)
@takes_up_to(LARGEST_BODY)
@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_say(request: SignedInRequest, number: int) -> HttpResponse:
    """A note or a reply with its files; all of it or nothing."""
    ticket = get_ticket(request.user, number)
    form = SayForm(request.POST, ticket=ticket)
    if not form.is_valid():
        return show_ticket(request, ticket, say=form)
    try:
        entry = _say(request, ticket, form)
    except AttachmentError as error:
        form.add_error(None, str(error))
        return show_ticket(request, ticket, say=form)
    return redirect(f"/tickets/{number}/#entry-{entry.pk}")


@transaction.atomic
def _say(request: SignedInRequest, ticket: Ticket, form: SayForm) -> Entry:
    said, now = form.cleaned_data, timezone.now()
    locked(ticket.pk)  # a second click waits here, and finds what the first one said
    if twin := _twin_of(ticket, said, by=request.user, now=now):
        return twin
    status = Status(said["status"]) if said["status"] else None
    if said["kind"] == Entry.Kind.REPLY:
        entry = reply(
            ticket.pk, text=said["text"], to=said["to"], cc=said["cc"], by=request.user, now=now, status=status
        )
    else:
        entry = add_note(
            ticket.pk, text=said["text"], by=request.user, now=now, mentions=_named_in(said["text"], ticket=ticket)
        )
        change(ticket.pk, values={"status": status} if status else {}, by=request.user, now=now)
    add_files(entry, request.FILES.getlist("files"))
    return entry


def _twin_of(ticket: Ticket, said: dict[str, Any], *, by: User, now: datetime) -> Entry | None:
    """The same words of the same person just now: the form was sent twice."""
    same = Entry.objects.filter(ticket=ticket, author=by, kind=said["kind"], text=said["text"], undone_at__isnull=True)
    return same.filter(at__gt=now - TWICE).order_by("pk").first()


def _named_in(text: str, *, ticket: Ticket) -> list[User]:
    """Who of us is mentioned and sees it: "@" and their whole name; of names that begin alike the longest counts."""
    if "@" not in text:
        return []
    left, found = text.casefold(), []
    for person in sorted(people_of_the_desk(), key=lambda one: -len(one.name)):
        name = re.escape(person.name.casefold())
        ends = r"(?!\w)" if person.name[-1:].isascii() else ""  # no space follows a Chinese name
        left, times = re.subn(f"@{name}{ends}", " ", left)
        if times and sees_ticket(person, ticket.pk):
            found.append(person)
    return found


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_undo(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Take back a reply of one's own that has not left."""
    ticket = get_ticket(request.user, number)
    entry = get_object_or_404(Entry, ticket=ticket, pk=pk, author=request.user, undone_at__isnull=True)
    if undo_reply(entry, by=request.user, now=timezone.now()):
        messages.success(request, _("Taken back. Your words are in the box again."))
    else:
        messages.warning(request, _("It has left already. Write another one to put it right."))
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_draft(request: SignedInRequest, number: int) -> HttpResponse:
    """Keep what is being written; an empty text is no draft."""
    ticket, now = get_ticket(request.user, number), timezone.now()
    text, kind = request.POST.get("text", "")[:LONGEST].replace("\x00", ""), request.POST.get("kind", "")
    if text.strip():
        kept = {"text": text, "kind": Entry.Kind.REPLY if kind == "REPLY" else Entry.Kind.NOTE, "kept_at": now}
        Draft.objects.update_or_create(ticket=ticket, person=request.user, defaults=kept)
    else:
        Draft.objects.filter(ticket=ticket, person=request.user).delete()
    note_presence(ticket, person=request.user, now=now, is_typing=bool(text.strip()))
    return HttpResponse(status=204)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_follow(request: SignedInRequest, number: int) -> HttpResponse:
    """Follow the ticket, or no longer."""
    ticket = get_ticket(request.user, number)
    followed = Follower.objects.filter(ticket=ticket, person=request.user)
    if not followed.delete()[0]:
        Follower.objects.get_or_create(ticket=ticket, person=request.user)
    return redirect("support:ticket_page", number)

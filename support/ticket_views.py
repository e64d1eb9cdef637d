"""The page of a ticket: its conversation, its fields, and a new one."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Value
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.download import download_of
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import get_customer_at, visible_customers
from customers.choices import shows_clouds
from support.access import get_ticket, visible_tickets
from support.changes import change, words_of
from support.conversation import activity_of, conversation_of
from support.desk import open_ticket
from support.differing import differences
from support.lists.choices import offer_quickly
from support.models import ENDED, Channel, Draft, EntryFile, Family, Follower, Kind, Severity, Status, Ticket
from support.presence import note_presence, others_at
from support.recipients import first_recipients
from support.ringing import see
from support.sla.showing import shown_clocks
from support.ticket_forms import NewTicketForm, SayForm, TicketForm, shown_fields
from support.tools.work import open_items
from support.values import NewTicket, Stale

CUSTOMERS_SHOWN = 50
OFFERED = 200
FOLLOWS = "follows"


@require_http_methods(["GET", "POST"])
@requires(Capability.WORK_TICKETS)
def ticket_new(request: SignedInRequest) -> HttpResponse:
    """`?customer=` fills in whom it is for."""
    initial = {"customer": request.GET.get("customer", "")[:400].replace("\x00", "")}
    form = NewTicketForm(request.POST or None, user=request.user, initial=initial)
    if not form.is_valid():
        known = visible_customers(request.user).current().order_by("name")[:OFFERED]
        return render(request, "support/ticket_new.html", {"form": form, "known": known})
    said = form.cleaned_data
    new = NewTicket(
        subject=said["subject"],
        text=said["text"],
        queue=said["queue"],
        channel=Channel.STAFF,
        customer=said["customer"],
        requester_name=said["requester_name"],
        requester_address=said["requester_address"],
        family=Family(said["family"]),
        service=said["service"],
        kind=Kind(said["kind"]),
        severity=Severity(said["severity"]),
        impact=said["impact"],
        language=request.user.language or "en",
    )
    ticket = open_ticket(new, by=request.user, now=timezone.now())
    messages.success(request, _("Ticket #%(number)d is open.") % {"number": ticket.pk})
    return redirect("support:ticket_page", ticket.pk)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_page(request: SignedInRequest, number: int) -> HttpResponse:
    return show_ticket(request, get_ticket(request.user, number))


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_talk(request: SignedInRequest, number: int) -> HttpResponse:
    """The conversation alone, for whom it is redrawn."""
    ticket, now = get_ticket(request.user, number), timezone.now()
    context = {"ticket": ticket, "said": conversation_of(ticket, now=now), "now": now}
    return render(request, "support/_ticket_talk.html", context)


def show_ticket(
    request: SignedInRequest,
    ticket: Ticket,
    *,
    say: SayForm | None = None,
    fields: TicketForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with the forms as they were filled in where something in them is wrong."""
    now, tab = timezone.now(), request.GET.get("tab", "")
    is_followed, begun = _of_this_person(ticket, request)
    context: dict[str, Any] = {
        "ticket": ticket,
        "say": say or SayForm(ticket=ticket, initial={"to": ", ".join(first_recipients(ticket)), **begun}),
        "fields": offer_quickly(fields or TicketForm(ticket=ticket), ticket, request=request),
        "tab": "activity" if tab == "activity" else "talk",
        "clocks": shown_clocks(ticket, now=now),
        "is_followed": is_followed,
        "now": now,
    }
    if context["tab"] == "activity":
        context["activity"] = activity_of(ticket)
    else:
        context["said"] = conversation_of(ticket, now=now)
    return render(request, "support/ticket_page.html", context, status=status)


def _of_this_person(ticket: Ticket, request: SignedInRequest) -> tuple[bool, dict[str, str]]:
    """Whether they follow the ticket, and what they began to write; one statement for both."""
    mine = {"ticket": ticket, "person": request.user}
    follows = Follower.objects.filter(**mine).values_list(Value(FOLLOWS), Value(""))
    rows = dict(Draft.objects.filter(**mine).values_list("kind", "text").union(follows, all=True))
    is_followed = rows.pop(FOLLOWS, None) is not None
    return is_followed, next(({"kind": kind, "text": text} for kind, text in rows.items()), {})


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_change(request: SignedInRequest, number: int) -> HttpResponse:
    """Save the fields; a stale save writes nothing and shows both sides."""
    ticket = get_ticket(request.user, number)
    form = TicketForm(request.POST, ticket=ticket)
    if not form.is_valid():
        return show_ticket(request, ticket, fields=form)
    try:
        _save(ticket, form, request)
    except Stale as stale:
        return _show_difference(request, form, stale)
    messages.success(request, _("Saved."))
    if form.cleaned_data["status"] in ENDED and (left := open_items(ticket)):
        words = ngettext("One item of its checklist is open.", "%(count)d items of its checklist are open.", left)
        messages.warning(request, words % {"count": left})
    return redirect("support:ticket_page", number)


@transaction.atomic
def _save(ticket: Ticket, form: TicketForm, request: SignedInRequest) -> None:
    wanted = form.values()
    differing = {name: value for name, value in wanted.items() if getattr(ticket, name) != value}
    before = {name: words_of(ticket, name) for name in differing}
    version = form.cleaned_data["version"]
    changed = change(ticket.pk, version=version, values=differing, by=request.user, now=timezone.now())
    if differing:
        after = {name: words_of(changed, name) for name in differing}
        tenant = changed.customer.tenant_id if changed.customer else None
        record(Action.TICKET_CHANGED, by=request.user, about=changed, customer=tenant, before=before, after=after)


def _show_difference(request: SignedInRequest, form: TicketForm, stale: Stale) -> HttpResponse:
    mine = Ticket(**{**form.values(), "customer": stale.ticket.customer})
    rows = differences(stale.ticket, mine=mine, fields=form.values(), version=form.cleaned_data["version"])
    mine_alone = {row.field: form.data[row.field] for row in rows if row.is_mine}
    again = TicketForm({**shown_fields(stale.ticket), **mine_alone}, ticket=stale.ticket)
    context = {"ticket": stale.ticket, "rows": rows, "form": again, "is_any_mine": bool(mine_alone)}
    return render(request, "support/ticket_stale.html", context, status=409)


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def ticket_presence(request: SignedInRequest, number: int) -> HttpResponse:
    """Says that this person's page is open, and answers who else is here."""
    ticket, now = get_ticket(request.user, number), timezone.now()
    note_presence(ticket, person=request.user, now=now)
    see(request.user, at=ticket, now=now)
    context = {"ticket": ticket, "others": others_at(ticket, person=request.user, now=now)}
    context["is_stale"] = request.POST.get("version", "") not in {"", str(ticket.version)}
    return render(request, "support/_ticket_presence.html", context)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def entry_file(request: SignedInRequest, number: int, key: str) -> HttpResponseBase:
    """A file of the conversation, where it may be handed out."""
    ticket = get_ticket(request.user, number)
    files = EntryFile.objects.filter(entry__ticket=ticket, entry__undone_at=None).select_related("attachment")
    found = get_object_or_404(files, attachment__key=key)
    if not found.attachment.may_be_read:
        state = found.attachment.get_state_display()
        messages.error(request, _("This file is not handed out: %(state)s.") % {"state": state})
        return redirect("support:ticket_page", number)
    tenant = ticket.customer.tenant_id if ticket.customer else None
    record(Action.FILE_READ, by=request.user, about=found.attachment, customer=tenant)
    return download_of(found.attachment)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_tickets(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """A customer's tab: what is open, then what was."""
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    rows = visible_tickets(request.user).filter(customer=customer).select_related("owner", "queue")
    newest = rows.order_by("-updated_at", "-pk")
    context = {
        "customer": customer,
        "open": list(newest.unended()[:CUSTOMERS_SHOWN]),
        "ended": list(newest.filter(status__in=[Status.SOLVED, Status.CLOSED])[:CUSTOMERS_SHOWN]),
        "shows_cloud": shows_clouds(request),
    }
    return render(request, "support/customer_tickets.html", context)

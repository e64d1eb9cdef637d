"""Other tickets beside a ticket: linked, merged, split off; and how long a solved one is only sleeping."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.access import get_ticket, visible_tickets
from support.merging import NotJoined, link, linked_to, merge, split, unlink, unmerge
from support.models import Entry, ReopenRule, Ticket
from support.reopening import reopen_days


class ReopenForm(forms.Form):
    days = forms.IntegerField(
        label=gettext_lazy("Days after the solution"),
        help_text=gettext_lazy("Within them a word of the customer reopens the ticket; later it opens a new one."),
        min_value=0,
        max_value=3650,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_related(request: SignedInRequest, number: int) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    merged = visible_tickets(request.user).filter(merged_into=ticket, customer=ticket.customer).order_by("pk")
    context = {"ticket": ticket, "linked": linked_to(ticket), "merged": list(merged)}
    return render(request, "support/_ticket_related.html", context)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_relate(request: SignedInRequest, number: int) -> HttpResponse:
    """Link the ticket with another one, part them, or merge it into the other one."""
    ticket, what = get_ticket(request.user, number), request.POST.get("what", "")
    other = _other(request)
    if other is None:
        messages.error(request, _("There is no such ticket, or you may not see it. Enter its number."))
        return redirect("support:ticket_page", number)
    words = {"one": ticket.pk, "other": other.pk}
    try:
        if what == "merge":
            merge(ticket.pk, into=other.pk, by=request.user, now=timezone.now())
            messages.success(request, _("#%(one)d is merged into #%(other)d. It can be taken back there.") % words)
            return redirect("support:ticket_page", other.pk)
        if what == "unlink":
            unlink(ticket.pk, to=other.pk, by=request.user)
            messages.success(request, _("#%(one)d and #%(other)d are not linked any more.") % words)
        else:
            link(ticket.pk, to=other.pk, by=request.user, now=timezone.now())
            messages.success(request, _("#%(one)d and #%(other)d are linked.") % words)
    except NotJoined as refused:
        messages.error(request, str(refused))
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_unmerge(request: SignedInRequest, number: int) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    try:
        unmerge(ticket.pk, by=request.user, now=timezone.now())
    except NotJoined as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("#%(number)d is a ticket of its own again.") % {"number": number})
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_split(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    ticket = get_ticket(request.user, number)
    entry = get_object_or_404(Entry, ticket=ticket, pk=pk, undone_at__isnull=True)
    subject = " ".join(request.POST.get("subject", "").replace("\x00", "").split())[:250] or ticket.subject
    try:
        opened = split(entry, subject=subject, by=request.user, now=timezone.now())
    except NotJoined as refused:
        messages.error(request, str(refused))
        return redirect("support:ticket_page", number)
    messages.success(request, _("The message is ticket #%(number)d now.") % {"number": opened.pk})
    return redirect("support:ticket_page", opened.pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def desk_reopening(request: SignedInRequest) -> HttpResponse:
    before = reopen_days()
    form = ReopenForm(request.POST or None, initial={"days": before})
    if form.is_valid():
        days = form.cleaned_data["days"]
        rule = ReopenRule.objects.update_or_create(pk=1, defaults={"days": days})[0]
        record(Action.REOPENING_CHANGED, by=request.user, about=rule, before={"days": before}, after={"days": days})
        messages.success(request, _("Saved."))
        return redirect("support:desk_reopening")
    return render(request, "settings/desk_reopening.html", {"form": form})


def _other(request: SignedInRequest) -> Ticket | None:
    text = request.POST.get("other", "").strip().removeprefix("#")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        return None
    return visible_tickets(request.user).filter(pk=int(text)).first()

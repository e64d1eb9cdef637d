"""The panel of a ticket's page where it is put to sleep, its checklist is ticked off, and time is noted."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from support.access import get_ticket
from support.lists.bulk import SNOOZES
from support.models import Bell, ChecklistItem, Ticket, TimeSpent
from support.ringing import bells_of
from support.tools.bell_views import SOON
from support.tools.work import LONGEST_SLEEP, MOST_ITEMS, add_items, minutes_of, sleep, tick

_TEXT = {"class": "form-control", "autocomplete": "off"}


class SleepForm(forms.Form):
    pause = forms.ChoiceField(choices=[(key, word) for key, (_pause, word) in SNOOZES.items()], required=False)
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={**_TEXT, "type": "datetime-local"}),
    )
    because = forms.CharField(
        label=gettext_lazy("Why"), required=False, max_length=300, widget=forms.TextInput(attrs=_TEXT)
    )

    def clean(self) -> dict[str, Any]:
        """A pause that was chosen, else the moment; `until` is what counts in the end."""
        cleaned, now = super().clean() or {}, timezone.now()
        pause = SNOOZES[cleaned["pause"]][0] if cleaned.get("pause") else None
        if pause is not None:
            cleaned["until"] = now + pause if pause else None
        elif "until" in cleaned and not (cleaned["until"] and now < cleaned["until"] <= now + LONGEST_SLEEP):
            self.add_error("until", _("Choose a moment within the next year."))
        return cleaned


class TimeForm(forms.ModelForm[TimeSpent]):
    class Meta:
        model = TimeSpent
        fields = ("minutes", "on", "what")

    def clean_on(self) -> Any:
        on = self.cleaned_data["on"]
        if abs(on - timezone.localdate()) > timedelta(days=366):
            raise forms.ValidationError(_("Choose a day of the last year."))
        return on


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def ticket_work(request: SignedInRequest, number: int) -> HttpResponse:
    ticket, now = get_ticket(request.user, number), timezone.now()
    context = {
        "ticket": ticket,
        "sleeps": ticket.snoozed_until is not None and ticket.snoozed_until > now,
        "snoozes": [(value, word) for value, (pause, word) in SNOOZES.items() if pause],
        "items": ticket.checklist.select_related("done_by").order_by("position", "pk"),
        "times": ticket.times.select_related("person").order_by("-on", "-pk")[:20],
        "minutes": minutes_of(ticket),
        "today": timezone.localdate(),
        "reminders": bells_of(request.user).filter(ticket=ticket, why=Bell.Why.REMINDER).order_by("rings_at"),
        "remind_at": SOON,
    }
    return render(request, "support/_ticket_work.html", context)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_sleep(request: SignedInRequest, number: int) -> HttpResponse:
    ticket, form = get_ticket(request.user, number), SleepForm(request.POST)
    if not form.is_valid():
        return _said(request, ticket, form)
    told = form.cleaned_data
    sleep(ticket, until=told["until"], because=told["because"], by=request.user, now=timezone.now())
    messages.success(request, _("It sleeps.") if told["until"] else _("It is awake."))
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_items(request: SignedInRequest, number: int) -> HttpResponse:
    """Add to the checklist, a line for each item."""
    ticket = get_ticket(request.user, number)
    lines = request.POST.get("items", "").replace("\x00", "").splitlines()
    texts = [line.strip() for line in lines if line.strip()]
    if add_items(ticket, texts) < len(texts):
        messages.warning(request, _("A checklist has at most %(most)d items.") % {"most": MOST_ITEMS})
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_item(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """`what` is done, open or gone."""
    ticket, what = get_ticket(request.user, number), request.POST.get("what", "")
    item = get_object_or_404(ChecklistItem, ticket=ticket, pk=pk)
    if what == "gone":
        item.delete()
    elif what in {"done", "open"}:
        evidence = request.POST.get("evidence", "").replace("\x00", "").strip()
        tick(item, is_done=what == "done", evidence=evidence, by=request.user, now=timezone.now())
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_time(request: SignedInRequest, number: int) -> HttpResponse:
    ticket, form = get_ticket(request.user, number), TimeForm(request.POST)
    if not form.is_valid():
        return _said(request, ticket, form)
    spent = form.save(commit=False)
    spent.ticket, spent.person, spent.turn = ticket, request.user, ticket.turn
    spent.save()
    messages.success(request, _("Noted."))
    return redirect("support:ticket_page", number)


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_time_gone(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """Take one's own time back."""
    get_object_or_404(TimeSpent, ticket=get_ticket(request.user, number), pk=pk, person=request.user).delete()
    return redirect("support:ticket_page", number)


def _said(request: SignedInRequest, ticket: Ticket, form: forms.BaseForm) -> HttpResponse:
    for words in form.errors.values():
        messages.error(request, " ".join(map(str, words)))
    return redirect("support:ticket_page", ticket.pk)

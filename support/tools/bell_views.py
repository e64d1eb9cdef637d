"""What one of us is told in person: the page, putting off, and reminders set at a ticket."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from support.access import get_ticket
from support.models import Bell, QuietPerson
from support.ringing import LONGEST, bells_of, remind, see

MORNING = 9  # o'clock, in the portal's time zone
SHOWN = 100


def _morning(now: datetime, *, days: int) -> datetime:
    day = timezone.localtime(now) + timedelta(days=days)
    return day.replace(hour=MORNING, minute=0, second=0, microsecond=0)


_MOMENTS: Mapping[str, tuple[str | Promise, Callable[[datetime], datetime]]] = {
    "hours": (gettext_lazy("in two hours"), lambda now: now + timedelta(hours=2)),
    "tomorrow": (gettext_lazy("tomorrow at nine"), lambda now: _morning(now, days=1)),
    "monday": (
        gettext_lazy("on Monday at nine"),
        lambda now: _morning(now, days=7 - timezone.localtime(now).weekday()),
    ),
}
SOON = [(key, word) for key, (word, _moment) in _MOMENTS.items()]


class RemindForm(forms.Form):
    """A moment that was chosen, or written; `at` is what counts in the end."""

    soon = forms.ChoiceField(choices=SOON, required=False)
    at = forms.DateTimeField(required=False)
    words = forms.CharField(required=False, max_length=200)

    def clean_at(self) -> datetime:
        now, soon = timezone.now(), self.cleaned_data.get("soon")
        at = _MOMENTS[soon][1](now) if soon else self.cleaned_data["at"]
        if at is None or not now < at <= now + LONGEST:
            raise forms.ValidationError(_("Choose a moment within the next year."))
        found: datetime = at
        return found


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def for_you(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    mine = bells_of(request.user).select_related("ticket__customer")
    context = {
        "ringing": list(mine.filter(rings_at__lte=now).order_by("-rings_at", "-pk")[:SHOWN]),
        "later": list(mine.filter(rings_at__gt=now).order_by("rings_at", "pk")[:SHOWN]),
        "by_mail": not QuietPerson.objects.filter(person=request.user).exists(),
        "soon": SOON,
    }
    return render(request, "support/for_you.html", context)


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def all_seen(request: SignedInRequest) -> HttpResponse:
    see(request.user, now=timezone.now())
    return redirect("support:for_you")


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def by_mail(request: SignedInRequest) -> HttpResponse:
    if request.POST.get("wanted") == "no":
        QuietPerson.objects.get_or_create(person=request.user)
        messages.success(request, _("From now on it stands here alone."))
    else:
        QuietPerson.objects.filter(person=request.user).delete()
        messages.success(request, _("From now on it comes by mail too."))
    return redirect("support:for_you")


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def bell(request: SignedInRequest, pk: int) -> HttpResponse:
    """`what` is seen, or until when a reminder is put off."""
    found, what, now = get_object_or_404(bells_of(request.user), pk=pk), request.POST.get("what", ""), timezone.now()
    if what == "seen":
        found.seen_at, found.mail_due_at = now, None
    elif what in _MOMENTS and found.why == Bell.Why.REMINDER:
        found.rings_at = found.mail_due_at = _MOMENTS[what][1](now)
    found.save(update_fields=["seen_at", "mail_due_at", "rings_at"])
    return redirect("support:for_you")


@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_remind(request: SignedInRequest, number: int) -> HttpResponse:
    ticket, form = get_ticket(request.user, number), RemindForm(request.POST)
    if not form.is_valid():
        for words in form.errors.values():
            messages.error(request, " ".join(map(str, words)))
        return redirect("support:ticket_page", number)
    told = form.cleaned_data
    if remind(ticket, person=request.user, at=told["at"], words=told["words"]):
        at = timezone.localtime(told["at"]).strftime("%Y-%m-%d %H:%M")
        messages.success(request, _("You will be reminded at %(at)s.") % {"at": at})
    else:
        messages.error(request, _("You have many reminders at this ticket already. Take one away first."))
    return redirect("support:ticket_page", number)

"""The hand-over page: what changed since a person was last here, and that they have taken over."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from health.shifts.changes import changes_since
from health.shifts.looks import newest_takeovers, note_look, since_of, take_over
from health.shifts.text import text_of

LONGEST_NOTE = 2000


@limited("handover", per_minute=60)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def handover(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    since = since_of(request.GET, last_visit=note_look(request.user, now=now), now=now)
    changes = changes_since(request.user, since=since.at, now=now)
    context = {
        "since": since,
        "changes": changes,
        "text": text_of(changes, since=since.at),
        "takeovers": newest_takeovers(request.user),
        "choices": [("visit", _("My last visit")), ("8h", _("8 hours")), ("24h", _("24 hours")), ("own", _("Since"))],
    }
    return render(request, "shifts/handover.html", context)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def taken_over(request: SignedInRequest) -> HttpResponse:
    note = request.POST.get("note", "").replace("\x00", "").strip()
    if len(note) > LONGEST_NOTE:
        messages.error(request, _("The note is too long: at most %(most)d letters.") % {"most": LONGEST_NOTE})
        return redirect("shifts:handover")
    take_over(request.user, note=note, now=timezone.now())
    messages.success(request, _("You have taken over."))
    return redirect("shifts:handover")

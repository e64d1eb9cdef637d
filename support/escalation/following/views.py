"""The page of a filed escalation: what Microsoft said, and what we say there."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from support.escalation.beginning import Refused
from support.escalation.filing_views import escalation_of
from support.escalation.following import ordering
from support.escalation.following.showing import at_microsoft
from support.models import Escalation


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def escalation_news(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """What goes on at Microsoft, for the page that redraws it; the forms beside it are left alone."""
    row = escalation_of(request, number, pk)
    context = {"ticket": row.ticket, "escalation": row, "there": at_microsoft(row, now=timezone.now())}
    return render(request, "support/_escalation_news.html", context)


@limited("escalation_act", per_minute=30)
@require_POST
@requires(Capability.WORK_TICKETS)
def escalation_say(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """A message to Microsoft; of what was filed by hand, what Microsoft answered."""
    row, now, text = escalation_of(request, number, pk), timezone.now(), _plain(request.POST.get("text", ""))
    if row.way == Escalation.Way.AZURE_API:
        order = lambda: ordering.order_message(pk, text=text, by=request.user, now=now)  # noqa: E731
        return _answer(request, row, order, done=_("It is being sent to Microsoft."), text=text)
    note = lambda: ordering.note_answer(pk, text=text, by=request.user, now=now)  # noqa: E731
    return _answer(request, row, note, done=_("What Microsoft answered stands on the ticket."), text=text)


@limited("escalation_act", per_minute=30)
@require_POST
@requires(Capability.WORK_TICKETS)
def escalation_act(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """A file, another severity, closing, reading at once, or an act that was stopped once more."""
    row, now, said = escalation_of(request, number, pk), timezone.now(), request.POST
    whose: dict[str, Any] = {"by": request.user, "now": now}
    acts: dict[str, Callable[[], object]] = {
        "file": lambda: ordering.order_file(pk, key=_plain(said.get("file", ""))[:80], **whose),
        "severity": lambda: ordering.order_severity(pk, severity=said.get("severity", ""), **whose),
        "close": lambda: ordering.order_close(pk, **whose),
        "read": lambda: ordering.read_now(pk, **whose),
        "again": lambda: ordering.order_again(pk, _number(said.get("act", "")), **whose),
    }
    act = acts.get(said.get("do", ""))
    if act is None:
        messages.error(request, _("Choose what shall be done."))
        return redirect("support:escalation_page", number, pk)
    is_over = said.get("do") == "close" and not (row.way == Escalation.Way.AZURE_API and row.remote_id)
    done = _("The escalation is closed.") if is_over else _("It is being done at Microsoft.")
    if said.get("do") == "read":
        done = _("It will be read in a moment.")
    return _answer(request, row, act, done=done)


def _answer(
    request: SignedInRequest, row: Escalation, do: Callable[[], object], *, done: str, text: str = ""
) -> HttpResponse:
    """What was written is not lost where it is refused: it is kept for the form of the page."""
    try:
        do()
    except Refused as refused:
        messages.error(request, str(refused))
        if text.strip():
            request.session[f"escalation-{row.pk}"] = text[:20_000]
    else:
        messages.success(request, done)
    return redirect("support:escalation_page", row.ticket_id, row.pk)


def _plain(text: str) -> str:
    return text.replace("\x00", "")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0

"""Pages of notice runs: the list, one run with its draft and its progress, and each step of its way."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.accounts.step_up import ask_again, is_confirmed
from csp_portal.keyset import page_of
from health.models import NoticeRun
from health.notice_runs.drafts import change_draft, discard_draft, draft_by_hand, draft_from_issue
from health.notice_runs.forms import ManualForm, RunForm
from health.notice_runs.queries import NEWEST_FIRST, get_run, sees_all_of, visible_notices, visible_runs, with_counts
from health.notice_runs.run_page import read_run
from health.notice_runs.steps import StepRefused, approve, ask, asks_proof, give_up, resume, send_back, settle, stop
from health.notice_runs.words import OF_CONTACT
from health.queries import get_issue

State = NoticeRun.State


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def run_list(request: SignedInRequest) -> HttpResponse:
    state = request.GET.get("state", "")
    runs = with_counts(chosen_runs(request), user=request.user)
    page = page_of(runs, order=NEWEST_FIRST, mark=request.GET.get("page", ""), size=30)
    context = {"page": page, "states": State.choices, "state": state, "may_edit": _may_edit(request)}
    return render(request, "health/run_list.html", context)


def chosen_runs(request: SignedInRequest) -> QuerySet[NoticeRun]:
    """Those in the state that the address names, where it names one."""
    runs, state = visible_runs(request.user), request.GET.get("state", "")
    return runs.filter(state=state) if state in State.values else runs


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def run_new(request: SignedInRequest) -> HttpResponse:
    form = ManualForm(request.POST or None)
    if not form.is_valid():
        return render(request, "health/run_new.html", {"form": form})
    title, topic = form.cleaned_data["title"], form.cleaned_data["topic"]
    run = draft_by_hand(title=title, topic=topic, by=request.user, now=timezone.now())
    return redirect("health:run_edit", run.pk)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def run_of_issue(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponse:
    """A draft from Microsoft's newest post, or the one that somebody has begun."""
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    run = draft_from_issue(issue, by=request.user, now=timezone.now())
    return redirect("health:run_page", run.pk)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def run_page(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_run(request.user, pk)
    context = read_run(request.user, run, query=request.GET) | {"may_edit": _may_edit(request)}
    is_fragment = request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers
    answer = render(request, "health/_run_progress.html" if is_fragment else "health/run_page.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def run_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_run(request.user, pk)
    if not run.may_change:
        messages.error(request, _("This run was approved; its words are what customers were told."))
        return redirect("health:run_page", pk)
    texts = {text.language: text for text in run.texts.all()}
    form = RunForm(request.POST or None, instance=run, user=request.user, texts=texts)
    if form.is_valid():
        edition, facts = form.cleaned_data["edition"], form.facts()
        if change_draft(run, edition=edition, facts=facts, texts=form.words(), by=request.user, now=timezone.now()):
            messages.success(request, _("The draft is saved."))
            return redirect("health:run_page", pk)
        form.add_error(None, _("Somebody changed this run meanwhile. Keep a copy of your words and load it again."))
    return render(request, "health/run_edit.html", {"form": form, "run": run, "variables": OF_CONTACT.items()})


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def run_step(request: SignedInRequest, pk: int, step: str) -> HttpResponseBase:
    """One step of the way; a run to many customers asks the approver for a fresh proof of who they are."""
    run = get_run(request.user, pk)
    act = _STEPS.get(step)
    if act is None:
        raise Http404
    if step == "approve" and asks_proof(run, viewer=request.user) and not is_confirmed(request):
        return ask_again(request)
    try:
        messages.success(request, act(request, run))
    except StepRefused as refused:
        messages.error(request, str(refused))
    return redirect("health:run_page", pk)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def run_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    run = get_run(request.user, pk)
    if not sees_all_of(request.user, run):
        words = _("This run is also about customers that you may not see. Ask a colleague who sees them.")
        messages.error(request, words)
        return redirect("health:run_page", pk)
    if not discard_draft(run, by=request.user):
        messages.error(request, _("This run was approved; it can only be stopped."))
        return redirect("health:run_page", pk)
    messages.success(request, _("The draft is thrown away."))
    return redirect("health:run_list")


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def notice_settle(request: SignedInRequest, pk: int, notice_pk: int) -> HttpResponse:
    run = get_run(request.user, pk)
    notice = get_object_or_404(visible_notices(request.user), pk=notice_pk, run=run)
    has_arrived = request.POST.get("arrived") == "yes"
    if not settle(notice, has_arrived=has_arrived, by=request.user, now=timezone.now()):
        messages.info(request, _("Somebody has decided on it already."))
    elif has_arrived:
        messages.success(request, _("It counts as sent."))
    else:
        messages.success(request, _("It is sent once more."))
    return redirect("health:run_page", pk)


def _ask(request: SignedInRequest, run: NoticeRun) -> str:
    ask(run, edition=_number(request, "edition"), by=request.user, now=timezone.now())
    return _("Somebody else has to approve it now.")


def _send_back(request: SignedInRequest, run: NoticeRun) -> str:
    send_back(run, because=" ".join(request.POST.get("because", "").replace("\x00", "").split()), by=request.user)
    return _("It went back to its author.")


def _approve(request: SignedInRequest, run: NoticeRun) -> str:
    seen = _number(request, "contacts")
    count = approve(run, edition=_number(request, "edition"), contacts=seen, by=request.user, now=timezone.now())
    words = ngettext("Approved: %(count)d mail leaves now.", "Approved: %(count)d mails leave now.", count)
    return words % {"count": count}


def _stop(request: SignedInRequest, run: NoticeRun) -> str:
    stop(run, by=request.user, now=timezone.now())
    return _("Stopped. What was not sent yet waits.")


def _resume(request: SignedInRequest, run: NoticeRun) -> str:
    resume(run, by=request.user)
    return _("It goes on.")


def _give_up(request: SignedInRequest, run: NoticeRun) -> str:
    give_up(run, by=request.user, now=timezone.now())
    return _("What was not sent will not be sent by this run.")


_STEPS: dict[str, Callable[[SignedInRequest, NoticeRun], str]] = {
    "ask": _ask,
    "send-back": _send_back,
    "approve": _approve,
    "stop": _stop,
    "resume": _resume,
    "give-up": _give_up,
}


def _number(request: SignedInRequest, name: str) -> int:
    text: Any = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else -1


def _may_edit(request: SignedInRequest) -> bool:
    return may(request.user, Capability.EDIT_CUSTOMERS)

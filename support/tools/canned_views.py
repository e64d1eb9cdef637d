"""The picker of canned replies on a ticket's page, and the settings where owners write them."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from health.notice_runs.words import problems_of
from support.access import get_ticket
from support.models import CannedReply
from support.tools.canned import VARIABLES, offered_for


class CannedForm(forms.ModelForm[CannedReply]):
    class Meta:
        model = CannedReply
        fields = ("name", "language", "family", "text")
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control"}),
            "language": forms.Select(attrs={"class": "form-select"}),
            "family": forms.Select(attrs={"class": "form-select"}),
            "text": forms.Textarea(attrs={"class": "form-control", "rows": 12}),
        }

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if problems := problems_of(text, known=VARIABLES):
            raise forms.ValidationError(problems)
        return text


@require_safe
@requires(Capability.WORK_TICKETS)
def ticket_canned(request: SignedInRequest, number: int) -> HttpResponse:
    """Those that are asked for, filled in for this ticket."""
    ticket, words = get_ticket(request.user, number), request.GET.get("q", "")[:100].replace("\x00", "")
    offered = offered_for(ticket, words=words, by=request.user)
    return render(request, "support/_ticket_canned.html", {"ticket": ticket, "offered": offered, "words": words})


@require_safe
@requires(Capability.MANAGE_PORTAL)
def canned_replies(request: SignedInRequest) -> HttpResponse:
    return render(request, "settings/canned_replies.html", {"rows": CannedReply.objects.order_by("name")})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def canned_reply_new(request: SignedInRequest) -> HttpResponse:
    return _edit(request, CannedReply())


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def canned_reply(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(CannedReply, pk=pk))


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def canned_reply_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    reply = get_object_or_404(CannedReply, pk=pk)
    with transaction.atomic():
        record(Action.CANNED_REPLY_DELETED, by=request.user, about=reply, before=_facts(reply))
        reply.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": reply.name})
    return redirect("support:canned_replies")


def _edit(request: SignedInRequest, reply: CannedReply) -> HttpResponse:
    before = _facts(reply)
    form = CannedForm(request.POST or None, instance=reply)
    if form.is_valid():
        with transaction.atomic():
            kept = form.save(commit=False)
            kept.updated_at = timezone.now()
            kept.save()
            record(Action.CANNED_REPLY_SAVED, by=request.user, about=kept, before=before, after=_facts(kept))
        messages.success(request, _("Saved."))
        return redirect("support:canned_replies")
    context = {"form": form, "reply": reply, "variables": VARIABLES.items()}
    return render(request, "settings/canned_reply.html", context)


def _facts(reply: CannedReply) -> dict[str, Any]:
    return {"name": reply.name, "language": reply.language, "family": reply.family, "text": reply.text[:2000]}

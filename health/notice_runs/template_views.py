"""Settings: our own words for each kind of notice, in each language."""

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from health.models import NoticeTemplate
from health.notice_runs.forms import TemplateForm
from health.notice_runs.texts import BUILT_IN, Words
from health.notice_runs.words import OF_CONTACT, OF_ISSUE


@require_safe
@requires(Capability.MANAGE_PORTAL)
def template_list(request: SignedInRequest) -> HttpResponse:
    own = {(row.kind, row.language): row for row in NoticeTemplate.objects.all()}
    rows = [
        {"kind": kind, "kind_word": word, "language": code, "language_word": name, "own": own.get((kind, code))}
        for kind, word in NoticeTemplate.Kind.choices
        for code, name in settings.LANGUAGES
    ]
    return render(request, "settings/notice_texts.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def template_edit(request: SignedInRequest, kind: str, language: str) -> HttpResponse:
    """`built_in` in the form goes back to the words that the portal came with."""
    if (kind, language) not in BUILT_IN:
        raise Http404
    own = NoticeTemplate.objects.filter(kind=kind, language=language).first()
    words = Words(subject=own.subject, text=own.text) if own else BUILT_IN[kind, language]
    if request.method == "POST" and "built_in" in request.POST:
        _keep(own or NoticeTemplate(kind=kind, language=language), words=None, before=words, request=request)
        return redirect("health:template_list")
    form = TemplateForm(request.POST or None, initial={"subject": words.subject, "text": words.text})
    if form.is_valid():
        new = Words(subject=form.cleaned_data["subject"], text=form.cleaned_data["text"])
        _keep(own or NoticeTemplate(kind=kind, language=language), words=new, before=words, request=request)
        return redirect("health:template_list")
    context = {
        "form": form,
        "kind": NoticeTemplate.Kind(kind).label,
        "language": dict(settings.LANGUAGES)[language],
        "is_own": own is not None,
        "variables": {**OF_CONTACT, **OF_ISSUE}.items(),
    }
    return render(request, "settings/notice_text.html", context)


@transaction.atomic
def _keep(row: NoticeTemplate, *, words: Words | None, before: Words, request: SignedInRequest) -> None:
    """Store our own words; None goes back to the built-in ones."""
    after = words or BUILT_IN[row.kind, row.language]
    if words is not None:
        row.subject, row.text = words.subject, words.text
        row.save()
    record(
        Action.NOTICE_TEXT_CHANGED,
        by=request.user,
        about=row if row.pk else None,
        before={"subject": before.subject, "text": before.text},
        after={"subject": after.subject, "text": after.text},
    )
    if words is None and row.pk:
        row.delete()
    messages.success(request, _("The words are saved; runs drafted from now on use them."))

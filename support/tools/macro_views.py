"""Macros on a ticket's page, and the settings where owners put them together."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from health.notice_runs.words import problems_of
from support.access import get_ticket
from support.models import Macro, Severity
from support.tools.canned import VARIABLES
from support.tools.macros import acts_of, run

_SELECT = {"class": "form-select"}


class MacroForm(forms.ModelForm[Macro]):
    tags = forms.CharField(
        label=gettext_lazy("Add tags"),
        help_text=gettext_lazy("Apart from each other by commas."),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )

    class Meta:
        model = Macro
        fields = ("name", "status", "severity", "owner", "queue", "tags", "note", "reply")
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control"}),
            **{name: forms.Select(attrs=_SELECT) for name in ("status", "severity", "owner", "queue", "reply")},
            "note": forms.Textarea(attrs={"class": "form-control", "rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.tags:
            self.initial["tags"] = ", ".join(self.instance.tags)

    def clean_tags(self) -> list[str]:
        tags = [" ".join(tag.split()) for tag in self.cleaned_data["tags"].split(",")]
        if any(len(tag) > 40 for tag in tags):
            raise forms.ValidationError(_("A tag may have 40 characters."))
        return list(dict.fromkeys(filter(None, tags)))

    def clean_note(self) -> str:
        note: str = self.cleaned_data["note"]
        if problems := problems_of(note, known=VARIABLES):
            raise forms.ValidationError(problems)
        return note

    def clean_severity(self) -> str:
        severity: str = self.cleaned_data["severity"]
        if severity == Severity.A:
            raise forms.ValidationError(_("Severity A needs an impact in the ticket's own words: set it there."))
        return severity

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not any(cleaned.get(name) for name in self.Meta.fields if name != "name"):
            raise forms.ValidationError(_("Choose at least one thing that it does."))
        return cleaned


@require_safe
@requires(Capability.WORK_TICKETS)
def ticket_macros(request: SignedInRequest, number: int) -> HttpResponse:
    """Those that can be run here, with what they do."""
    ticket = get_ticket(request.user, number)
    return render(request, "support/_ticket_macros.html", {"ticket": ticket, "macros": shown_macros()})


@limited("macro", per_minute=60)
@require_POST
@requires(Capability.WORK_TICKETS)
def ticket_macro(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    ticket, macro = get_ticket(request.user, number), get_object_or_404(_macros(), pk=pk)
    run(macro, ticket.pk, by=request.user, now=timezone.now())
    if macro.reply:
        messages.success(request, _("“%(name)s” is done. Read the reply in the box, then send it.") % {"name": macro})
    else:
        messages.success(request, _("“%(name)s” is done.") % {"name": macro})
    return redirect("support:ticket_page", number)


@require_safe
@requires(Capability.MANAGE_PORTAL)
def macros(request: SignedInRequest) -> HttpResponse:
    return render(request, "settings/macros.html", {"rows": shown_macros()})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def macro_new(request: SignedInRequest) -> HttpResponse:
    return _edit(request, Macro())


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def macro(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Macro, pk=pk))


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def macro_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_macros(), pk=pk)
    with transaction.atomic():
        record(Action.MACRO_DELETED, by=request.user, about=found, before=_facts(found))
        found.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": found.name})
    return redirect("support:macros")


def _edit(request: SignedInRequest, kept: Macro) -> HttpResponse:
    before = _facts(kept)
    form = MacroForm(request.POST or None, instance=kept)
    if form.is_valid():
        with transaction.atomic():
            saved = form.save()
            record(Action.MACRO_SAVED, by=request.user, about=saved, before=before, after=_facts(saved))
        messages.success(request, _("Saved."))
        return redirect("support:macros")
    return render(request, "settings/macro.html", {"form": form, "macro": kept, "variables": VARIABLES.items()})


def shown_macros() -> list[tuple[Macro, list[Any]]]:
    return [(one, acts_of(one)) for one in _macros()]


def _macros() -> Any:
    return Macro.objects.select_related("queue", "reply").order_by("name")


def _facts(kept: Macro) -> dict[str, Any]:
    """In English: the audit is read by whoever comes later."""
    names = ("name", "status", "severity", "owner", "tags", "note")
    beside = {"queue": str(kept.queue or ""), "reply": str(kept.reply or "")}
    return {**{name: getattr(kept, name) for name in names}, **beside} if kept.pk else {}

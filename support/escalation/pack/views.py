"""The evidence pack on a page: what goes along, what was masked, and the three ways to take it."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.download import POLICY
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from support.escalation.filing_views import escalation_of
from support.escalation.pack.gathering import evidence_of, extracts_of, left_out
from support.escalation.pack.making import Pack, pack_of
from support.escalation.pack.masking import LEFT, RIGHT, TITLES
from support.models import Entry, Escalation

MOST_PHRASES, LONGEST_PHRASE = 50, 200
_TYPES = {"txt": "text/plain; charset=utf-8", "pdf": "application/pdf", "zip": "application/zip"}


class PackForm(forms.Form):
    """Which words go along; internal notes only where somebody ticks them."""

    entries = forms.MultipleChoiceField(
        label=gettext_lazy("From the ticket"), required=False, widget=forms.CheckboxSelectMultiple
    )
    also = forms.CharField(
        label=gettext_lazy("Hide these words too"),
        help_text=gettext_lazy("A phrase per line. What the rules hide stays hidden."),
        required=False,
        max_length=MOST_PHRASES * LONGEST_PHRASE,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 3}),
    )

    def __init__(self, *args: Any, said: list[Entry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.said = said
        self.fields["entries"].choices = [(str(one.pk), "") for one in said]  # type: ignore[attr-defined]  # of a choice

    def clean_also(self) -> list[str]:
        phrases = [" ".join(line.split()) for line in self.cleaned_data["also"].splitlines()]
        phrases = list(dict.fromkeys(one for one in phrases if one))
        if any(len(one) < 3 for one in phrases):
            raise forms.ValidationError(_("A phrase needs at least three characters."))
        return phrases[:MOST_PHRASES]


@dataclass(frozen=True, kw_only=True, slots=True)
class Extract:
    entry: Entry
    is_chosen: bool


@limited("evidence", per_minute=60)
@require_http_methods(["GET", "POST"])
@requires(Capability.WORK_TICKETS)
def escalation_pack(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """A preview of just what would leave, with what was masked marked in it."""
    row = escalation_of(request, number, pk)
    form, pack = _asked(row, request.POST if request.method == "POST" else None)
    return _preview(request, row, form=form, pack=pack)


def _preview(request: SignedInRequest, row: Escalation, *, form: PackForm, pack: Pack) -> HttpResponse:
    chosen = _chosen(form)
    context = {
        "ticket": row.ticket,
        "escalation": row,
        "form": form,
        "extracts": [Extract(entry=one, is_chosen=str(one.pk) in chosen) for one in form.said],
        "left_out": left_out(row, shown=len(form.said)),
        "pack": pack,
        "shown": _marked(pack.text),
        "counts": [(TITLES[name], count) for name, count in sorted(pack.counts.items())],
    }
    return render(request, "support/escalation_pack.html", context)


@limited("evidence", per_minute=60)
@require_POST
@requires(Capability.WORK_TICKETS)
def escalation_pack_file(request: SignedInRequest, number: int, pk: int) -> HttpResponse:
    """As text, PDF or ZIP; who took it, and which bytes, stands in the audit."""
    row = escalation_of(request, number, pk)
    form, pack = _asked(row, request.POST)
    shape = request.POST.get("as", "")
    if not form.is_valid() or shape not in _TYPES:
        return _preview(request, row, form=form, pack=pack)
    content = {"txt": pack.text.encode, "pdf": pack.pdf, "zip": pack.zip}[shape]()
    customer = row.ticket.customer.tenant_id if row.ticket.customer else None
    after = {"as": shape, "sha256": sha256(content).hexdigest(), "size": len(content)}
    record(Action.EVIDENCE_TAKEN, by=request.user, about=row, customer=customer, after=after)
    answer = HttpResponse(content, content_type=_TYPES[shape])
    answer["Content-Disposition"] = f'attachment; filename="evidence-{row.ticket_id}-{row.escalation_no}.{shape}"'
    answer["Content-Security-Policy"], answer["Cache-Control"] = POLICY, "private, no-store"
    return answer


def _asked(row: Escalation, said: Mapping[str, Any] | None) -> tuple[PackForm, Pack]:
    form = PackForm(said, said=extracts_of(row))
    phrases = form.cleaned_data["also"] if form.is_valid() else []
    return form, pack_of(evidence_of(row, entries=map(int, _chosen(form))), also=phrases)


def _chosen(form: PackForm) -> set[str]:
    """At first what the customer has read or written; of a form with a mistake, what was ticked and is there."""
    if not form.is_bound:
        return {str(one.pk) for one in form.said if one.is_public}
    return {str(one.pk) for one in form.said} & set(form.data.getlist("entries"))  # type: ignore[attr-defined]  # QueryDict


def _marked(text: str) -> SafeString:
    """The masked places as marks, everything else escaped."""
    pieces = []
    for part in text.split(LEFT):
        masked, right, rest = part.partition(RIGHT)
        pieces.append(format_html("<mark>{}</mark>{}", masked, rest) if right else format_html("{}", part))
    return format_html_join("", "{}", ((one,) for one in pieces))

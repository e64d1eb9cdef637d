"""Pages of downtime per month, and of the claims for service credit that follow from it."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from health.downtime.report import ORDER, DowntimeFilter, downtimes_of, issues_behind, shown_percent, visible_downtimes
from health.models import Downtime

_TEXT = {"class": "form-control", "autocomplete": "off"}


class ClaimForm(forms.Form):
    claim = forms.ChoiceField(
        label=gettext_lazy("Claim"),
        required=False,
        choices=Downtime.Claim.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    claim_number = forms.CharField(
        label=gettext_lazy("Number of the claim"), required=False, max_length=60, widget=forms.TextInput(attrs=_TEXT)
    )
    claim_note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=500, widget=forms.TextInput(attrs=_TEXT)
    )

    def clean(self) -> None:
        if self.cleaned_data.get("claim") and not self.cleaned_data.get("claim_number"):
            self.add_error("claim_number", _("Write the number under which Microsoft keeps the claim."))


@limited("search", per_minute=240)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def downtime_report(request: SignedInRequest) -> HttpResponse:
    chosen = DowntimeFilter.from_query(request.GET, user=request.user, now=timezone.now())
    page = page_of(downtimes_of(request.user, chosen), order=ORDER, mark=request.GET.get("page", ""))
    behind = issues_behind(page.rows, user=request.user, month=chosen.month)
    context = {
        "chosen": chosen,
        "page": page,
        "rows": [
            (row, shown_percent(row.availability), behind.get((row.customer_id, row.service.name), ()))
            for row in page.rows
        ],
        "claims": [claim for claim in Downtime.Claim if claim],
        "may_export": may(request.user, Capability.EXPORT),
        "may_edit": may(request.user, Capability.EDIT_CUSTOMERS),
    }
    return render(request, "health/downtime.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
@transaction.atomic
def claim_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    row = visible_downtimes(request.user).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        raise Http404(_("There is no such downtime, or it is of a customer that you may not see."))
    before = _claim_of(row)
    form = ClaimForm(request.POST or None, initial=before)
    if not form.is_valid():
        return render(request, "health/claim.html", {"row": row, "form": form})
    Downtime.objects.filter(pk=row.pk).update(**form.cleaned_data)
    record(
        Action.CLAIM_CHANGED,
        by=request.user,
        about=row,
        customer=row.customer.tenant_id,
        before=before,
        after=form.cleaned_data,
    )
    messages.success(request, _("The claim is saved."))
    return redirect(f"{reverse('health:downtime')}?month={row.month:%Y-%m}")


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def downtime_export(request: SignedInRequest) -> HttpResponseBase:
    chosen = DowntimeFilter.from_query(request.GET, user=request.user, now=timezone.now())
    record(Action.DOWNTIME_EXPORTED, by=request.user, after={"filters": request.GET.dict()})
    header = [
        *(_("Month"), _("Customer"), _("Tenant ID"), _("Service"), _("Minutes down"), _("Minutes degraded")),
        *(_("Minutes unknown"), _("Availability in percent"), _("Claim"), _("Number of the claim"), _("Note")),
    ]
    rows = downtimes_of(request.user, chosen).order_by(*ORDER).iterator(chunk_size=500)
    return csv_answer(f"downtime-{chosen.month:%Y-%m}", header=header, rows=_cells(rows))


def _cells(rows: Iterator[Any]) -> Iterator[list[object]]:
    for row in rows:
        minutes = (row.incident_seconds // 60, row.degraded_seconds // 60, row.unknown_seconds // 60)
        yield [
            *(f"{row.month:%Y-%m}", row.customer.name, row.customer.tenant_id, row.service.name, *minutes),
            *(shown_percent(row.availability), row.get_claim_display(), row.claim_number, row.claim_note),
        ]


def _claim_of(row: Downtime) -> dict[str, str]:
    return {"claim": row.claim, "claim_number": row.claim_number, "claim_note": row.claim_note}

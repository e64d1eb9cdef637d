"""Everything about a customer, or one person there, as a file: asked for, watched, downloaded."""

from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.download import POLICY
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from customers.access import get_customer, get_customer_at
from customers.choices import shows_clouds
from support.erasing import files
from support.erasing.exports import KEPT, ask
from support.erasing.forms import ExportForm
from support.models import DataExport

SHOWN = 50


@require_safe
@requires(Capability.EXPORT)
def customer_data(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """What was asked for and what can be downloaded; asks again by itself while something is being made."""
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    found = DataExport.objects.filter(customer=customer).select_related("asked_by").order_by("-pk")
    exports = list(found[:SHOWN])
    context = {
        "customer": customer,
        "exports": exports,
        "is_making": any(export.made_at is None and export.due_at for export in exports),
        "days": KEPT.days,
        "form": ExportForm(),
        "shows_cloud": shows_clouds(request),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    return render(request, f"support/erasing/{'_exports' if is_fragment else 'customer_data'}.html", context)


@limited("data_export", per_minute=6)
@require_POST
@requires(Capability.EXPORT, step_up=True)
def data_export_new(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer, form = get_customer(request.user, tenant_id), ExportForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("This is no mail address. Nothing was asked for."))
    else:
        ask(customer, address=form.cleaned_data["address"], by=request.user, now=timezone.now())
        messages.success(request, _("The export is being made. It can be downloaded here when it is ready."))
    return redirect("support:customer_data", tenant_id)


@require_safe
@requires(Capability.EXPORT, step_up=True)
def data_export_file(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponseBase:
    customer = get_customer(request.user, tenant_id)
    export = get_object_or_404(DataExport, customer=customer, pk=pk, made_at__isnull=False)
    if no_file(export):
        messages.error(request, _("The file of this export is no longer there. Ask for a new one."))
        return redirect("support:customer_data", tenant_id)
    return served(export, by=request.user, tenant_id=tenant_id, is_read=request.method == "GET")


def no_file(export: DataExport) -> bool:
    return not files.path_of(export.key).exists()


def served(export: DataExport, *, by: User, tenant_id: UUID, is_read: bool = True) -> FileResponse:
    """The file, and who read it in the audit."""
    if is_read:
        after = {"sha256": export.sha256, "size": export.size}
        record(Action.CUSTOMER_DATA_READ, by=by, about=export, customer=tenant_id, after=after)
    name = f"customer-data-{tenant_id}-{export.pk}.zip"
    opened = files.path_of(export.key).open("rb")
    answer = FileResponse(opened, as_attachment=True, filename=name, content_type="application/zip")
    answer["Content-Security-Policy"] = POLICY
    answer["Cache-Control"] = "private, no-store"
    return answer

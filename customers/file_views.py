"""The files of a customer: contracts and handbooks that everybody who works for it should find."""

from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.download import download_of
from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.models import Attachment
from csp_portal.attachments.take_in import LARGEST, LARGEST_BODY, MOST_PER_CUSTOMER, take_in
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.middleware import takes_up_to
from csp_portal.limits.rates import limited
from customers.access import get_customer, get_customer_at, sees_many_clouds
from customers.models import Customer


@require_GET
@requires(Capability.SEE_CUSTOMERS)
def customer_files(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    is_fragment = bool(request.headers.get("HX-Request")) and "HX-History-Restore-Request" not in request.headers
    return _files(request, tenant_id, template="customers/_files.html" if is_fragment else "customers/files.html")


@limited("upload", per_minute=30)
@takes_up_to(LARGEST_BODY)
@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def file_new(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer, upload, problem = get_customer(request.user, tenant_id), request.FILES.get("file"), ""
    try:
        if upload is None:
            raise AttachmentError(_("Choose a file first."))
        take_in(upload, customer=customer, tenant_id=tenant_id, by=request.user, now=timezone.now())
    except AttachmentError as error:
        problem = str(error)
    else:
        messages.success(request, _("The file was added."))
    return _answer(request, tenant_id, problem=problem)


@require_GET
@requires(Capability.SEE_CUSTOMERS)
def file_read(request: SignedInRequest, tenant_id: UUID, key: str) -> HttpResponseBase:
    """The file itself, where it may be handed out; a page that says why not, where it may not."""
    attachment = _attachment(get_customer(request.user, tenant_id), key)
    if not attachment.may_be_read:
        messages.error(
            request, _("This file is not handed out: %(state)s.") % {"state": attachment.get_state_display()}
        )
        return redirect("customers:customer_files", tenant_id)
    record(Action.FILE_READ, by=request.user, about=attachment, customer=tenant_id)
    return download_of(attachment)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def file_remove(request: SignedInRequest, tenant_id: UUID, key: str) -> HttpResponse:
    attachment = _attachment(get_customer(request.user, tenant_id), key)
    attachment.remove(now=timezone.now())
    record(Action.FILE_REMOVED, by=request.user, about=attachment, customer=tenant_id)
    return _answer(request, tenant_id, removed=attachment)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def file_restore(request: SignedInRequest, tenant_id: UUID, key: str) -> HttpResponse:
    """Bring a removed file back, if there is still room for it."""
    customer, problem = get_customer(request.user, tenant_id), ""
    attachment = _attachment(customer, key, is_removed=True)
    if _kept(customer).count() >= MOST_PER_CUSTOMER:
        problem = _("A customer may have %(most)d files. Remove one that is no longer needed.")
        problem %= {"most": MOST_PER_CUSTOMER}
    else:
        attachment.restore()
        record(Action.FILE_RESTORED, by=request.user, about=attachment, customer=tenant_id)
        messages.success(request, _("The file is back."))
    return _answer(request, tenant_id, problem=problem)


def _kept(customer: Customer) -> QuerySet[Attachment]:
    return Attachment.objects.filter(customer=customer, removed_at__isnull=True)


def _attachment(customer: Customer, key: str, *, is_removed: bool = False) -> Attachment:
    return get_object_or_404(Attachment, customer=customer, key=key, removed_at__isnull=not is_removed)


def _answer(
    request: SignedInRequest, tenant_id: UUID, *, problem: str = "", removed: Attachment | None = None
) -> HttpResponse:
    if request.headers.get("HX-Request"):
        template = "customers/_files.html"
        return _files(request, tenant_id, template=template, problem=problem, removed=removed, is_answer=True)
    if problem:
        messages.error(request, problem)
    return redirect("customers:customer_files", tenant_id)


def _files(
    request: SignedInRequest,
    tenant_id: UUID,
    *,
    template: str,
    problem: str = "",
    removed: Attachment | None = None,
    is_answer: bool = False,
) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    files = list(_kept(customer).select_related("uploaded_by").order_by("-uploaded_at", "-pk"))
    context = {
        "customer": customer,
        "files": files,
        "is_scanning": any(file.state == Attachment.State.PENDING for file in files),
        "is_full": len(files) >= MOST_PER_CUSTOMER,
        "largest": LARGEST,
        "problem": problem,
        "removed": removed,
        "is_answer": is_answer,
        "shows_cloud": sees_many_clouds(request.user),
    }
    return render(request, template, context)

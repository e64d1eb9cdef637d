"""Who was told what, and when: the record of a customer, and files of it."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.access import get_customer, get_customer_at, sees_many_clouds
from health.models import Notice
from health.notice_runs.queries import get_run, visible_notices


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_notices(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    rows = visible_notices(request.user).filter(customer=customer).exclude(state=Notice.State.CANCELED)
    rows = rows.annotate(at=Coalesce("sent_at", "due_at"))
    page = page_of(rows, order=("-at", "-id"), mark=request.GET.get("page", ""), size=20)
    context = {"customer": customer, "page": page, "shows_cloud": sees_many_clouds(request.user)}
    return render(request, "health/customer_notices.html", context)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def customer_notices_export(request: SignedInRequest, tenant_id: UUID) -> HttpResponseBase:
    customer = get_customer(request.user, tenant_id)
    record(Action.CUSTOMER_NOTICES_EXPORTED, by=request.user, about=customer, customer=tenant_id)
    return _file("notices", visible_notices(request.user).filter(customer=customer).order_by("pk"))


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def run_export(request: SignedInRequest, pk: int) -> HttpResponseBase:
    run = get_run(request.user, pk)
    record(Action.RUN_EXPORTED, by=request.user, about=run)
    rows = visible_notices(request.user).filter(run=run).order_by("customer__name", "pk")
    return _file(f"notice-run-{run.pk}", rows)


def _file(name: str, notices: QuerySet[Notice]) -> HttpResponseBase:
    header = [
        *(_("Customer"), _("Tenant ID"), _("Contact"), _("Mail address"), _("Notice run"), _("Issue"), _("State")),
        *(_("Sent"), _("Message-ID"), _("Answer of the mail server"), _("Subject"), _("Text")),
    ]
    return csv_answer(name, header=header, rows=_rows(notices.iterator(chunk_size=500)))


def _rows(notices: Iterator[Notice]) -> Iterator[list[object]]:
    for notice in notices:
        yield [
            *(notice.customer.name, notice.customer.tenant_id, notice.contact.name, notice.address),
            *(notice.run.title, notice.run.issue.microsoft_id if notice.run.issue else ""),
            *(notice.get_state_display(), _moment(notice.sent_at), notice.message_id, notice.answer),
            *(notice.subject, notice.text),
        ]


def _moment(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""

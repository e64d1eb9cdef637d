"""The request form behind a signed link: for anybody who has it, about one customer, answered at its addresses only."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.take_in import LARGEST_BODY
from csp_portal.limits.middleware import takes_up_to
from health.models import Share
from health.shares.opening import Opened, shows
from health.shares.status import read_status
from support.customer_side.forms import OpenRequestForm
from support.customer_side.taking_in import open_request
from support.models import Channel, Ticket


@takes_up_to(LARGEST_BODY)
@shows(Share.Kind.REQUEST_FORM, takes_words=True)
def request_form(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    customer = opened.customers.get()
    form = OpenRequestForm(request.POST or None, customer=customer)
    ticket = _open(request, opened, form) if form.is_valid() else None
    context = {"form": form, "ticket": ticket, "share": opened.share, "status": read_status(opened)}
    return render(request, "customer_side/request_form.html", context)


def _open(request: HttpRequest, opened: Opened, form: OpenRequestForm) -> Ticket | None:
    said = form.cleaned_data
    try:
        return open_request(
            opened.customers.get(),
            said,
            name=said["name"],
            address=said["address"],
            language=opened.share.language,
            channel=Channel.FORM,
            files=request.FILES.getlist("files"),
            now=opened.now,
        )
    except AttachmentError as error:
        form.add_error(None, str(error))
        return None

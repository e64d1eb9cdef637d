"""The pages of a customer's person: their requests, the health of their tenant, and what we promised."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.attachments.download import download_of
from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.take_in import LARGEST_BODY
from csp_portal.keyset import page_of
from csp_portal.limits.middleware import takes_up_to
from csp_portal.limits.rates import limited
from health.shares.status import DAYS, read_status
from support.customer_side.door import for_customers, health_of, said_on, ticket_for, tickets_for
from support.customer_side.forms import RatingForm, RequestForm, WordForm
from support.customer_side.offer import offer_of, sheets_for
from support.customer_side.taking_in import add_word, end_request, may_rate, open_request, rate
from support.models import Channel, CustomerPerson, EntryFile, Ticket
from support.offers.public import pdf_answer
from support.offers.standing import offers_in_force
from support.reopening import begins_anew

NEWEST_FIRST = ("-id",)


@require_safe
@for_customers
def my_tickets(request: HttpRequest, person: CustomerPerson) -> HttpResponse:
    rows = tickets_for(person).filter(merged_into=None)
    page = page_of(rows, order=NEWEST_FIRST, mark=request.GET.get("page", ""))
    return render(request, "customer_side/tickets.html", {"person": person, "page": page, "tab": "tickets"})


@require_safe
@for_customers
def my_ticket(request: HttpRequest, person: CustomerPerson, number: int) -> HttpResponse:
    return _show(request, person, ticket_for(person, number))


def _show(
    request: HttpRequest, person: CustomerPerson, ticket: Ticket, *, form: WordForm | None = None
) -> HttpResponse:
    now = timezone.now()
    heir = ticket.merged_into
    if heir is not None and tickets_for(person).filter(pk=heir.pk).exists():
        return redirect("support:my_ticket", heir.pk)
    context = {
        "person": person,
        "ticket": ticket,
        "said": said_on(ticket, person=person),
        "form": form or WordForm(),
        "is_over": begins_anew(ticket, now=now) or heir is not None,
        "may_rate": may_rate(ticket, now=now),
        "rating": getattr(ticket, "rating", None),
        "tab": "tickets",
    }
    return render(request, "customer_side/ticket.html", context, status=400 if form else 200)


@limited("customer's word", per_minute=20)
@takes_up_to(LARGEST_BODY)
@require_POST
@for_customers
def my_word(request: HttpRequest, person: CustomerPerson, number: int) -> HttpResponse:
    """A further word of the customer with its files, where the request is not over."""
    ticket, form, now = ticket_for(person, number), WordForm(request.POST), timezone.now()
    if begins_anew(ticket, now=now) or ticket.merged_into_id is not None:
        messages.error(request, _("This request is over. Ask anew, and we know what it goes on from."))
        return redirect("support:my_ticket", number)
    if form.is_valid():
        try:
            files = request.FILES.getlist("files")
            add_word(ticket, text=form.cleaned_data["text"], person=person, files=files, now=now)
        except AttachmentError as error:
            form.add_error(None, str(error))
    if form.errors:
        return _show(request, person, ticket, form=form)
    messages.success(request, _("We have your words."))
    return redirect("support:my_ticket", number)


@require_POST
@for_customers
def my_end(request: HttpRequest, person: CustomerPerson, number: int) -> HttpResponse:
    ticket = ticket_for(person, number)
    if not ticket.is_ended:
        end_request(ticket, now=timezone.now())
        messages.success(request, _("Thank you: it counts as solved. Write again if it comes back."))
    return redirect("support:my_ticket", number)


@require_POST
@for_customers
def my_rating(request: HttpRequest, person: CustomerPerson, number: int) -> HttpResponse:
    ticket, form, now = ticket_for(person, number), RatingForm(request.POST), timezone.now()
    if not may_rate(ticket, now=now):
        messages.error(request, _("A request is rated within two weeks after its end."))
    elif form.is_valid():
        rate(ticket, person=person, now=now, **form.cleaned_data)
        messages.success(request, _("Thank you. You may change it within two weeks."))
    else:
        messages.error(request, _("Choose good or bad."))
    return redirect("support:my_ticket", number)


@limited("customer's request", per_minute=10)
@takes_up_to(LARGEST_BODY)
@require_http_methods(["GET", "POST"])
@for_customers
def my_new(request: HttpRequest, person: CustomerPerson) -> HttpResponse:
    """`?after=` is a request that is over and comes back."""
    after, now = _after(request, person), timezone.now()
    known = {"subject": after.subject, "family": after.family} if after else {}
    form = RequestForm(request.POST or None, initial=known)
    if form.is_valid() and (ticket := _open(request, person, form, after=after, now=now)):
        messages.success(request, _("We have your request: it is #%(number)d.") % {"number": ticket.pk})
        return redirect("support:my_ticket", ticket.pk)
    status = read_status(health_of(person.customer, now=now))
    return render(request, "customer_side/new.html", {"person": person, "form": form, "status": status, "tab": "new"})


def _open(
    request: HttpRequest, person: CustomerPerson, form: RequestForm, *, after: Ticket | None, now: datetime
) -> Ticket | None:
    try:
        return open_request(
            person.customer,
            form.cleaned_data,
            name=person.name,
            address=person.address,
            language=person.language,
            channel=Channel.CUSTOMER_PAGE,
            files=request.FILES.getlist("files"),
            now=now,
            after=after,
        )
    except AttachmentError as error:
        form.add_error(None, str(error))
        return None


def _after(request: HttpRequest, person: CustomerPerson) -> Ticket | None:
    number = request.GET.get("after", "")
    is_number = number.isascii() and number.isdecimal() and len(number) < 10
    return tickets_for(person).filter(pk=int(number)).first() if is_number else None


@require_safe
@for_customers
def my_file(request: HttpRequest, person: CustomerPerson, number: int, key: str) -> HttpResponseBase:
    """A file of what the customer may read, where it may be handed out."""
    ticket = ticket_for(person, number)
    entries = [entry.pk for entry in said_on(ticket, person=person)]
    found = EntryFile.objects.select_related("attachment").filter(entry__in=entries, attachment__key=key).first()
    if found is None:
        raise Http404(_("There is no such file."))
    if not found.attachment.may_be_read:
        messages.error(request, _("This file is not handed out: it is being looked at, or was found to be harmful."))
        return redirect("support:my_ticket", number)
    return download_of(found.attachment)


@require_safe
@for_customers
def my_health(request: HttpRequest, person: CustomerPerson) -> HttpResponse:
    status = read_status(health_of(person.customer, now=timezone.now()))
    context = {"person": person, "status": status, "days": DAYS, "tab": "health"}
    return render(request, "customer_side/health.html", context)


@require_safe
@for_customers
def my_offer(request: HttpRequest, person: CustomerPerson) -> HttpResponse:
    sheets = sheets_for(person, now=timezone.now())
    besides = offer_of(person.customer, but=[version for version, _sheet in sheets])
    context = {"person": person, "sheets": sheets, "offer": besides, "tab": "offer"}
    return render(request, "customer_side/offer.html", context)


@require_safe
@for_customers
def my_offer_sheet(request: HttpRequest, person: CustomerPerson, pk: int) -> HttpResponse:
    """The sheet of an offer that holds for them, on paper."""
    for version in offers_in_force(person.customer, now=timezone.now()):
        if version.pk == pk:
            return pdf_answer(version, language=person.language)
    raise Http404(_("There is no such offer, or it holds no longer."))

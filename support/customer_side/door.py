"""Who of a customer is here, and what they may read: the only door of the customers' pages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from customers.models import Customer
from health.models import Share
from health.shares.opening import Opened
from support.models import CustomerPerson, Entry, Ticket, TicketQuerySet
from support.readers import reader_of_all
from support.reopening import merged_numbers

COOKIE = "csp_customer"
VISIT = timedelta(hours=12)
_SALT = "customer side"
_SEEN_EVERY = timedelta(minutes=10)

ShownView = Callable[..., HttpResponseBase]


def for_customers(view: ShownView) -> ShownView:
    """The view of a person of a customer, as its second argument; who is not here is led to the way in."""

    @never_cache
    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        person = visitor_of(request, now=timezone.now())
        if person is None:
            back = urlencode({"next": request.path}) if request.method == "GET" else ""
            return guarded_headers(redirect(f"{reverse('support:my_entrance')}?{back}"))
        with translation.override(person.language):
            return guarded_headers(view(request, person, *args, **kwargs))

    return guarded


def guarded_headers(answer: HttpResponseBase) -> HttpResponseBase:
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "same-origin"
    return answer


def visitor_of(request: HttpRequest, *, now: datetime) -> CustomerPerson | None:
    """None without a cookie of ours, after its twelve hours, or where the partner has ended the visit."""
    try:
        pk, key = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=VISIT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    found = CustomerPerson.objects.select_related("customer__calendar", "customer__connection")
    person = found.filter(pk=pk, visit_key=key, disabled_at__isnull=True, customer__gone_at__isnull=True).first()
    if person is not None and (person.seen_at is None or person.seen_at < now - _SEEN_EVERY):
        CustomerPerson.objects.filter(pk=person.pk).update(seen_at=now)
    return person


def let_in(answer: HttpResponseBase, person: CustomerPerson) -> None:
    """Give the browser the cookie of this person's visit."""
    answer.set_cookie(
        COOKIE,
        signing.dumps([person.pk, person.visit_key], salt=_SALT),
        max_age=int(VISIT.total_seconds()),
        path=reverse("support:my_entrance"),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def show_out(answer: HttpResponseBase) -> None:
    answer.delete_cookie(COOKIE, path=reverse("support:my_entrance"), samesite="Lax")


def next_page(request: HttpRequest) -> str:
    """Where the visit goes on: only to a customers' page."""
    asked, own = request.GET.get("next", ""), reverse("support:my_entrance")
    is_ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith(own)
    return asked if is_ours else reverse("support:my_tickets")


def tickets_for(person: CustomerPerson) -> TicketQuerySet:
    """Their own ones, or all of the customer where the partner allowed it."""
    theirs = Ticket.objects.filter(customer=person.customer)
    if person.sees_all:
        return theirs
    return theirs.filter(Q(requester_address__iexact=person.address) | Q(contact__address__iexact=person.address))


def ticket_for(person: CustomerPerson, number: int) -> Ticket:
    found = tickets_for(person).filter(pk=number).select_related("customer", "issue", "owner", "merged_into", "rating")
    ticket = found.first()
    if ticket is None:
        raise Http404(_("There is no such request, or it is not yours."))
    return ticket


def said_on(ticket: Ticket, *, person: CustomerPerson) -> list[Entry]:
    """What the person may read of it, oldest first; of what was merged into it only their own."""
    theirs = tickets_for(person).filter(pk__in=merged_numbers(ticket))
    rows = Entry.objects.public().filter(ticket__in=theirs.values("pk"))
    return list(rows.select_related("author").prefetch_related("files__attachment").order_by("at", "pk"))


def health_of(customer: Customer, *, now: datetime) -> Opened:
    """What the customer's status page would show, were there a link."""
    customers = Customer.objects.current().filter(pk=customer.pk)
    return Opened(share=Share(customer=customer), maker=reader_of_all(), customers=customers, now=now)

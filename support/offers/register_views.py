"""Pages of the register: all offers that hold, and the customers of each gap."""

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from csp_portal.accounts.exports import exports
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.keyset import page_of
from csp_portal.spreadsheet import csv_answer
from customers.models import Customer
from customers.tabs import Tab
from support.models import OFFERED_FAMILIES, OfferVersion
from support.offers.gaps import ORDER as BY_NAME
from support.offers.gaps import Gap, counts
from support.offers.register import ALL, ORDER, OfferFilter
from support.offers.sheet import price_of

_SYMBOLS = {
    Gap.NONE: "alert-circle",
    Gap.PRODUCT: "help-circle",
    Gap.UNTOLD: "mail",
    Gap.UNCONFIRMED: "user-check",
    Gap.ENDS: "clock",
}


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def offer_list(request: SignedInRequest) -> HttpResponse:
    now, chosen = timezone.now(), OfferFilter.from_query(request.GET, user=request.user)
    rows = chosen.versions(request.user, now=now)
    context = {
        "chosen": chosen,
        "chips": list(chosen.chips()),
        "page": page_of(rows, order=ORDER, mark=request.GET.get("page", "")),
        "tabs": _tabs(request, now=now),
        "families": [(ALL, _("All products")), *((one.value, one.label) for one in OFFERED_FAMILIES)],
        "deliveries": OfferVersion.Delivery.choices,
    }
    return render(request, "support/offer_list.html", context)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def offer_gaps(request: SignedInRequest, gap: str) -> HttpResponse:
    now, kind, chosen = timezone.now(), _gap(gap), OfferFilter.from_query(request.GET, user=request.user)
    rows = chosen.customers(kind, user=request.user, now=now)
    context = {
        "gap": gap,
        "chosen": chosen,
        "chips": list(chosen.chips()),
        "title": kind.label,
        "page": page_of(rows, order=BY_NAME, mark=request.GET.get("page", "")),
        "tabs": _tabs(request, now=now, current=kind),
    }
    return render(request, "support/offer_gaps.html", context)


@exports(Action.OFFERS_EXPORTED)
def offer_export(request: SignedInRequest) -> HttpResponseBase:
    header = [
        *(_("Customer"), _("Tenant ID"), _("Products"), _("Version"), _("Who delivers it"), _("The other company")),
        *(_("Promised times"), _("Price"), _("Valid from"), _("Valid to"), _("Customer told"), _("Confirmed")),
    ]
    chosen = OfferFilter.from_query(request.GET, user=request.user)
    rows = chosen.versions(request.user, now=timezone.now()).order_by(*ORDER)
    return csv_answer("support-offers", header=header, rows=map(_cells, rows.iterator(chunk_size=500)))


@exports(Action.OFFERS_EXPORTED)
def offer_gaps_export(request: SignedInRequest, gap: str) -> HttpResponseBase:
    kind, chosen = _gap(gap), OfferFilter.from_query(request.GET, user=request.user)
    rows = chosen.customers(kind, user=request.user, now=timezone.now()).order_by(*BY_NAME)
    cells = ([one.name, one.tenant_id, one.domain, kind.label] for one in rows.iterator(chunk_size=500))
    return csv_answer("support-gaps", header=[_("Customer"), _("Tenant ID"), _("Domain"), _("Gap")], rows=cells)


def _cells(row: Any) -> list[object]:
    """Of a version that `OfferFilter.versions` annotated."""
    customer: Customer = row.offer.customer
    of_it = (customer.name, customer.tenant_id, row.offer.family_words, row.number, row.get_delivery_display())
    words = (row.company, row.promised.get("name", ""), price_of(row), row.valid_from, row.valid_to or "")
    return [*of_it, *words, *(_("yes") if told else _("no") for told in (row.is_told, row.is_confirmed))]


def _gap(word: str) -> Gap:
    """As it stands in the address, in small letters."""
    if word.upper() not in Gap.values or word != word.lower():
        raise Http404(_("There is no such list."))
    return Gap(word.upper())


def _tabs(request: SignedInRequest, *, now: datetime, current: Gap | None = None) -> list[Tab]:
    address = reverse("support:offer_list")
    first = Tab(label=_("Offers in force"), url=address, icon="certificate", is_current=current is None)
    found = counts(request.user, now=now)
    return [
        first,
        *(
            Tab(
                label=gap.label,
                url=reverse("support:offer_gaps", args=[gap.value.lower()]),
                icon=_SYMBOLS[gap],
                is_current=gap == current,
                count=count or None,
            )
            for gap, count in found.items()
        ),
    ]

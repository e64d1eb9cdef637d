"""The page behind the link of a mail about an offer: the sheet, and the button that confirms it; no sign-in."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from csp_portal.limits.rates import limited
from support.customer_side.door import guarded_headers
from support.models import OfferTold, OfferVersion
from support.offers.mailing import confirm, file_name, told_behind
from support.offers.pdf import pdf_of
from support.offers.sheet import sheet_of


@limited("offer's link", per_minute=30)
@never_cache
@require_http_methods(["GET", "POST"])
@login_not_required
def offer_link(request: HttpRequest, token: str) -> HttpResponse:
    """Looking confirms nothing, because mail programs look too; the button does."""
    told = _told(token)
    if request.method == "POST":
        confirm(told, now=timezone.now())
        return redirect("support:offer_link", token)
    with translation.override(told.language):
        context = {"told": told, "sheet": sheet_of(told.version), "token": token}
        answer = render(request, "customer_side/offer_link.html", context)
    guarded_headers(answer)
    return answer


@limited("offer's link", per_minute=30)
@never_cache
@require_safe
@login_not_required
def offer_link_sheet(request: HttpRequest, token: str) -> HttpResponse:
    told = _told(token)
    return pdf_answer(told.version, language=told.language)


def pdf_answer(version: OfferVersion, *, language: str) -> HttpResponse:
    answer = HttpResponse(pdf_of(version, language=language), content_type="application/pdf")
    answer["Content-Disposition"] = content_disposition_header(True, file_name(version)) or "attachment"
    guarded_headers(answer)
    return answer


def _told(token: str) -> OfferTold:
    told = told_behind(token)
    if told is None:
        raise Http404(_("This link leads nowhere, or we serve this customer no longer."))
    return told

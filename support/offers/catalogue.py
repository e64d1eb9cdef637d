"""The catalogue: patterns of offers that drafts for customers are begun with."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.models import OfferVersion, SupportOffer
from support.offers.forms import PatternForm
from support.offers.publishing import facts_of
from support.offers.sheet import sheet_of


@require_safe
@requires(Capability.MANAGE_PORTAL)
def offer_patterns(request: SignedInRequest) -> HttpResponse:
    rows = OfferVersion.objects.filter(offer__customer__isnull=True).select_related("offer", "policy", "calendar")
    return render(request, "settings/offer_patterns.html", {"rows": rows.order_by("offer__name")})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def offer_pattern_new(request: SignedInRequest) -> HttpResponse:
    return _edit(request, OfferVersion(offer=SupportOffer(), number=1))


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def offer_pattern(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit(request, _pattern(pk))


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def offer_pattern_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    """What was begun with it stays as it is."""
    pattern = _pattern(pk)
    record(Action.OFFER_PATTERN_DELETED, by=request.user, about=pattern.offer, before=facts_of(pattern))
    pattern.offer.delete()
    messages.success(request, _("“%(name)s” is deleted.") % {"name": pattern.offer.name})
    return redirect("support:offer_patterns")


def _pattern(pk: int) -> OfferVersion:
    rows = OfferVersion.objects.filter(offer__customer__isnull=True).select_related("offer", "policy", "calendar")
    return get_object_or_404(rows, pk=pk)


def _edit(request: SignedInRequest, pattern: OfferVersion) -> HttpResponse:
    before: dict[str, Any] = facts_of(pattern) if pattern.pk else {}
    form = PatternForm(request.POST or None, instance=pattern, offer=pattern.offer)
    if form.is_valid():
        offer = pattern.offer
        offer.name = form.cleaned_data["name"]
        offer.save()
        kept = form.save(commit=False)
        kept.offer = offer
        kept.save()
        record(Action.OFFER_PATTERN_SAVED, by=request.user, about=offer, before=before, after=facts_of(kept))
        messages.success(request, _("Saved."))
        return redirect("support:offer_patterns")
    context = {"form": form, "pattern": pattern, "sheet": sheet_of(_pattern(pattern.pk)) if pattern.pk else None}
    return render(request, "settings/offer_pattern.html", context, status=400 if form.errors else 200)

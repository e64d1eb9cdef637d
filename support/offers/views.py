"""A customer's tab of what support it gets: drafts, versions, and who was told."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from customers.access import get_customer, get_customer_at, of_visible_customers
from customers.choices import shows_clouds
from customers.models import Customer
from support.models import OfferTold, OfferVersion, SupportOffer
from support.offers.forms import BeginForm, DraftForm, HandForm, MailForm
from support.offers.mailing import contacts_to_tell, note_told, tell_by_mail
from support.offers.public import pdf_answer
from support.offers.publishing import NotPublished, draft_of, facts_of, publish
from support.offers.sheet import sheet_of
from support.offers.standing import WITH_ALL, offers_in_force


def visible_offers(user: User) -> Any:
    return of_visible_customers(SupportOffer.objects.filter(customer__isnull=False), user=user)


def version_for(user: User, tenant_id: UUID, pk: int) -> tuple[Customer, OfferVersion]:
    """A version of an offer to a customer whom the person may see, or 404."""
    customer = get_customer(user, tenant_id)
    rows = OfferVersion.objects.select_related(*WITH_ALL, "published_by")
    version = rows.filter(offer__customer=customer, pk=pk).first()
    if version is None:
        raise Http404(_("There is no such offer."))
    return customer, version


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_offers(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    now = timezone.now()
    customer = get_customer_at(request.user, tenant_id, now=now)
    told = Prefetch("told", queryset=OfferTold.objects.order_by("-asked_at", "-pk"))
    versions = OfferVersion.objects.select_related("policy").prefetch_related(told).order_by("-number")
    offers = visible_offers(request.user).filter(customer=customer).order_by("family")
    context = {
        "customer": customer,
        "offers": offers.select_related("customer").prefetch_related(Prefetch("versions", queryset=versions)),
        "in_force": {version.pk for version in offers_in_force(customer, now=now)},
        "today": timezone.localdate(now),
        "begin": BeginForm(),
        "shows_cloud": shows_clouds(request),
    }
    return render(request, "support/customer_offers.html", context)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def offer_begin(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """A draft like the version before, or like a pattern; where there is a draft already, that one."""
    customer, form = get_customer(request.user, tenant_id), BeginForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose products and a pattern of the list."))
        return redirect("support:customer_offers", tenant_id)
    pattern = form.cleaned_data["pattern"]
    like = pattern.versions.order_by("-number").first() if pattern else None
    draft = draft_of(customer, family=form.cleaned_data["family"], like=like)
    return redirect("support:offer_draft", tenant_id, draft.pk)


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def offer_draft(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    """Write it, with what the customer would read beside; `publish` saves and publishes it."""
    customer, draft = version_for(request.user, tenant_id, pk)
    if not draft.is_draft:
        return redirect("support:offer_version", tenant_id, pk)
    before = facts_of(draft)
    form = DraftForm(request.POST or None, instance=draft)
    if form.is_valid():
        get_object_or_404(OfferVersion.objects.select_for_update(), pk=pk, published_at__isnull=True)
        kept, after = form.save(), facts_of(draft)
        about = customer.tenant_id
        record(Action.OFFER_DRAFTED, by=request.user, about=kept, customer=about, before=before, after=after)
        if "publish" in request.POST:
            return _publish(request, kept, tenant_id=tenant_id)
        messages.success(request, _("Saved."))
        return redirect("support:offer_draft", tenant_id, pk)
    shown = OfferVersion.objects.select_related(*WITH_ALL).get(pk=pk)
    context = {"customer": customer, "draft": shown, "form": form, "sheet": sheet_of(shown)}
    return render(request, "support/offer_draft.html", context, status=400 if form.errors else 200)


def _publish(request: SignedInRequest, draft: OfferVersion, *, tenant_id: UUID) -> HttpResponse:
    try:
        publish(draft, by=request.user, now=timezone.now())
    except NotPublished as refused:
        messages.error(request, _("Saved, but not published. %(why)s") % {"why": refused})
        return redirect("support:offer_draft", tenant_id, draft.pk)
    messages.success(request, _("Version %(number)d is published. Tell the customer.") % {"number": draft.number})
    return redirect("support:offer_version", tenant_id, draft.pk)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def offer_discard(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    customer, version = version_for(request.user, tenant_id, pk)
    draft = get_object_or_404(OfferVersion.objects.select_for_update(), pk=version.pk, published_at__isnull=True)
    told = facts_of(version)
    record(Action.OFFER_DISCARDED, by=request.user, about=draft, customer=customer.tenant_id, before=told)
    draft.delete()
    SupportOffer.objects.filter(pk=version.offer_id, versions__isnull=True).delete()
    messages.success(request, _("The draft is discarded."))
    return redirect("support:customer_offers", tenant_id)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def offer_version(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    customer, version = version_for(request.user, tenant_id, pk)
    return _show(request, customer, version)


def _show(
    request: SignedInRequest, customer: Customer, version: OfferVersion, *, hand: HandForm | None = None
) -> HttpResponse:
    contacts = contacts_to_tell(customer)
    context = {
        "customer": customer,
        "version": version,
        "sheet": sheet_of(version),
        "told": version.told.select_related("by").order_by("-asked_at", "-pk"),
        "mail": MailForm(contacts=contacts) if contacts else None,
        "hand": hand or HandForm(),
    }
    return render(request, "support/offer_version.html", context, status=400 if hand else 200)


@limited("offer told", per_minute=10)
@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def offer_mail(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    customer, version = _published(request.user, tenant_id, pk)
    contacts = contacts_to_tell(customer)
    form = MailForm(request.POST, contacts=contacts)
    if not form.is_valid():
        messages.error(request, _("Choose at least one contact."))
        return redirect("support:offer_version", tenant_id, pk)
    chosen = list(form.cleaned_data["contacts"])
    count = tell_by_mail(version, chosen, by=request.user, now=timezone.now())
    if count:
        words = ngettext("%(count)d mail is on its way.", "%(count)d mails are on their way.", count)
        messages.success(request, words % {"count": count})
    else:
        messages.info(request, _("These mails are on their way already."))
    return redirect("support:offer_version", tenant_id, pk)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def offer_hand(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    customer, version = _published(request.user, tenant_id, pk)
    form = HandForm(request.POST)
    if not form.is_valid():
        return _show(request, customer, version, hand=form)
    note_told(version, **form.cleaned_data, by=request.user, now=timezone.now())
    messages.success(request, _("Noted."))
    return redirect("support:offer_version", tenant_id, pk)


def _published(user: User, tenant_id: UUID, pk: int) -> tuple[Customer, OfferVersion]:
    """Nobody is told of a draft."""
    customer, version = version_for(user, tenant_id, pk)
    if version.is_draft:
        raise Http404(_("There is no such offer."))
    return customer, version


@limited("offer sheet", per_minute=30)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def offer_sheet(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    """`?language=` is the customer's; without, the reader's own."""
    _customer, version = version_for(request.user, tenant_id, pk)
    asked = request.GET.get("language", "")
    return pdf_answer(version, language=asked if asked in {"en", "zh-hant"} else get_language() or "en")

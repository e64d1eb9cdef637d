"""Telling customers of a change of our access before it is made, and the record that they were told."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.access import get_customer, visible_customers
from customers.contacts import contacts_of
from customers.gdap.notice_words import TOLD_OF, Draft, draft_notice
from customers.gdap.order_queries import get_order
from customers.gdap.queries import visible_relationships
from customers.gdap.telling import keep_notices, untold_customers, visible_change_notices
from customers.models import ChangeNotice, Contact, Customer, Order, Relationship

SHOWN = 200


class NoticeForm(forms.ModelForm[ChangeNotice]):
    class Meta:
        model = ChangeNotice
        fields = ("way", "subject", "text")
        widgets = {
            "way": forms.Select(attrs={"class": "form-select"}),
            "subject": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "text": forms.Textarea(attrs={"class": "form-control", "rows": 14}),
        }
        labels = {"way": gettext_lazy("How they were told"), "subject": gettext_lazy("Subject")}


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def tell(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """`?action=` says of what, `?order=`, `?relationship=` and `?contact=` fill in the rest; POST records it."""
    customer = get_customer(request.user, tenant_id)
    order, relationship = _order(request, customer), _relationship(request, customer)
    action = order.action if order else request.GET.get("action", "")
    if action not in TOLD_OF:
        raise Http404(_("There is no such change to tell of."))
    contacts = contacts_of(customer)
    contact = _contact(request, contacts)
    draft = draft_notice(
        action,
        customer=customer,
        contact=contact,
        relationship=relationship,
        reason=order.reason if order else "",
        language=contact.language if contact else translation.get_language() or "en",
        sender=request.user.name,
    )
    initial = {"subject": draft.subject, "text": draft.text}
    notice = _notice(request, action, customer=customer, order=order, relationship=relationship, contact=contact)
    notice.language = draft.language
    form = NoticeForm(request.POST or None, instance=notice, initial=initial)
    if form.is_valid():
        keep_notices([form.save(commit=False)], by=request.user)
        messages.success(request, _("It is recorded that %(customer)s was told.") % {"customer": customer.name})
        return redirect(_back_to(order, relationship=relationship, customer=customer))
    written = Draft(subject=form["subject"].value(), text=form["text"].value(), language=draft.language)
    context = {
        "customer": customer,
        "order": order,
        "action": Order.Action(action),
        "contacts": contacts,
        "contact": contact,
        "form": form,
        "mailto": written.mailto(contact.address) if contact else "",
        "query": {name: value for name, value in request.GET.items() if name != "contact"},
        "told": visible_change_notices(request.user).filter(customer=customer)[:SHOWN],
    }
    return render(request, "gdap/tell.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def order_told(request: SignedInRequest, pk: int) -> HttpResponse:
    """Who of an order's customers was told, and who was not; POST records of the others that they were."""
    order = get_order(request.user, pk)
    ours = visible_customers(request.user).order_by().values("pk")
    untold = untold_customers(order, now=timezone.now()).filter(pk__in=ours)
    form = NoticeForm(request.POST or None, initial={"way": ChangeNotice.Way.OTHER})
    if form.is_valid():
        kept = form.cleaned_data
        notices = [
            _notice(request, order.action, customer=customer, order=order, relationship=None, contact=None, **kept)
            for customer in untold
        ]
        keep_notices(notices, by=request.user)
        messages.success(
            request, _("It is recorded of %(count)d customers that they were told.") % {"count": len(notices)}
        )
        return redirect(_back_to(order, relationship=None, customer=None))
    context = {
        "order": order,
        "untold": untold[:SHOWN],
        "count": untold.count(),
        "told": visible_change_notices(request.user).filter(order=order)[:SHOWN],
        "form": form,
    }
    return render(request, "gdap/order_told.html", context)


def _notice(
    request: SignedInRequest,
    action: str,
    *,
    customer: Customer,
    order: Order | None,
    relationship: Relationship | None,
    contact: Contact | None,
    **kept: str,
) -> ChangeNotice:
    return ChangeNotice(
        customer=customer,
        action=action,
        order=order,
        relationship=relationship,
        contact=contact,
        told=str(contact) if contact else _("everybody there"),
        language=translation.get_language() or "en",
        told_at=timezone.now(),
        told_by=request.user,
        **kept,
    )


def _order(request: SignedInRequest, customer: Customer) -> Order | None:
    pk = request.GET.get("order", "")
    found = Order.objects.filter(pk=int(pk), items__customer=customer) if _is_key(pk) else Order.objects.none()
    return found.distinct().first()


def _relationship(request: SignedInRequest, customer: Customer) -> Relationship | None:
    pk = request.GET.get("relationship", "")
    return visible_relationships(request.user).filter(pk=int(pk), customer=customer).first() if _is_key(pk) else None


def _contact(request: SignedInRequest, contacts: list[Contact]) -> Contact | None:
    """The one that was chosen, else the first whose mailbox takes mail; nobody where `?contact=0` says so."""
    chosen = request.GET.get("contact", "")
    if chosen == "0":
        return None
    reachable = [one for one in contacts if one.bounced_at is None]
    return next((one for one in contacts if str(one.pk) == chosen), reachable[0] if reachable else None)


def _back_to(order: Order | None, *, relationship: Relationship | None, customer: Customer | None) -> str:
    if order is not None:
        return reverse("gdap:order_page", args=[order.pk])
    if relationship is not None:
        return reverse("gdap:relationship_page", args=[relationship.pk])
    return reverse("customers:customer_contacts", args=[customer.tenant_id]) if customer else reverse("gdap:expiry")


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10

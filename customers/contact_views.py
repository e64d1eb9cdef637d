"""The contacts of a customer: who is told, of what, and in which language."""

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.middleware import takes_up_to
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from customers.access import get_customer, get_customer_at, sees_many_clouds
from customers.contact_file import LinesRefused, read_lines, store_lines
from customers.contact_forms import ContactFileForm, ContactForm
from customers.contacts import (
    clear_bounce,
    contacts_of,
    facts_of,
    keep_contact,
    remove_contact,
    restore_contact,
    visible_contacts,
)
from customers.gdap.telling import visible_change_notices
from customers.models import Contact, Customer

LARGEST_FILE = 5_000_000
TOLD_SHOWN = 50


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_contacts(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    """`?removed=` names a contact that was just removed and may be brought back."""
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    removed = request.GET.get("removed", "")
    gone = customer.contacts.filter(pk=removed, removed_at__isnull=False).first() if removed.isdecimal() else None
    context = {
        "customer": customer,
        "contacts": contacts_of(customer),
        "removed": gone,
        "told": visible_change_notices(request.user).filter(customer=customer)[:TOLD_SHOWN],
        "shows_cloud": sees_many_clouds(request.user),
    }
    return render(request, "customers/contacts.html", context)


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def contact_new(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer(request.user, tenant_id)
    return _edit(request, Contact(customer=customer, wants=[Contact.Topic.INCIDENTS]), customer=customer)


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def contact_edit(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    customer = get_customer(request.user, tenant_id)
    return _edit(request, _contact(customer, pk), customer=customer)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def contact_remove(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    contact = _contact(get_customer(request.user, tenant_id), pk)
    remove_contact(contact, by=request.user, now=timezone.now())
    answer = redirect("customers:customer_contacts", tenant_id)
    answer["Location"] += f"?removed={contact.pk}"
    return answer


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def contact_restore(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    contact = _contact(get_customer(request.user, tenant_id), pk, is_removed=True)
    if restore_contact(contact, by=request.user):
        messages.success(request, _("%(name)s is a contact again.") % {"name": contact.name})
    else:
        messages.error(request, _("This customer has a contact with this address already."))
    return redirect("customers:customer_contacts", tenant_id)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def contact_clear(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    contact = _contact(get_customer(request.user, tenant_id), pk)
    clear_bounce(contact, by=request.user)
    messages.success(request, _("%(name)s is written to again.") % {"name": contact.name})
    return redirect("customers:customer_contacts", tenant_id)


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def customer_contacts_export(request: SignedInRequest, tenant_id: UUID) -> HttpResponseBase:
    customer = get_customer(request.user, tenant_id)
    record(Action.CONTACTS_EXPORTED, by=request.user, about=customer, customer=tenant_id)
    return _file(visible_contacts(request.user).filter(customer=customer).order_by("name", "pk").iterator(500))


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def contacts_export(request: SignedInRequest) -> HttpResponseBase:
    """Of all customers; the file can be read in again."""
    record(Action.CONTACTS_EXPORTED, by=request.user)
    return _file(visible_contacts(request.user).order_by("customer__name", "customer_id", "name", "pk").iterator(500))


@limited("upload", per_minute=30)
@takes_up_to(LARGEST_FILE)
@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def contacts_import(request: SignedInRequest) -> HttpResponse:
    form, problems = ContactFileForm(request.POST or None, request.FILES or None), []
    if request.method == "POST" and form.is_valid():
        try:
            text = form.cleaned_data["file"].read().decode("utf-8-sig")
            added, changed = store_lines(read_lines(text), by=request.user)
        except UnicodeDecodeError:
            problems = [_("The file is not in UTF-8. Save the sheet as “CSV UTF-8” and choose that file.")]
        except LinesRefused as refused:
            problems = list(refused.problems)
        else:
            words = ngettext("%(added)d contact added", "%(added)d contacts added", added) % {"added": added}
            messages.success(request, f"{words}; {_('%(changed)d changed.') % {'changed': changed}}")
            return redirect("customers:contacts_import")
    return render(request, "customers/contacts_import.html", {"form": form, "problems": problems})


def _edit(request: SignedInRequest, contact: Contact, *, customer: Customer) -> HttpResponse:
    before = facts_of(contact)
    form = ContactForm(request.POST or None, instance=contact, customer=customer)
    if form.is_valid():
        keep_contact(form.instance, before=before, by=request.user)
        messages.success(request, _("%(title)s is saved.") % {"title": contact.name})
        return redirect("customers:customer_contacts", customer.tenant_id)
    context = {"form": form, "customer": customer, "contact": contact, "name": before.get("name", "")}
    return render(request, "customers/contact.html", context)


def _contact(customer: Customer, pk: int, *, is_removed: bool = False) -> Contact:
    return get_object_or_404(Contact, customer=customer, pk=pk, removed_at__isnull=not is_removed)


def _file(contacts: Iterator[Contact]) -> HttpResponseBase:
    header = (
        "customer",
        "name",
        "mail",
        "phone",
        "language",
        "time zone",
        "wants",
        "customer name",
        "opted out",
        "bounced",
        "reason",
    )
    return csv_answer("contacts", header=header, rows=map(_cells, contacts))


def _cells(contact: Contact) -> list[object]:
    moments = [at.isoformat(timespec="seconds") if at else "" for at in (contact.opted_out_at, contact.bounced_at)]
    return [
        *(contact.customer.tenant_id, contact.name, contact.address, contact.phone, contact.language, contact.zone),
        *(" ".join(contact.wants).lower(), contact.customer.name, *moments, contact.bounce_reason),
    ]

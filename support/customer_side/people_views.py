"""Who of a customer uses its own pages: our people see them, let them see all tickets, and shut them out."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.models import random_key
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.access import get_customer, get_customer_at
from customers.choices import shows_clouds
from support.models import CustomerPerson


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def customer_people(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer_at(request.user, tenant_id, now=timezone.now())
    people = CustomerPerson.objects.filter(customer=customer).order_by("disabled_at", "name", "address")
    context = {"customer": customer, "people": people, "shows_cloud": shows_clouds(request)}
    return render(request, "support/customer_people.html", context)


@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def customer_person(request: SignedInRequest, tenant_id: UUID, pk: int) -> HttpResponse:
    """`what` is all, own, off or on; whoever is switched off is out of all pages at once."""
    customer = get_customer(request.user, tenant_id)
    person = get_object_or_404(CustomerPerson, customer=customer, pk=pk)
    before = {"sees all": person.sees_all, "disabled": person.disabled_at is not None}
    what = request.POST.get("what", "")
    if what in {"all", "own"}:
        person.sees_all = what == "all"
    elif what in {"off", "on"}:
        person.disabled_at = timezone.now() if what == "off" else None
        person.visit_key = random_key()
    person.save(update_fields=["sees_all", "disabled_at", "visit_key"])
    after = {"sees all": person.sees_all, "disabled": person.disabled_at is not None}
    if before != after:
        record(
            Action.CUSTOMER_PERSON_CHANGED,
            by=request.user,
            about=person,
            customer=customer.tenant_id,
            before=before,
            after=after,
        )
    return redirect("support:customer_people", tenant_id)

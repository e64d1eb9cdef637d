"""Pages on which people enter what only we know of customers."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.middleware import takes_up_to
from csp_portal.limits.rates import limited
from customers.access import get_customer
from customers.fact_file import FactsRefused, store_facts
from customers.fact_forms import FactFileForm, FactForm
from customers.facts import keep_facts

LARGEST_FILE = 5_000_000
SHOWN_PROBLEMS = 50


@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def customer_facts(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer(request.user, tenant_id)
    form = FactForm(request.POST or None, customer=customer)
    if not form.is_valid():
        return render(request, "customers/customer_facts.html", {"customer": customer, "form": form})
    keep_facts(customer, facts=form.cleaned_data, by=request.user)
    messages.success(request, _("%(title)s is saved.") % {"title": customer.name})
    return redirect("customers:customer_page", tenant_id)


@takes_up_to(LARGEST_FILE)
@limited("import", per_minute=10)
@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS)
def facts_import(request: SignedInRequest) -> HttpResponse:
    form = FactFileForm(request.POST or None)
    problems: list[str] = []
    if form.is_valid():
        try:
            changed = store_facts(form.cleaned_data["text"], by=request.user)
        except FactsRefused as refused:
            problems = refused.problems[:SHOWN_PROBLEMS]
        else:
            text = ngettext("%(count)d customer changed.", "%(count)d customers changed.", changed)
            messages.success(request, text % {"count": changed})
            return redirect("customers:customer_list")
    return render(request, "customers/facts_import.html", {"form": form, "problems": problems})

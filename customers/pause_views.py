"""The page on which access admins pause a customer, and let it go on."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.access import get_customer
from customers.writes import pause_customer, resume_customer


class ReasonForm(forms.Form):
    """Why something is held up; everybody who meets it reads this."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=300,
        help_text=gettext_lazy("Shown to everybody who meets the pause, and kept in the audit."),
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_ACCESS)
def customer_pause(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer(request.user, tenant_id)
    form = ReasonForm(request.POST or None)
    if not form.is_valid():
        return render(request, "customers/customer_pause.html", {"customer": customer, "form": form})
    pause_customer(customer, by=request.user, reason=form.cleaned_data["reason"], now=timezone.now())
    sentence = _("%(name)s is paused: nothing is read there and nothing written.")
    messages.warning(request, sentence % {"name": customer.name})
    return redirect("customers:customer_page", tenant_id)


@require_POST
@requires(Capability.MANAGE_ACCESS)
def customer_resume(request: SignedInRequest, tenant_id: UUID) -> HttpResponse:
    customer = get_customer(request.user, tenant_id)
    resume_customer(customer, by=request.user)
    messages.success(request, _("%(name)s goes on; it is read again now.") % {"name": customer.name})
    return redirect("customers:customer_page", tenant_id)

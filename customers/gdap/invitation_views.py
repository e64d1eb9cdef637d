"""The page from which a customer is invited: the link, the text to send, and how long it can still be accepted."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from customers.gdap.end_alerts import reminders_of
from customers.gdap.invitations import approval_link_of, contacts_of, language_for, mail_of, note_sending
from customers.gdap.queries import get_relationship, lapses_at
from customers.gdap.rows import privileged_names, role_names, words_of
from customers.models import Relationship

LINE = {"class": "form-control", "autocomplete": "off"}


class SendingForm(forms.Form):
    """That it was sent: to whom, and in which language."""

    to = forms.CharField(label=gettext_lazy("Sent to"), max_length=320, widget=forms.TextInput(attrs=LINE))
    language = forms.ChoiceField(choices=settings.LANGUAGES, widget=forms.HiddenInput)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def invitation(request: SignedInRequest, pk: int) -> HttpResponse:
    relationship = get_relationship(request.user, pk)
    contacts = contacts_of(relationship)
    language = language_for(contacts, asked=request.GET.get("language", ""), shown=get_language() or "")
    to = request.GET.get("to", "") or next((contact.address for contact in contacts), "")
    mail = mail_of(relationship, to=to, language=language, sender=request.user)
    context = {
        "relationship": relationship,
        "roles": words_of(relationship.role_ids, names=role_names()),
        "privileged": privileged_names(),
        "reminders": reminders_of(relationship, now=timezone.now()),
        "is_open": relationship.status == Relationship.Status.APPROVAL_PENDING and relationship.gone_at is None,
        "link": approval_link_of(relationship),
        "lapses_at": lapses_at(relationship),
        "mail": mail,
        "contacts": contacts,
        "languages": settings.LANGUAGES,
        "sendings": relationship.sendings.select_related("by").order_by("-at", "-pk"),
        "form": SendingForm(initial={"to": mail.to, "language": language}),
        "may_change": may(request.user, Capability.MANAGE_ACCESS),
    }
    return render(request, "gdap/invitation.html", context)


@require_POST
@requires(Capability.MANAGE_ACCESS)
def invitation_sent(request: SignedInRequest, pk: int) -> HttpResponse:
    relationship = get_relationship(request.user, pk)
    form = SendingForm(request.POST)
    if form.is_valid():
        with transaction.atomic():
            note_sending(relationship, by=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("It is noted that the invitation was sent."))
    else:
        messages.error(request, _("Say to whom it was sent; nothing was noted."))
    return redirect("gdap:invitation", pk)

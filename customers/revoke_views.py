"""The page that takes back everything a connection can sign in with."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from customers.models import Connection
from customers.revocation import entra_url, revoke_all


class ConfirmNameForm(forms.Form):
    """The connection's name, typed, so that nobody revokes the wrong one."""

    name = forms.CharField(
        label=gettext_lazy("Type the connection's name to confirm"),
        max_length=100,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connection = connection

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if name != self.connection.name:
            raise forms.ValidationError(_("This is not its name. Nothing was revoked."))
        return name


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def connection_revoke(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    connection = get_object_or_404(Connection, pk=connection_id)
    form = ConfirmNameForm(request.POST or None, connection=connection)
    if not form.is_valid():
        context = {"connection": connection, "form": form, "entra_url": entra_url(connection)}
        return render(request, "settings/connection_revoke.html", context)
    revoke_all(connection, by=request.user, now=timezone.now())
    sentence = _("Everything %(name)s could sign in with is gone from the portal. Now delete it in Entra too.")
    messages.warning(request, sentence % {"name": connection.name})
    return redirect("settings:connection_revoke", connection.pk)

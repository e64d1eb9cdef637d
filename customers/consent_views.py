"""The consent of the Secure Application Model: an admin agent signs in once, and the portal keeps the refresh token."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.microsoft.errors import MicrosoftError
from csp_portal.microsoft.sign_in import SignedIn, SignInRefused, finish_sign_in, start_sign_in
from customers.connections import credential_of
from customers.models import Connection
from customers.settings_views import try_again
from customers.sign_in_words import sentence_of, without_second_factor

SESSION_KEY = "connection_consent"


def callback_address() -> str:
    """The second redirect URI to register with the app."""
    return settings.PORTAL_URL + reverse("settings:connection_consent_callback")


@require_GET
@never_cache
@transaction.non_atomic_requests
@requires(Capability.MANAGE_PORTAL, step_up=True)
def connection_consent(request: SignedInRequest, connection_id: UUID) -> HttpResponse:
    """Send the admin agent to Microsoft, asking for lasting access with all permissions of the app registration."""
    connection = get_object_or_404(Connection, pk=connection_id, auth_model=Connection.AuthModel.SECURE_APP_MODEL)
    try:
        credential = credential_of(connection)
        scopes = [credential.cloud.graph_scope]
        address, flow = start_sign_in(
            credential, redirect_uri=callback_address(), extra_scopes=scopes, context=connection.authentication_context
        )
    except MicrosoftError as error:
        messages.error(request, _("The consent could not be started. %(reason)s") % {"reason": error.detail})
        return redirect("settings:connection_edit", connection.pk)
    request.session[SESSION_KEY] = {"connection": str(connection.pk), "flow": flow}
    return redirect(address)


@require_GET
@never_cache
@transaction.non_atomic_requests
@requires(Capability.MANAGE_PORTAL)
def connection_consent_callback(request: SignedInRequest) -> HttpResponse:
    started = request.session.pop(SESSION_KEY, None)
    if started is None:
        messages.error(request, _("This consent is no longer waited for. Start it again at the connection."))
        return redirect("settings:overview")
    connection = get_object_or_404(Connection, pk=UUID(started["connection"]))
    try:
        who = finish_sign_in(credential_of(connection), flow=started["flow"], answer=request.GET.dict())
    except (MicrosoftError, SignInRefused) as error:
        messages.error(request, _("Microsoft gave no consent. %(reason)s") % {"reason": sentence_of(error)})
    else:
        _keep(request, connection, who)
    return redirect("settings:connection_edit", connection.pk)


def _keep(request: SignedInRequest, connection: Connection, who: SignedIn) -> None:
    """Store the refresh token unless it would be refused at every customer (AADSTS50076)."""
    if not who.refresh_token:
        messages.error(
            request, _("Microsoft sent no refresh token. Check the API permissions of the app registration.")
        )
        return
    if not who.proves_mfa(context=connection.authentication_context):
        messages.error(request, without_second_factor(context=connection.authentication_context))
        return
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=connection.pk)
        had_one = bool(row.sealed_refresh_token)
        row.seal_secret("refresh_token", who.refresh_token)
        row.refresh_token_at, row.grant_refused = timezone.now(), ""
        row.save(update_fields=["sealed_refresh_token", "refresh_token_at", "grant_refused"])
        action = Action.REFRESH_TOKEN_REPLACED if had_one else Action.CONNECTION_CONSENTED
        agent = {"tenant_id": who.tenant_id, "object_id": who.object_id, "name": who.name}
        record(action, by=request.user, about=row, after={"admin_agent": agent})
    try_again(connection)
    messages.success(request, _("%(name)s has consented; customers are read on their behalf now.") % {"name": who.name})

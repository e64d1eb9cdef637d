"""Signing in: the page with both ways, and the way through Microsoft."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.people import take_in_from_microsoft
from csp_portal.accounts.redirects import next_of
from csp_portal.accounts.step_up import note_proof
from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError
from csp_portal.microsoft.sign_in import SignedIn, SignInRefused, finish_sign_in, start_sign_in
from customers.connections import credential_of
from customers.models import Connection

SESSION_KEY = "microsoft_sign_in"
TIME_TO_SIGN_IN = timedelta(minutes=15)
# What csp_portal.microsoft.sign_in says, which knows nothing of translations.
REASONS = (
    gettext_noop("The answer does not belong to the sign-in that was started here. Start again."),
    gettext_noop("This account belongs to another organization than the one configured here."),
    gettext_noop("The sign-in was made for another application."),
    gettext_noop("The sign-in names no account (oid)."),
    gettext_noop("The sign-in has expired. Start again, and check the clock of this server."),
)
BACKEND = "django.contrib.auth.backends.ModelBackend"


class PortalLoginView(LoginView):  # type: ignore[misc]  # allauth ships no types
    """allauth's page for the password, with the partner tenants whose people may sign in through Microsoft."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        connections = Connection.objects.filter(signs_in_staff=True).order_by("name")
        return {**super().get_context_data(**kwargs), "microsoft_connections": connections}


def password_is_elsewhere(request: HttpRequest) -> HttpResponse:
    """Where allauth leads people without a password here, which are those who sign in with Microsoft."""
    messages.info(request, _("You sign in with Microsoft; your password is kept and changed there."))
    return redirect("accounts:profile")


def callback_address() -> str:
    """The redirect URI to register with the app; it never depends on the request's Host."""
    return settings.PORTAL_URL + reverse("accounts:microsoft_callback")


@require_GET
@never_cache
@login_not_required
@transaction.non_atomic_requests
def microsoft_start(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Send the browser to Microsoft; state, nonce and PKCE verifier wait in the session, for one answer only."""
    connection = _connection(connection_id)
    if connection is None:
        return _refused(request, _("Nobody signs in through this connection."))
    try:
        address, flow = start_sign_in(credential_of(connection), redirect_uri=callback_address())
    except MicrosoftError as error:
        return _refused(request, sentence_of(error))
    request.session[SESSION_KEY] = {
        "connection": str(connection.pk),
        "flow": flow,
        "next": next_of(request),
        "until": (timezone.now() + TIME_TO_SIGN_IN).isoformat(),
    }
    return redirect(address)


@require_GET
@never_cache
@login_not_required
@transaction.non_atomic_requests
def microsoft_callback(request: HttpRequest) -> HttpResponse:
    """Take Microsoft's answer to the sign-in that this browser started; each refusal is a sentence."""
    started = request.session.pop(SESSION_KEY, None)
    if started is None or _is_late(started["until"]):
        return _refused(request, _("This sign-in is no longer waited for. Start it again from this page."))
    connection = _connection(UUID(started["connection"]))
    if connection is None:
        return _refused(request, _("Nobody signs in through this connection any more."))
    try:
        who = finish_sign_in(credential_of(connection), flow=started["flow"], answer=request.GET.dict())
    except (MicrosoftError, SignInRefused) as error:
        return _refused(request, sentence_of(error))
    return _welcome(request, person=_person(who), address=started["next"])


def sentence_of(error: MicrosoftError | SignInRefused) -> str:
    """What went wrong with a sign-in at Microsoft, for the person in front of it."""
    if isinstance(error, SignInRefused):
        return _("Microsoft's answer was refused. %(reason)s") % {"reason": _(str(error))}
    if not isinstance(error, AccessDenied):
        return _("Microsoft can't be reached now. Try again in a few minutes, or sign in with a password.")
    if error.code == "AADSTS65004" or "access_denied" in error.detail:
        return _("The sign-in at Microsoft was cancelled.")
    if error.cause in (Cause.SECRET_WRONG, Cause.SECRET_EXPIRED):
        return _("Microsoft refuses the portal's secret (%(code)s). An owner has to renew it in the settings.") % {
            "code": error.code or error.cause
        }
    return _("Microsoft refuses this sign-in (%(code)s). Start again; if it goes on, show this to an owner.") % {
        "code": error.code or error.cause
    }


def _connection(connection_id: UUID) -> Connection | None:
    return Connection.objects.filter(pk=connection_id, signs_in_staff=True).first()


def _is_late(until: str) -> bool:
    moment = parse_datetime(until)
    return moment is None or moment < timezone.now()


def _person(who: SignedIn) -> User:
    return take_in_from_microsoft(
        tenant_id=UUID(who.tenant_id),
        object_id=UUID(who.object_id),
        name=who.name,
        mail=who.email,
        app_roles=who.roles,
    )


def _welcome(request: HttpRequest, *, person: User, address: str) -> HttpResponse:
    if not person.is_active:
        return _refused(request, _("Your access to this portal has been switched off. Ask an owner of the portal."))
    login(request, person, backend=BACKEND)  # gives the session a new key
    note_proof(request, method="microsoft")
    return redirect("accounts:no_access" if person.role == Role.NONE else address)


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    messages.error(request, sentence)
    return redirect(settings.LOGIN_URL)

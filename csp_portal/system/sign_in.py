"""Signing in: the page with both ways, and the way through Microsoft."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from csp_portal.accounts.entrance import enter
from csp_portal.accounts.models import Role, User
from csp_portal.accounts.people import take_in_from_microsoft
from csp_portal.accounts.redirects import next_of
from csp_portal.accounts.step_up import note_proof
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from csp_portal.microsoft.errors import MicrosoftError
from csp_portal.microsoft.sign_in import SignedIn, SignInRefused, finish_sign_in, start_sign_in
from csp_portal.system.waiting import TIME_TO_SIGN_IN, Waiting, take, wait_for
from customers.connections import credential_of
from customers.models import Connection
from customers.role_groups import misses_groups, role_in_directory
from customers.sign_in_words import groups_unheard, sentence_of, without_second_factor


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


@limited("sign-in", per_minute=120)
@require_GET
@never_cache
@login_not_required
@transaction.non_atomic_requests
def microsoft_start(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    """Send the browser to Microsoft; state, nonce and PKCE verifier wait in the session, for one answer only.

    `step_up=1` is the fresh proof of somebody who is signed in already.
    """
    connection = _connection(connection_id)
    if connection is None:
        return _refused(request, _("Nobody signs in through this connection."))
    is_step_up = request.GET.get("step_up") == "1" and request.user.is_authenticated
    try:
        address, flow = start_sign_in(
            credential_of(connection),
            redirect_uri=callback_address(),
            context=connection.authentication_context,
            is_step_up=is_step_up,
        )
    except MicrosoftError as error:
        return _refused(request, sentence_of(error))
    now = timezone.now()
    waiting = Waiting(
        connection=str(connection.pk),
        flow=flow,
        address=next_of(request),
        until=(now + TIME_TO_SIGN_IN).timestamp(),
        step_up_of=request.user.pk if is_step_up else None,
    )
    wait_for(request.session, waiting, now=now)
    return redirect(address)


@limited("sign-in", per_minute=120)
@require_GET
@never_cache
@login_not_required
@transaction.non_atomic_requests
def microsoft_callback(request: HttpRequest) -> HttpResponse:
    """Take Microsoft's answer to the sign-in that this browser started; each refusal is a sentence."""
    waiting = take(request.session, request.GET.get("state", ""), now=timezone.now())
    if waiting is None:
        return _refused(request, _("This sign-in is no longer waited for. Start it again from this page."))
    connection = _connection(UUID(waiting.connection))
    if connection is None:
        return _refused(request, _("Nobody signs in through this connection any more."))
    try:
        who = finish_sign_in(credential_of(connection), flow=waiting.flow, answer=request.GET.dict())
    except (MicrosoftError, SignInRefused) as error:
        return _refused(request, sentence_of(error))
    if not who.proves_mfa(context=connection.authentication_context):
        sentence = without_second_factor(context=connection.authentication_context)
        return _refused_to(request, who, because="no second factor", sentence=sentence)
    if waiting.step_up_of is not None:
        return _confirm(request, who, waiting=waiting)
    return _welcome(request, who, connection=connection, address=waiting.address)


def _connection(connection_id: UUID) -> Connection | None:
    return Connection.objects.filter(pk=connection_id, signs_in_staff=True).first()


@transaction.atomic
def _welcome(request: HttpRequest, who: SignedIn, *, connection: Connection, address: str) -> HttpResponse:
    lacks_groups = misses_groups(connection, who)
    person = take_in_from_microsoft(
        tenant_id=UUID(who.tenant_id),
        object_id=UUID(who.object_id),
        name=who.name,
        mail=who.email,
        role=role_in_directory(connection, who),
        is_whole=not lacks_groups,
    )
    if not person.is_active:
        sentence = _("Your access to this portal has been switched off. Ask an owner of the portal.")
        return _refused_to(request, who, because="disabled", sentence=sentence)
    if enter(request, person, way="microsoft"):
        get_adapter().send_notification_mail("accounts/email/odd_sign_in", person)
    # Microsoft may have remembered the person: as fresh as a step-up is only what was shown just now.
    note_proof(request, method="microsoft", mfa=True, at=min(who.shown_at, timezone.now().timestamp()))
    if lacks_groups:
        messages.warning(request, groups_unheard())
    return redirect("accounts:no_access" if person.role == Role.NONE else address)


@transaction.atomic
def _confirm(request: HttpRequest, who: SignedIn, *, waiting: Waiting) -> HttpResponse:
    """Count it as a proof if whoever came back is who is signed in; nobody is signed in or out by it."""
    if request.user.pk != waiting.step_up_of or _known(who) != request.user:
        sentence = _("Microsoft confirmed another account than the one you are signed in with. Nothing has changed.")
        return _refused_to(request, who, because="another account than the one signed in", sentence=sentence)
    note_proof(request, method="microsoft", mfa=True)
    return redirect(waiting.address)


def _known(who: SignedIn) -> User | None:
    return User.objects.filter(microsoft_tenant_id=who.tenant_id, microsoft_object_id=who.object_id).first()


def _refused_to(request: HttpRequest, who: SignedIn, *, because: str, sentence: str) -> HttpResponse:
    """A refusal of somebody whom Microsoft has vouched for; of people we know it goes into the audit."""
    person = _known(who)
    if person is not None:
        with transaction.atomic():
            record(Action.PERSON_SIGN_IN_FAILED, by=None, about=person, after={"with": "microsoft", "because": because})
    return _refused(request, sentence)


def _refused(request: HttpRequest, sentence: str) -> HttpResponse:
    """Back to the sign-in page; who is signed in stays so, and reads it on a page of their own."""
    messages.error(request, sentence)
    return redirect("accounts:profile" if request.user.is_authenticated else settings.LOGIN_URL)

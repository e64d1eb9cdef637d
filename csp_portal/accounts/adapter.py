"""How django-allauth behaves here: nobody signs up alone, guesses are counted, mails tell nobody whom we know."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts import entrance, throttle
from csp_portal.accounts.credentials import change_password
from csp_portal.accounts.mails import send_in_the_background
from csp_portal.accounts.models import User
from csp_portal.accounts.redirects import is_ours
from csp_portal.audit.origin import address_of
from csp_portal.limits.rates import network_of

TOO_MANY = gettext_lazy(
    "Too many failed tries. Wait 15 minutes, or sign in with a passkey or with Microsoft: those always work."
)


class PortalAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "too_many_login_attempts": TOO_MANY,
        "rate_limited": TOO_MANY,
        "email_password_mismatch": gettext_lazy("Address and password do not belong together."),
        "incorrect_password": gettext_lazy("This is not your password."),
        "incorrect_code": gettext_lazy("This code is not right. Codes of the app change every 30 seconds."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """The portal's one rule; allauth's own follows other hosts of ours too, and fails on half an IPv6 address."""
        return is_ours(url or "", request=context.request)

    def authenticate(self, request: HttpRequest, *, email: str = "", password: str = "", **_: Any) -> User | None:
        """The person of this address and password; a try is counted before anything is compared, whoever is meant."""
        now, network = timezone.now(), network_of(address_of(request))
        if not throttle.take_try(throttle.ADDRESS, network, now=now) or not throttle.take_try(
            throttle.PASSWORD, email, now=now
        ):
            raise self.validation_error("too_many_login_attempts")
        person = authenticate(request, email=email, password=password)
        if isinstance(person, User):
            throttle.give_back(throttle.ADDRESS, network, now=now)
            throttle.give_back(throttle.PASSWORD, email, now=now)
            return person
        known = User.objects.filter(email=email.strip().lower()).first()
        if known is not None:
            entrance.note_failure(known, way="password")
        return None

    def reauthenticate(self, user: User, password: str) -> bool:
        return self.authenticate(context.request, email=user.email or "", password=password) == user

    def login(self, request: HttpRequest, user: User) -> None:
        with transaction.atomic():
            way = entrance.way_of(request, user)
            if entrance.enter(request, user, way=way):
                self.send_notification_mail("accounts/email/odd_sign_in", user)

    def logout(self, request: HttpRequest) -> None:
        entrance.leave(request)

    def set_password(self, user: User, password: str) -> None:
        """Changed or reset: the person's other sessions and their API tokens end with it."""
        change_password(user, password, keep=context.request.session.session_key)

    def is_reauthentication_required(self, *, app: str) -> bool:
        """Never by allauth itself: our addresses ask for it, each through `csp_portal.accounts.step_up`."""
        return False

    def get_reauthentication_methods(self, user: User) -> list[dict[str, str]]:
        """A passkey before a code, a code before the password."""
        ways = {way["id"]: way for way in super().get_reauthentication_methods(user)}
        words = {
            "mfa_reauthenticate:webauthn": _("Confirm with a passkey"),
            "mfa_reauthenticate": _("Confirm with a code of your authenticator app"),
            "reauthenticate": _("Confirm with your password"),
        }
        return [{**ways[name], "description": text} for name, text in words.items() if name in ways]

    def get_reset_password_from_key_url(self, key: str) -> str:
        """On PORTAL_URL whatever Host the request names: who asks for the mail must not choose where its link leads."""
        path = urlsplit(super().get_reset_password_from_key_url(key)).path
        return f"{settings.PORTAL_URL}{path}"

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """At most a few in 15 minutes; who asks for more gets the same answer and no mail."""
        if throttle.take_try(throttle.RESET, email, now=timezone.now()):
            self.send_mail("account/email/password_reset_key", email, context)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell the person in their language that something about their sign-in changed, where they have an address."""
        facts = {
            "person": user,
            "when": timezone.now(),
            "ip": address_of(self.request),
            "device": self.get_http_user_agent(self.request)[:300],
        }
        if user.address:
            self.send_mail(template_prefix, user.address, {**facts, **(context or {})})

    def send_mail(self, template_prefix: str, email: str, context_: dict[str, Any]) -> None:
        person = context_.get("user") or context_.get("person")
        words = {**context_, "portal_url": settings.PORTAL_URL}
        send_in_the_background(template_prefix, to=email, words=words, language=getattr(person, "language", ""))

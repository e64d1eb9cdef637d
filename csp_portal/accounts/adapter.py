"""How django-allauth behaves here: nobody signs up by themselves, and mails tell nobody who has an account."""

import logging
import smtplib
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.conf import settings
from django.core.mail import EmailMessage
from django.http import HttpRequest
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User

logger = logging.getLogger(__name__)


class ClosedSignupAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

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

    def send_mail(self, template_prefix: str, email: str, context_: dict[str, Any]) -> None:
        """Sent beside the answer: to wait for the mail server, or fail with it, would tell which addresses we know."""
        host = urlsplit(settings.PORTAL_URL).netloc
        site = {"name": host, "domain": host}
        words = {"request": context.request, "email": email, "current_site": site, **context_}
        message = self.render_mail(template_prefix, email, words)
        Thread(target=_send, args=(message,), name="mail").start()


def _send(message: EmailMessage) -> None:
    try:
        message.send()
    except (OSError, smtplib.SMTPException) as error:
        logger.error("A mail to %s was not sent: %s. Check the EMAIL_ settings.", ", ".join(message.to), error)

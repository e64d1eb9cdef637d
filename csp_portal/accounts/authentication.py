"""Who a program speaks for: the person of the token it sends."""

import re

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

from csp_portal.accounts.api_models import ApiToken
from csp_portal.accounts.models import User
from csp_portal.audit.origin import current_origin

_PRINTABLE = re.compile(rb"[\x21-\x7e]+")


class ApiTokenAuthentication(TokenAuthentication):  # type: ignore[misc]  # knox ships no types
    """knox's, with the use of a token noted, and with expired ones refused and left where their person sees them."""

    def authenticate_credentials(self, token: bytes) -> tuple[User, ApiToken]:
        if not _PRINTABLE.fullmatch(token):  # knox would hand a NUL to the database
            raise AuthenticationFailed(_("This is no token of the portal."))
        person, found = super().authenticate_credentials(token)
        found.note_use(now=timezone.now(), address=current_origin().address)
        return person, found

    def _cleanup_token(self, auth_token: ApiToken) -> bool:
        return auth_token.expiry is None or auth_token.expiry < timezone.now()


class ApiTokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # drf-spectacular finds it by being there
    """How the description of the API tells programs to send a token."""

    target_class = "csp_portal.accounts.authentication.ApiTokenAuthentication"
    priority = 1

"""How allauth keeps second factors here: secrets sealed and bound to their person, passkeys bound to PORTAL_URL."""

from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from csp_portal.secrets import SecretError, keyring

SEALED = {Authenticator.Type.TOTP: "secret", Authenticator.Type.RECOVERY_CODES: "seed"}


class PortalMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth ships no types
    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy(
            "This code is not right, or was used already. Wait for the next one in your app and write it as it stands "
            "there; if none works, set the clock of your phone by the network, or use a recovery code."
        ),
    }

    def encrypt(self, text: str) -> str:
        return keyring().seal(text, bound_to=_bound_to(_person_at_hand()))

    def decrypt(self, encrypted_text: str) -> str:
        return keyring().unseal(encrypted_text, bound_to=_bound_to(_person_at_hand()))

    def get_totp_issuer(self) -> str:
        return f"CSP Portal {urlsplit(settings.PORTAL_URL).hostname}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the portal's own name, whatever Host a request brings."""
        return {"id": urlsplit(settings.PORTAL_URL).hostname or "", "name": "CSP Portal"}

    def generate_authenticator_name(self, user: User, type: str) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}


def sealed_second_factors() -> list[int]:
    """The rows that hold something sealed; for `rotate_keys`."""
    return list(Authenticator.objects.filter(type__in=SEALED).order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def seal_anew(pk: int) -> bool:
    """Seal the secret of this row under the current key; False where it was already or is gone.

    Raises SecretError where it can't be opened.
    """
    row = Authenticator.objects.select_for_update().filter(pk=pk).first()
    name = SEALED.get(Authenticator.Type(row.type)) if row else None
    if row is None or name is None or keyring().is_current(row.data[name]):
        return False
    bound_to = _bound_to(row.user_id)
    row.data[name] = keyring().seal(keyring().unseal(row.data[name], bound_to=bound_to), bound_to=bound_to)
    row.save(update_fields=["data"])
    return True


def _bound_to(person_id: int) -> str:
    """allauth seals before there is a row; a person has one row of each kind, so the person stands for it."""
    return f"mfa_authenticator/{person_id}/secret"


def _person_at_hand() -> int:
    """Who is signed in, or else who is at the second step of signing in."""
    request = context.request
    stage = getattr(request, "_login_stage", None)
    person = request.user if request.user.is_authenticated else getattr(getattr(stage, "login", None), "user", None)
    if person is None:
        raise SecretError("A second factor was asked for without a person.")
    return int(person.pk)

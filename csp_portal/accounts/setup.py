"""The first owner: made once, by whoever holds the one-time address that the console printed."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import Role, SetupToken, User
from csp_portal.accounts.people import PeopleError
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record

GOOD_FOR = timedelta(hours=1)


def is_set_up() -> bool:
    """Whether there is an owner, or ever was one who may be let in again."""
    return User.objects.filter(role=Role.OWNER).exists()


@transaction.atomic
def make_token(*, now: datetime) -> str:
    """A token of 256 bits, good for an hour and until the next one is made; only its hash is kept."""
    if is_set_up():
        raise PeopleError(_("There is an owner already. Owners add further people under Settings, People."))
    SetupToken.objects.all().delete()
    token = secrets.token_urlsafe(32)
    SetupToken.objects.create(token_hash=_hash_of(token), expires_at=now + GOOD_FOR)
    return token


def opens(token: str, *, now: datetime) -> bool:
    """Whether this token may make the first owner now."""
    return SetupToken.objects.filter(token_hash=_hash_of(token), expires_at__gt=now).exists() and not is_set_up()


@transaction.atomic
def make_first_owner(token: str, *, email: str, name: str, password: str, now: datetime) -> User | None:
    """The owner, or None where the token is spent; two at once make one owner, for each waits for the token's row."""
    kept = SetupToken.objects.select_for_update().filter(token_hash=_hash_of(token), expires_at__gt=now).first()
    if kept is None or is_set_up():
        return None
    SetupToken.objects.all().delete()
    owner = User.objects.create_local(email, name=name, role=Role.OWNER, password=password)
    record(Action.PORTAL_SET_UP, by=owner, about=owner, after={"address": owner.address})
    return owner


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()

"""Letting somebody in, by whatever way they proved who they are: session, audit and a mail where it looks odd."""

import hashlib

from allauth.account.authentication import get_authentication_records
from django.contrib.auth import login, logout
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from csp_portal.accounts import sessions
from csp_portal.accounts.models import KnownDevice, User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record

BACKEND = "django.contrib.auth.backends.ModelBackend"


@transaction.atomic
def enter(request: HttpRequest, person: User, *, way: str) -> bool:
    """Sign the person in under a new session key; True where they were never seen with this device and address.

    `way` is for the audit: "password", "passkey", "microsoft" and the like.
    """
    login(request, person, backend=BACKEND)
    sessions.begin(request, now=timezone.now())
    facts = request.session[sessions.FACTS]
    record(Action.PERSON_SIGNED_IN, by=person, about=person, after={"with": way, "device": facts["device"]})
    return _is_odd(person, address=facts["address"], device=facts["device"])


@transaction.atomic
def leave(request: HttpRequest) -> None:
    if isinstance(request.user, User):
        record(Action.PERSON_SIGNED_OUT, by=request.user, about=request.user)
    logout(request)


def way_of(request: HttpRequest, person: User) -> str:
    """What allauth says this person has just shown."""
    shown = [proof.get("type") or proof["method"] for proof in get_authentication_records(request, person)]
    return " + ".join(str(part) for part in shown) or "password"


def note_failure(person: User, *, way: str) -> None:
    """A try to sign in as this person was wrong."""
    with transaction.atomic():
        record(Action.PERSON_SIGN_IN_FAILED, by=None, about=person, after={"with": way})


def _is_odd(person: User, *, address: str | None, device: str) -> bool:
    """Never before this address and device; the very first sign-in is not odd. Only a hash of both is kept."""
    mark = hashlib.sha256(f"{person.pk}/{address}/{device}".encode()).hexdigest()
    was_here = KnownDevice.objects.filter(person=person).exists()
    _, is_new = KnownDevice.objects.update_or_create(person=person, mark=mark, defaults={"seen_at": timezone.now()})
    return is_new and was_here

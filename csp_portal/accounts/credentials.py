"""What a person signs in with, changed: password, passkeys, codes; each change is in the audit."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from csp_portal.accounts.models import ApiToken, User
from csp_portal.accounts.sessions import end_sessions
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record


@transaction.atomic
def change_password(person: User, password: str, *, keep: str | None) -> None:
    """Changed or reset: API tokens end, and so does every session but the one of the key `keep`, if it is theirs."""
    person.set_password(password)
    person.save(update_fields=["password"])
    ApiToken.objects.filter(user=person).delete()
    ended = end_sessions(person, but=keep)
    record(Action.PERSON_PASSWORD_CHANGED, by=person, about=person, after={"sessions_ended": ended})


@transaction.atomic
def remove_second_factors(person: User, *, by: User | None) -> int:
    """For who lost them all: passkeys, codes and app go, sessions and API tokens end; returns how many factors went.

    `by` None is a command on the console. The person then signs in with the password and adds a passkey anew.
    """
    gone = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    Authenticator.objects.filter(user=person).delete()
    ApiToken.objects.filter(user=person).delete()
    ended = end_sessions(person)
    before = {"factors": sorted(gone), "sessions": ended}
    record(Action.PERSON_SECOND_FACTOR_REMOVED, by=by, about=person, before=before)
    return len(gone)

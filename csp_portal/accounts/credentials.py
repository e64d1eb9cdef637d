"""What a person signs in with, changed: password, passkeys, codes; each change is in the audit."""

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

"""Who lost passkey and codes is helped by another owner, or on the console; both leave an entry in the audit."""

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from csp_portal.accounts.models import ApiToken
from csp_portal.audit.models import Entry


@pytest.fixture
def locked_out(support_agent):
    Authenticator.objects.create(user=support_agent, type=Authenticator.Type.TOTP, data={"secret": "x"})
    return support_agent


def test_an_owner_takes_the_factors_of_another_person_away(as_owner, owner, locked_out, signed_in):
    theirs = signed_in(locked_out)
    ApiToken.objects.create(user=locked_out, name="x", scopes=["READ"])

    as_owner.post(f"/people/{locked_out.pk}/second-factors/remove/")

    assert not Authenticator.objects.filter(user=locked_out).exists()
    assert not ApiToken.objects.filter(user=locked_out).exists()
    assert theirs.get("/").status_code == 302
    entry = Entry.objects.get(action="person.second_factor_removed")
    assert (entry.person_id, entry.about_id, entry.before["factors"]) == (owner.pk, str(locked_out.pk), ["totp"])


def test_nobody_takes_their_own_away_like_this(as_owner, owner):
    Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={"secret": "x"})

    answer = as_owner.post(f"/people/{owner.pk}/second-factors/remove/", follow=True)

    assert "How you sign in" in answer.content.decode()
    assert Authenticator.objects.filter(user=owner).exists()


def test_the_console_is_the_last_resort(locked_out, capsys):
    call_command("remove_second_factors", email=locked_out.email.upper())

    assert not Authenticator.objects.filter(user=locked_out).exists()
    assert Entry.objects.get(action="person.second_factor_removed").person_id is None
    with pytest.raises(CommandError, match="Nobody signs in as"):
        call_command("remove_second_factors", email="stranger@example.com")

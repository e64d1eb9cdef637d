"""Owners and access admins use their role only with a passkey or with more than a password at Microsoft."""

from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts.mfa_adapter import seal_anew
from csp_portal.accounts.models import Role, User
from csp_portal.audit.models import Entry
from csp_portal.secrets import SecretError, keyring
from csp_portal.system.doctor import examine
from tests.accounts.test_local_sign_in import sent_mails, sign_in
from tests.conftest import PASSKEY, PASSWORD

MICROSOFT = {"method": "microsoft", "mfa": True}
PEOPLE = "/people/"


@pytest.mark.parametrize(
    ("proofs", "status"),
    [
        ((PASSKEY,), 200),
        ((MICROSOFT,), 200),
        ((PASSWORD,), 403),
        ((PASSWORD, {"method": "mfa", "type": "totp"}), 403),
        (({"method": "microsoft", "mfa": False},), 403),
        (({"method": "microsoft"},), 403),
        ((), 403),
    ],
)
def test_an_owner_is_one_only_with_a_strong_proof(signed_in, owner, proofs, status):
    assert signed_in(owner, proofs=proofs).get(PEOPLE).status_code == status


def test_an_owner_with_a_password_alone_is_told_what_to_add(signed_in, owner):
    client = signed_in(owner, proofs=(PASSWORD,))

    page = client.get("/customers/").content.decode()

    assert "Add a passkey to use your role (Owner)" in page
    refused = [f'href="{reverse(name)}"' for name in ("settings:overview", "system:overview", "system:audit_list")]
    assert not [link for link in refused if link in page]
    whole = signed_in(owner, proofs=(PASSKEY,)).get("/customers/").content.decode()
    assert [link for link in refused if link in whole] == refused
    assert client.get(reverse("account_strengthen"))["Location"] == reverse("mfa_add_webauthn")


def test_everybody_else_needs_no_passkey_for_their_role(signed_in, support_agent):
    page = signed_in(support_agent, proofs=(PASSWORD,)).get("/customers/").content.decode()

    assert "Add a passkey" not in page


def test_the_role_itself_stays_as_it_is(signed_in, owner):
    signed_in(owner, proofs=(PASSWORD,)).post("/people/preferences/", {"theme": "DARK"})

    owner.refresh_from_db()
    assert (owner.role, owner.theme) == (Role.OWNER, "DARK")


def code_of(secret: str, *, ahead: bool = False) -> str:
    """What the app shows; `ahead` where the phone's clock is half a minute early."""
    _before, now, after = yield_hotp_counters_from_time()
    return str(format_hotp_value(hotp_value(secret, after if ahead else now)))


@pytest.fixture
def secret(as_viewer) -> str:
    """The viewer's authenticator app."""
    page = as_viewer.get(reverse("mfa_activate_totp"))
    secret = str(page.context["form"].secret)
    as_viewer.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    return secret


def test_with_an_app_the_password_is_only_the_first_step(secret, viewer):
    client = Client()
    sign_in(client, viewer.email)
    assert "_auth_user_id" not in client.session

    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert client.session["_auth_user_id"] == str(viewer.pk)


def test_who_has_no_passkey_is_not_offered_one(secret, viewer):
    client = Client()
    sign_in(client, viewer.email)
    page = client.get(reverse("mfa_authenticate")).content.decode()

    assert "Your account also asks for a second proof" in page
    assert "data-passkey" not in page


def test_a_wrong_code_says_what_to_do(secret, viewer):
    client = Client()
    sign_in(client, viewer.email)

    assert "Wait for the next one" in client.post(reverse("mfa_authenticate"), {"code": "000000"}).content.decode()


def test_a_phone_whose_clock_is_half_a_minute_ahead_signs_in(secret, viewer):
    client = Client()
    sign_in(client, viewer.email)

    client.post(reverse("mfa_authenticate"), {"code": code_of(secret, ahead=True)})

    assert client.session["_auth_user_id"] == str(viewer.pk)


def test_a_code_works_once(secret, viewer):
    for is_first in (True, False):
        client = Client()
        sign_in(client, viewer.email)
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert ("_auth_user_id" in client.session) is is_first


def test_eleven_codes_are_too_many_even_when_the_last_is_right(secret, viewer):
    client = Client()
    sign_in(client, viewer.email)
    for number in range(10):
        client.post(reverse("mfa_authenticate"), {"code": f"{number:06}"})

    answer = client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})

    assert "_auth_user_id" not in client.session
    assert "Too many failed tries" in answer.content.decode()


def test_a_recovery_code_works_once_and_the_ten_are_shown_once(secret, viewer, as_viewer):
    page = as_viewer.get(reverse("mfa_view_recovery_codes"))
    code, *others = page.context["unused_codes"]
    assert len(others) == 9

    for is_first in (True, False):
        client = Client()
        sign_in(client, viewer.email)
        client.post(reverse("mfa_authenticate"), {"code": code})
        assert ("_auth_user_id" in client.session) is is_first
    assert code not in as_viewer.get(reverse("mfa_view_recovery_codes")).content.decode()


def test_secrets_of_second_factors_are_sealed_for_their_person_alone(secret, viewer, owner, signed_in):
    row = Authenticator.objects.get(user=viewer, type="totp")
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))
    with pytest.raises(SecretError):
        keyring().unseal(row.data["secret"], bound_to=f"mfa_authenticator/{owner.pk}/secret")

    assert seal_anew(row.pk) is False  # the key is the current one


def test_rotate_keys_seals_second_factors_anew(secret, viewer, settings, tmp_path):
    fresh = tmp_path / "keys"
    old = Path(settings.PORTAL_KEYS_FILE).read_text()
    fresh.write_text("new:" + "A" * 42 + "E=\n" + old)
    settings.PORTAL_KEYS_FILE = str(fresh)

    call_command("rotate_keys")

    assert all(row.data.get("secret", row.data.get("seed")).startswith("new:") for row in Authenticator.objects.all())
    client = Client()
    sign_in(client, viewer.email)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert "_auth_user_id" in client.session


def test_each_change_is_told_by_mail_and_audited(secret, as_viewer, viewer, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        as_viewer.post(reverse("mfa_generate_recovery_codes"))
    as_viewer.post(reverse("mfa_deactivate_totp"))

    assert list(Entry.objects.order_by("number").values_list("action", "before", "after")) == [
        ("person.second_factor_added", {}, {"authenticator_app": True}),
        ("person.second_factor_added", {}, {"recovery_codes": True}),
        ("person.second_factor_removed", {"authenticator_app": True}, {}),
    ]
    assert sorted((*message.to, message.subject) for message in sent_mails()) == [
        (viewer.email, "New recovery codes were made"),
        (viewer.email, "The authenticator app was removed"),
    ]


def test_adding_a_second_factor_asks_for_a_fresh_proof(signed_in, viewer):
    client = signed_in(viewer, proofs=())
    for name in ("mfa_add_webauthn", "mfa_activate_totp", "mfa_generate_recovery_codes", "account_change_password"):
        assert client.get(reverse(name))["Location"].startswith(reverse("account_confirm"))


def test_one_session_or_all_others_end_at_once(viewer, signed_in):
    here, there, elsewhere = signed_in(viewer), signed_in(viewer), signed_in(viewer)
    page = here.get(reverse("mfa_index"))
    assert [one.is_this for one in page.context["sessions"]].count(True) == 1
    assert there.session.session_key not in page.content.decode()
    other = next(one for one in page.context["sessions"] if not one.is_this)

    here.post(reverse("account_session_end", args=[other.mark]))
    still = [client.get(reverse("accounts:profile")).status_code for client in (there, elsewhere)]
    here.post(reverse("account_sessions_end"))

    assert sorted(still) == [200, 302]
    assert [c.get(reverse("accounts:profile")).status_code for c in (here, there, elsewhere)] == [200, 302, 302]


def test_nobody_ends_the_session_of_another(viewer, as_viewer, owner, signed_in):
    stranger = signed_in(owner)
    mark = stranger.get(reverse("mfa_index")).context["sessions"][0].mark

    assert as_viewer.post(reverse("account_session_end", args=[mark])).status_code == 404


@pytest.mark.parametrize(("days", "is_stale"), [(44, False), (46, True)])
def test_who_has_not_signed_in_for_45_days_is_found(as_owner, viewer, days, is_stale):
    moment = timezone.now() - timedelta(days=days)
    User.objects.filter(pk=viewer.pk).update(last_login=moment, created_at=moment)

    page = as_owner.get(PEOPLE, {"show": "stale"})

    assert (viewer in page.context["people"]) is is_stale
    assert any("45 days" in one.sentence for one in examine(now=timezone.now())) is is_stale

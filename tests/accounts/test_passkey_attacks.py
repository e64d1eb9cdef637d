"""Whoever stole less than a passkey gets no role that asks for one, and a removed passkey opens nothing."""

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from tests.conftest import PASSKEY, PASSWORD

PEOPLE = "/people/"
CODE = {"method": "mfa", "type": "totp"}


@pytest.fixture
def passkey(owner):
    return Authenticator.objects.create(user=owner, type="webauthn", data={"name": "Laptop", "credential": {}})


def remove(client, passkey):
    return client.post(reverse("mfa_remove_webauthn", args=[passkey.pk]))


@pytest.mark.parametrize("method", ["get", "post"])
def test_password_and_code_of_an_owner_add_no_passkey_beside_the_owners(signed_in, owner, passkey, method):
    thief = signed_in(owner, proofs=(PASSWORD, CODE))

    answer = getattr(thief, method)(reverse("mfa_add_webauthn"))

    assert answer["Location"].startswith(reverse("account_strengthen"))
    asked = thief.get(answer["Location"])
    assert asked["Location"].startswith(reverse("mfa_reauthenticate_webauthn"))


def test_password_and_code_of_an_owner_remove_no_passkey(signed_in, owner, passkey):
    remove(signed_in(owner, proofs=(PASSWORD, CODE)), passkey)

    assert Authenticator.objects.filter(pk=passkey.pk).exists()


def test_an_owner_without_a_passkey_still_adds_the_first_one(signed_in, owner):
    client = signed_in(owner, proofs=(PASSWORD,))

    assert client.get(reverse("mfa_add_webauthn")).status_code == 200


def test_whoever_needs_no_passkey_for_their_role_removes_a_lost_one_with_a_password(signed_in, viewer):
    lost = Authenticator.objects.create(user=viewer, type="webauthn", data={"name": "Lost", "credential": {}})

    remove(signed_in(viewer, proofs=(PASSWORD,)), lost)

    assert not Authenticator.objects.exists()


def test_with_the_last_passkey_its_proof_goes(signed_in, owner, passkey):
    client = signed_in(owner, proofs=(PASSWORD, PASSKEY))

    remove(client, passkey)

    assert client.get(PEOPLE).status_code == 403
    assert client.get("/customers/").status_code == 200


def test_sessions_that_a_stolen_passkey_opened_end_when_it_is_removed(signed_in, owner, passkey):
    thief, client = signed_in(owner), signed_in(owner)
    Authenticator.objects.create(user=owner, type="webauthn", data={"name": "Blue key", "credential": {}})

    remove(client, passkey)

    assert thief.get(PEOPLE)["Location"].startswith(reverse("account_login"))
    assert client.get(PEOPLE).status_code == 200


@pytest.mark.parametrize("name", ["mfa_login_webauthn", "mfa_reauthenticate_webauthn", "mfa_add_webauthn"])
def test_json_that_is_nested_without_end_is_no_passkey(client, signed_in, owner, name):
    client = client if name == "mfa_login_webauthn" else signed_in(owner)

    answer = client.post(reverse(name), {"credential": "[" * 100_000 + "]" * 100_000})

    assert answer.status_code in (200, 302)
    assert name != "mfa_login_webauthn" or "_auth_user_id" not in client.session

"""What is dangerous asks for a proof of who sits there, not older than ten minutes."""

import time

import pytest
from django.urls import reverse

from tests.conftest import PASSKEY, PASSWORD

MINUTE = 60


@pytest.fixture
def tired(signed_in, owner):
    """An owner who signed in long ago."""
    return signed_in(owner, proofs=({**PASSKEY, "at": time.time() - 11 * MINUTE},))


def test_a_fresh_sign_in_needs_no_further_proof(as_owner):
    assert as_owner.get(reverse("accounts:people")).status_code == 200


def test_a_proof_of_nine_minutes_ago_is_enough(signed_in, owner):
    client = signed_in(owner, proofs=({**PASSKEY, "at": time.time() - 9 * MINUTE},))

    assert client.get(reverse("accounts:people")).status_code == 200


def test_a_page_is_put_off_until_the_person_confirmed_and_then_shown(tired):
    asked = tired.get(reverse("accounts:people"), {"show": "all"}, follow=True)
    password_page, _ = asked.redirect_chain[-1]

    back = tired.post(password_page, {"password": "correct horse battery"})

    assert password_page.startswith(reverse("account_reauthenticate"))
    assert back["Location"] == f"{reverse('accounts:people')}?show=all"
    assert tired.get(back["Location"]).status_code == 200


def test_a_wrong_password_confirms_nothing(tired):
    answer = tired.post(reverse("account_reauthenticate"), {"password": "wrong", "next": "/people/"})

    assert answer.context["form"].errors
    assert tired.get(reverse("accounts:people")).status_code == 302


def test_a_form_sent_too_late_changes_nothing_and_says_how_to_go_on(tired, viewer):
    answer = tired.post(reverse("accounts:person_role", args=[viewer.pk]), {"role": "OWNER"})

    viewer.refresh_from_db()
    assert (answer.status_code, viewer.role) == (403, "VIEWER")
    assert reverse("account_confirm") in answer.content.decode()
    assert 'target="_blank"' in answer.content.decode()


def test_htmx_gets_a_toast_that_leaves_the_page_as_it_is(tired, viewer):
    answer = tired.post(
        reverse("accounts:person_role", args=[viewer.pk]), {"role": "OWNER"}, headers={"HX-Request": "true"}
    )

    assert (answer.status_code, answer["HX-Retarget"]) == (403, "#toasts")
    assert "<html" not in answer.content.decode()


def test_a_session_without_any_proof_is_not_confirmed(signed_in, owner):
    assert signed_in(owner, proofs=()).get(reverse("accounts:people")).status_code in (302, 403)


def test_the_proof_of_another_person_in_the_same_browser_does_not_count(signed_in, owner, viewer):
    client = signed_in(owner)
    session = client.session
    session["account_authentication_methods_user"] = str(viewer.pk)
    session.save()

    assert client.get(reverse("accounts:people")).status_code in (302, 403)


def test_whoever_signs_in_with_microsoft_confirms_there(microsoft_sign_in, client, sandbox_world, connection):
    microsoft_sign_in(client, sandbox_world.partner.people[0])

    answer = client.get(reverse("account_confirm"), {"next": "/people/"})

    assert answer["Location"].startswith(reverse("accounts:microsoft_start", args=[connection.pk]))
    assert "step_up=1" in answer["Location"]
    assert "next=%2Fpeople%2F" in answer["Location"]


def test_a_confirmation_leads_to_no_other_site(tired):
    answer = tired.get(reverse("account_confirm"), {"next": "https://evil.example/"})

    assert "evil" not in answer["Location"]


def test_a_fresh_sign_in_with_a_password_counts_as_confirmed(client, support_agent):
    client.post(reverse("account_login"), {"login": support_agent.email, "password": "correct horse battery"})

    assert client.session["account_authentication_methods"][0]["method"] == PASSWORD["method"]

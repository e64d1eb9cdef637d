"""Sign-in with a password: who gets in, how guessing is slowed down, and what is not offered."""

import re
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from csp_portal.accounts.models import Role, User

PASSWORD = "correct horse battery"


@pytest.fixture
def ada(db):
    """Somebody who signs in with Microsoft only."""
    return User.objects.create_from_microsoft(
        tenant_id=uuid4(), object_id=uuid4(), name="Ada", mail="ada@partner.example", role=Role.VIEWER
    )


def sign_in(client, email, password=PASSWORD, **extra):
    return client.post(reverse("account_login"), {"login": email, "password": password, **extra})


def test_a_person_signs_in_with_address_and_password(viewer):
    client = Client()

    sign_in(client, "Viewer@Partner.example")

    assert client.session["_auth_user_id"] == str(viewer.pk)


def test_a_wrong_password_is_refused(viewer):
    client = Client()

    answer = sign_in(client, viewer.email, "wrong")

    assert "_auth_user_id" not in client.session
    assert answer.context["form"].errors


def test_guessing_is_slowed_down_even_when_the_right_password_comes_at_last(viewer):
    client = Client()
    for _attempt in range(6):
        sign_in(client, viewer.email, "wrong")

    answer = sign_in(client, viewer.email)

    assert "_auth_user_id" not in client.session
    assert "Too many failed login attempts" in str(answer.context["form"].errors)


def test_a_disabled_person_is_refused(viewer):
    viewer.is_active = False
    viewer.save()
    client = Client()

    sign_in(client, viewer.email)

    assert "_auth_user_id" not in client.session


def test_somebody_known_by_microsoft_only_has_no_password_to_guess(ada):
    client = Client()

    sign_in(client, ada.microsoft_mail, "!")

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "/\\evil.example"])
def test_nobody_is_sent_to_another_site_after_the_sign_in(viewer, address):
    answer = sign_in(Client(), viewer.email, next=address)

    assert answer["Location"] == "/"


@pytest.mark.parametrize("name", ["account_signup", "account_email"])
def test_nobody_signs_up_or_changes_the_sign_in_address_alone(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_a_forgotten_password_is_replaced_by_the_link_in_the_mail(viewer):
    client = Client()
    client.post(reverse("account_reset_password"), {"email": viewer.email})
    (link,) = re.findall(r"http://testserver(\S+/password/reset/key/\S+/)", str(mail.outbox[0].body))
    form = client.get(link, follow=True)
    fresh = "a quite different one"

    client.post(form.redirect_chain[-1][0], {"password1": fresh, "password2": fresh})
    sign_in(client, viewer.email, fresh)

    assert client.session["_auth_user_id"] == str(viewer.pk)


def test_an_unknown_address_gets_no_mail_and_the_same_answer(viewer):
    known = Client().post(reverse("account_reset_password"), {"email": viewer.email})
    unknown = Client().post(reverse("account_reset_password"), {"email": "stranger@elsewhere.example"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to for message in mail.outbox] == [[viewer.email]]


def test_a_person_changes_their_own_password(viewer):
    client = Client()
    sign_in(client, viewer.email)
    fresh = "a quite different one"

    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})

    viewer.refresh_from_db()
    assert viewer.check_password(fresh)


def test_whoever_signs_in_with_microsoft_is_told_where_their_password_is(ada, signed_in):
    answer = signed_in(ada).get(reverse("account_change_password"), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("accounts:profile")
    assert "kept and changed there" in str(next(iter(answer.context["messages"])))

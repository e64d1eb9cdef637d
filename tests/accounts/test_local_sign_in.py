"""Sign-in with a password: who gets in, how guessing is slowed down, and what is not offered."""

import re
import socket
import threading
import time
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import mail
from django.core.cache import cache
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


def sent_mails():
    """What was sent, once the threads that send are through."""
    for thread in threading.enumerate():
        if thread.name == "mail":
            thread.join(60)
    return mail.outbox


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
    for _attempt in range(10):
        sign_in(client, viewer.email, "wrong")

    answer = sign_in(client, viewer.email)

    assert "_auth_user_id" not in client.session
    assert "Too many failed tries" in str(answer.context["form"].errors)


def test_guessing_from_ever_new_addresses_ends_after_ten_tries(viewer):
    for number in range(10):
        sign_in(Client(REMOTE_ADDR=f"203.0.113.{number}"), viewer.email, "wrong")
    client = Client(REMOTE_ADDR="198.51.100.1")

    answer = sign_in(client, viewer.email)

    assert "_auth_user_id" not in client.session
    assert "Too many failed tries" in str(answer.context["form"].errors)


def test_guesses_at_invented_people_do_not_wash_away_the_count_of_guesses_at_a_real_one(db):
    cache.set("guesses-at-a-real-one", 5, 900)
    for number in range(700):
        cache.set(f"guesses-at-{number}", 1, 900)

    assert cache.get("guesses-at-a-real-one") == 5


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
    (link,) = re.findall(f"{settings.PORTAL_URL}(\\S+/password/reset/key/\\S+/)", str(sent_mails()[0].body))
    form = client.get(link, follow=True)
    fresh = "a quite different one"

    client.post(form.redirect_chain[-1][0], {"password1": fresh, "password2": fresh})
    sign_in(client, viewer.email, fresh)

    assert client.session["_auth_user_id"] == str(viewer.pk)


def test_an_unknown_address_gets_no_mail_and_the_same_answer(viewer):
    known = Client().post(reverse("account_reset_password"), {"email": viewer.email})
    unknown = Client().post(reverse("account_reset_password"), {"email": "stranger@elsewhere.example"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert [message.to for message in sent_mails()] == [[viewer.email]]


def test_the_link_in_the_mail_leads_to_the_portal_whatever_host_the_request_named(viewer, settings):
    settings.ALLOWED_HOSTS = ["web"]

    Client().post(reverse("account_reset_password"), {"email": viewer.email}, headers={"host": "web"})

    (message,) = sent_mails()
    assert f"{settings.PORTAL_URL}/accounts/password/reset/key/" in message.body
    assert "//web" not in message.body


def test_a_mail_server_that_hangs_or_fails_tells_nobody_which_addresses_are_known(viewer, settings):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = deaf.getsockname()
        settings.EMAIL_TIMEOUT = 60
        begun = time.monotonic()
        known = Client().post(reverse("account_reset_password"), {"email": viewer.email})
        took = time.monotonic() - begun
        unknown = Client().post(reverse("account_reset_password"), {"email": "stranger@elsewhere.example"})
    sent_mails()  # the server is gone now, so nobody waits for it

    assert took < 30
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])


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

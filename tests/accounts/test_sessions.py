"""Sessions end when nobody is at work, twelve hours after the sign-in, and with the password."""

from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts.models import ApiToken, Session
from csp_portal.audit.models import Entry
from tests.accounts.test_local_sign_in import PASSWORD, sent_mails, sign_in

PROFILE = "/people/me/"


def move_back(client: Client, **ages: timedelta) -> None:
    session = client.session
    session["session_facts"] = {
        **session["session_facts"],
        **{name: (timezone.now() - age).isoformat() for name, age in ages.items()},
    }
    session.save()


def is_signed_in(client: Client) -> bool:
    return client.get(PROFILE).status_code == 200


@pytest.mark.parametrize(("minutes", "lasts"), [(29, True), (31, False)])
def test_a_session_ends_after_30_minutes_without_a_click(as_viewer, minutes, lasts):
    move_back(as_viewer, seen_at=timedelta(minutes=minutes))

    assert is_signed_in(as_viewer) is lasts


def test_a_page_that_redraws_itself_does_not_keep_a_session_alive(as_viewer):
    move_back(as_viewer, seen_at=timedelta(minutes=20))
    before = as_viewer.session["session_facts"]["seen_at"]

    as_viewer.get("/system/banner/", headers={"X-Background": "1", "HX-Request": "true"})
    unchanged = as_viewer.session["session_facts"]["seen_at"]
    as_viewer.get(PROFILE)

    assert unchanged == before
    assert as_viewer.session["session_facts"]["seen_at"] > before


@pytest.mark.parametrize(("hours", "lasts"), [(11.9, True), (12.1, False)])
def test_a_session_ends_twelve_hours_after_the_sign_in_however_busy_its_person_is(as_viewer, hours, lasts):
    move_back(as_viewer, began_at=timedelta(hours=hours))

    assert is_signed_in(as_viewer) is lasts


def test_an_ended_session_is_gone_from_the_database(as_viewer, viewer):
    move_back(as_viewer, seen_at=timedelta(hours=1))

    as_viewer.get(PROFILE)

    assert not Session.objects.filter(person=viewer).exists()


def test_the_session_key_is_another_one_after_the_sign_in(viewer):
    client = Client()
    client.get(reverse("account_login"))
    client.session["x"] = "y"
    client.session.save()
    before = client.session.session_key

    sign_in(client, viewer.email)

    assert client.session.session_key != before


def test_a_new_password_ends_other_sessions_and_tokens_but_not_this_one(viewer, as_viewer):
    client, fresh = Client(), "a quite different one"
    sign_in(client, viewer.email)
    ApiToken.objects.create(user=viewer, name="Test", scopes=["READ"])

    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": fresh, "password2": fresh})

    assert (is_signed_in(client), is_signed_in(as_viewer)) == (True, False)
    assert not ApiToken.objects.filter(user=viewer).exists()
    assert [message.subject for message in sent_mails()] == ["Your password was changed"]


def test_the_first_sign_in_is_not_odd_and_one_from_elsewhere_is_told(viewer):
    sign_in(Client(REMOTE_ADDR="203.0.113.1"), viewer.email)
    sign_in(Client(REMOTE_ADDR="203.0.113.1"), viewer.email)
    assert sent_mails() == []

    sign_in(Client(REMOTE_ADDR="198.51.100.7"), viewer.email)

    (message,) = sent_mails()
    assert (message.to, message.subject) == ([viewer.email], "A sign-in from a new device or address")
    assert "198.51.100.7" in message.body


def test_a_mail_speaks_the_language_of_its_person(viewer):
    viewer.keep_preferences(language="zh-hant")
    for address in ("203.0.113.1", "198.51.100.7"):
        sign_in(Client(REMOTE_ADDR=address), viewer.email)

    sent_mails()
    assert mail.outbox[0].subject == "來自新裝置或新位址的登入"


def test_signing_in_out_and_failing_is_in_the_audit(viewer):
    client = Client()
    sign_in(client, viewer.email, "wrong")
    sign_in(client, "stranger@elsewhere.example", "wrong")
    sign_in(client, viewer.email)
    client.post(reverse("account_logout"))

    actions = list(Entry.objects.order_by("number").values_list("action", flat=True))
    assert actions == ["person.sign_in_failed", "person.signed_in", "person.signed_out"]


def test_what_a_person_was_told_is_not_shown_to_who_signs_in_next(viewer, owner, signed_in):
    client = signed_in(owner)
    client.post(f"/people/{viewer.pk}/role/", {"role": "AUDITOR"})
    assert "messages" not in client.cookies

    client.post(reverse("account_logout"))
    sign_in(client, viewer.email)

    assert "Viewer: Auditor" not in client.get(PROFILE).content.decode()

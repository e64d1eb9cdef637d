"""When our own credentials end: what pages say, and the mails that owners get, each once."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import trustme
from cryptography.x509 import load_pem_x509_certificate
from django.core import mail
from django.db import connections
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from customers.connection_check import check_connection
from customers.credentials import expiries_of, urgent_expiries
from customers.expiry_mail import MARKS, note_marks, send_due_notices
from customers.models import Connection, ExpiryNotice

ENDS_ON = date(2027, 6, 1)
END = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture
def undated(connection):
    """A connection of whose secret nobody entered the end."""
    Connection.objects.update(secret_expires_on=None)
    connection.refresh_from_db()
    return connection


@pytest.fixture
def dated(connection):
    """A connection whose secret ends on a day that somebody entered."""
    Connection.objects.update(secret_expires_on=ENDS_ON)
    connection.refresh_from_db()
    return connection


def announce(now):
    note_marks(now=now)
    return send_due_notices(now=now)


def test_a_secret_ends_on_the_day_that_was_entered(dated):
    (expiry,) = expiries_of(dated)

    assert (expiry.kind, expiry.at) == ("SECRET", END)
    assert expiry.days_left(END - timedelta(days=3)) == 3


def test_a_certificate_says_itself_when_it_ends(connection, certificate):
    connection.certificate, ends_at = certificate
    (expiry,) = expiries_of(connection)

    assert (expiry.kind, expiry.at) == ("CERTIFICATE", ends_at)


@pytest.fixture
def certificate():
    """The PEM of a certificate, and its end."""
    issued = trustme.CA().issue_cert("portal.example").cert_chain_pems[0].bytes().decode()
    return issued, load_pem_x509_certificate(issued.encode()).not_valid_after_utc


def test_a_stored_sign_in_ends_after_ninety_days_without_use(connection):
    connection.seal_secret("refresh_token", "x")
    connection.refresh_token_at = END - timedelta(days=90)
    connection.sealed_client_secret = ""

    assert [(one.kind, one.at) for one in expiries_of(connection)] == [("SIGN_IN", END)]


def test_an_unknown_end_is_a_warning_and_a_far_one_is_none(undated):
    now = timezone.now()
    assert [one.at for one in urgent_expiries([undated], now=now)] == [None]
    undated.secret_expires_on = (now + timedelta(days=200)).date()
    assert urgent_expiries([undated], now=now) == []


def test_every_mark_brings_one_mail_to_each_owner_and_no_second_one(dated, owner, viewer):
    User.objects.create_local(
        "second@partner.example", name="Second", role=Role.OWNER, password="correct horse battery"
    )
    told = []
    for days in range(70, -3, -1):
        for _ in range(3):  # the task runs more than once a day
            if announce(END - timedelta(days=days)):
                told.append(days)

    assert told == sorted(MARKS, reverse=True)
    assert len(mail.outbox) == 2 * len(MARKS)
    assert {address for message in mail.outbox for address in message.to} == {owner.email, "second@partner.example"}
    assert mail.outbox[0].subject == "Sandbox: the client secret ends on 2027-06-01."
    assert mail.outbox[-1].subject == "Sandbox: the client secret ended on 2027-06-01."
    assert f"/settings/connections/{dated.pk}/" in mail.outbox[0].body


def test_a_portal_that_slept_sends_the_last_mark_only(dated, owner):
    announce(END - timedelta(days=5))

    assert [notice.days for notice in ExpiryNotice.objects.all()] == [7]
    assert len(mail.outbox) == 1


def test_a_new_secret_begins_anew(dated, owner):
    announce(END - timedelta(days=5))
    Connection.objects.update(secret_expires_on=date(2028, 6, 1))
    announce(END + timedelta(days=1))
    assert len(mail.outbox) == 1

    announce(datetime(2028, 5, 20, tzinfo=UTC))
    assert len(mail.outbox) == 2


def test_a_mail_that_could_not_be_sent_is_sent_later(dated, owner, settings):
    now = END - timedelta(days=5)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assert announce(now) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert announce(now) == 0  # the lease is not over yet

    ExpiryNotice.objects.update(due_at=now - timedelta(days=400))
    assert send_due_notices(now=now) == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_it_once(dated, owner):
    sent, start = [], threading.Barrier(4)

    def work() -> None:
        start.wait()
        sent.append(announce(END - timedelta(days=5)))
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(sent) == len(mail.outbox) == 1


def test_owners_see_it_everywhere_and_others_do_not(as_owner, as_viewer, dated):
    Connection.objects.update(secret_expires_on=timezone.now().date() + timedelta(days=10))

    for address in ("/system/banner/", "/settings/", f"/settings/connections/{dated.pk}/"):
        assert "the client secret ends on" in as_owner.get(address).content.decode(), address
    assert "the client secret ends on" not in as_owner.get("/system/").content.decode()  # the banner above it says so
    assert "client secret" not in as_viewer.get("/system/banner/").content.decode()


def test_an_unknown_end_is_said_on_the_pages_but_not_in_the_banner(as_owner, undated):
    assert "a day that nobody entered" in as_owner.get("/settings/").content.decode()
    assert "a day that nobody entered" in as_owner.get("/system/").content.decode()
    assert "nobody entered" not in as_owner.get("/system/banner/").content.decode()


def test_the_test_of_a_connection_and_with_it_the_doctor_says_it(dated):
    def said(now):
        return next((one for one in check_connection(dated, now=now) if one.name == "Client secret"), None)

    assert said(END - timedelta(days=100)) is None
    assert said(END - timedelta(days=10)).ok is None
    assert said(END + timedelta(days=1)).ok is False
    assert "ended on 2027-06-01" in said(END + timedelta(days=1)).sentence


def test_the_day_is_entered_at_the_connection(as_owner, connection):
    fields = {
        "name": "Sandbox",
        "cloud": "custom",
        "partner_tenant_id": connection.partner_tenant_id,
        "client_id": connection.client_id,
        "auth_model": "APP_ONLY",
        "secret_expires_on": "2027-06-01",
    }
    assert as_owner.post(f"/settings/connections/{connection.pk}/", fields).status_code == 302
    assert Connection.objects.get().secret_expires_on == ENDS_ON
    assert "2027-06-01" in as_owner.get(f"/settings/connections/{connection.pk}/").content.decode()

"""What comes back after a mail was taken: it is found by a mark that only we can make, and stops further mails."""

import io
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.utils import timezone

from csp_portal.notices.models import Event
from customers.contacts import clear_bounce
from customers.models import Contact
from health.models import Notice
from health.notice_runs.audience import reach_of
from health.notice_runs.bounces import Report, read_bounce, store_bounce
from health.notice_runs.mails import sender_of
from tests.notice_runs.conftest import send


def read_report(raw: bytes) -> Report:
    report = read_bounce(raw)
    assert report is not None
    return report


REPORT = """From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; it@adatum.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 no such user here

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
Subject: Hello
--b--
"""


@pytest.fixture
def notice(approved):
    send()
    return Notice.objects.select_related("contact").get(address="it@adatum.example")


def report_on(notice, *, to="portal@partner.example", action="failed", status="5.1.1", message_id=None):
    told = {"to": to, "action": action, "status": status, "message_id": message_id or notice.message_id}
    return REPORT.format(**told).encode()


def test_a_later_bounce_is_noted_at_notice_and_contact_and_told(notice, author, monkeypatch):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(report_on(notice))))
    call_command("receive_bounce")

    notice.refresh_from_db()
    contact = Contact.objects.get(pk=notice.contact_id)
    assert (notice.state, notice.answer) == ("BOUNCED", "5.1.1 smtp; 550 no such user here")
    assert contact.bounced_at is not None
    assert Event.objects.filter(kind="NOTICE_BOUNCED").count() == 1
    Notice.objects.all().delete()
    assert reach_of(notice.run, viewer=author).bounced == 1
    clear_bounce(contact, by=author)
    assert reach_of(notice.run, viewer=author).bounced == 0


def test_the_address_that_a_report_comes_to_names_the_notice_too(notice, settings):
    settings.NOTICE_BOUNCE_ADDRESS = "bounces@partner.example"
    found = read_report(report_on(notice, to=sender_of(notice), message_id="<lost@x>"))

    assert found is not None
    assert found.notice == notice.pk


def test_the_same_report_twice_counts_once(notice):
    report = read_report(report_on(notice))

    assert [store_bounce(report, now=timezone.now()) for _ in range(2)] == [True, False]


@pytest.mark.parametrize("status", ["5.2.2", "5.7.1", "4.4.7"])
def test_a_full_mailbox_or_a_dislike_of_us_does_not_stop_further_mails(notice, status):
    assert store_bounce(read_report(report_on(notice, status=status)), now=timezone.now())

    notice.refresh_from_db()
    assert notice.state == "BOUNCED"
    assert Contact.objects.get(pk=notice.contact_id).bounced_at is None


def test_a_bounce_of_an_address_that_was_corrected_since_says_nothing_of_the_new_one(notice):
    Contact.objects.filter(pk=notice.contact_id).update(address="new@adatum.example")
    store_bounce(read_report(report_on(notice)), now=timezone.now())

    assert Contact.objects.get(pk=notice.contact_id).bounced_at is None


@pytest.mark.parametrize(
    "broken",
    [
        lambda notice: report_on(notice, action="delayed"),
        lambda notice: report_on(notice, message_id=f"<notice.{notice.pk}.{'0' * 20}@localhost>"),
        lambda notice: report_on(notice, to=f"bounces+{notice.pk}.{'0' * 20}@x", message_id="<a@b>"),
        lambda notice: b"",
        lambda notice: b"\xff\xfe\x00 From nobody: [=?",
        lambda notice: b"Content-Type: message/delivery-status\n\n\x00",
    ],
)
def test_what_is_no_report_of_ours_changes_nothing(notice, broken):
    assert read_bounce(broken(notice)) is None

"""Notices leave once each: at their pace, outside of quiet hours, and never to whom they are not for."""

from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from csp_portal.calendars.models import Calendar, OpenSpan
from csp_portal.notices.models import Event
from customers.models import Contact, Customer
from health.models import Notice, NoticeRun, Post
from health.notice_runs.drafts import draft_from_issue
from health.notice_runs.steps import StepRefused, give_up, resume, settle, stop
from tests.notice_runs.conftest import NAMES, go_ahead, let_pass, send, states_of

ALL = sorted(f"it@{name.lower()}.example" for name in NAMES)


def test_every_contact_gets_the_mail_once_and_the_run_is_done(approved, mailbox):
    assert send() == 6
    assert send() == 0

    approved.refresh_from_db()
    assert mailbox.recipients == ALL
    assert approved.state == NoticeRun.State.DONE
    proof = Notice.objects.get(address="it@contoso.example")
    assert (proof.state, proof.answer) == ("SENT", "250 OK queued")
    assert proof.sent_at is not None
    assert "Contoso" in proof.text


def test_the_words_are_the_customers_own_and_name_no_other(approved, mailbox):
    send()

    for _sender, recipient, mail in mailbox.mails:
        own = next(name for name in NAMES if name.lower() in recipient)
        told = "".join(str(part.get_payload(decode=True)) for part in mail.walk() if not part.is_multipart())
        assert own in told
        assert "We roll back." in told
        assert [name for name in NAMES if name != own and name.lower() in told.lower()] == []


def test_a_mail_has_both_forms_and_lets_its_reader_leave_with_one_click(approved, mailbox, settings, client):
    settings.NOTICE_REPLY_TO, settings.NOTICE_BOUNCE_ADDRESS = "desk@partner.example", "bounces@partner.example"
    send()
    sender, recipient, mail = mailbox.mails[0]

    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Reply-To"] == "desk@partner.example"
    assert sender.startswith("bounces+") and sender.endswith("@partner.example")
    address = mail["List-Unsubscribe"].strip("<> \r\n").removeprefix(settings.PORTAL_URL)
    assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert Contact.objects.get(address=recipient).opted_out_at is not None


def test_a_contact_reads_its_own_language(draft, approver, mailbox):
    Contact.objects.filter(address="it@contoso.example").update(language="zh-hant")
    go_ahead(draft, approver=approver)
    send()

    (mail,) = [mail for _, recipient, mail in mailbox.mails if recipient == "it@contoso.example"]
    assert mail["Content-Language"] == "zh-Hant"
    assert "您好" in mail.get_payload(0).get_payload(decode=True).decode()


def test_a_second_run_about_the_same_post_tells_nobody_again(approved, author, approver, issue, mailbox):
    again = draft_from_issue(issue, by=author, now=timezone.now())
    assert again.pk != approved.pk
    with pytest.raises(StepRefused, match="nobody"):
        go_ahead(again, approver=approver)
    send()

    assert mailbox.recipients == ALL


def test_the_next_post_is_told_to_everybody_again(approved, author, approver, issue, mailbox):
    send()
    now = timezone.now() + timedelta(minutes=1)
    Post.objects.create(issue=issue, posted_at=now, html="Current status: Done.", digest=b"2" * 16, first_seen_at=now)
    update = draft_from_issue(issue, by=author, now=timezone.now())
    go_ahead(update, approver=approver)
    let_pass(timedelta(minutes=2))
    send()

    assert update.kind == NoticeRun.Kind.UPDATE
    assert mailbox.recipients == sorted(ALL * 2)


def test_who_left_meanwhile_is_left_out(approved, mailbox):
    Contact.objects.filter(address="it@adatum.example").update(opted_out_at=timezone.now())
    Contact.objects.filter(address="it@bellows.example").update(removed_at=timezone.now())
    send()

    assert mailbox.recipients == ALL[2:]
    assert list(states_of(approved).values()).count("SKIPPED") == 2


def test_no_more_leave_in_a_minute_than_the_run_allows(approved, mailbox):
    NoticeRun.objects.update(per_minute=2)
    assert [send(), send()] == [2, 0]
    Notice.objects.filter(taken_at__isnull=False).update(taken_at=timezone.now() - timedelta(minutes=2))
    assert send() == 2


def test_a_stopped_run_sends_nothing_until_it_goes_on(approved, author, mailbox):
    NoticeRun.objects.update(per_minute=2)
    send()
    stop(approved, by=author, now=timezone.now())
    let_pass(timedelta(minutes=2))
    assert send() == 0
    resume(approved, by=author)
    NoticeRun.objects.update(per_minute=60)
    send()

    assert mailbox.recipients == ALL


def test_what_was_given_up_may_be_told_by_another_run(approved, author, approver, issue, mailbox):
    stop(approved, by=author, now=timezone.now())
    give_up(approved, by=author, now=timezone.now())
    go_ahead(draft_from_issue(issue, by=author, now=timezone.now()), approver=approver)
    send()

    assert mailbox.recipients == ALL


def test_nothing_leaves_in_quiet_hours_unless_it_is_urgent(draft, approver, mailbox):
    local = timezone.now().astimezone(timezone.get_default_timezone())
    quiet = (local - timedelta(hours=1)).time(), (local + timedelta(hours=1)).time()
    NoticeRun.objects.update(quiet_from=quiet[0], quiet_to=quiet[1])
    go_ahead(draft, approver=approver)

    assert send() == 0
    assert min(Notice.objects.values_list("due_at", flat=True)) > timezone.now() + timedelta(minutes=50)
    NoticeRun.objects.update(is_urgent=True, urgent_reason="All mail is lost")
    let_pass(timedelta(hours=2))
    assert send() == 6


def test_quiet_over_midnight_ends_in_the_morning(draft, approver, mailbox):
    NoticeRun.objects.update(quiet_from=time(0, 0), quiet_to=time(23, 59, 59))
    go_ahead(draft, approver=approver)

    assert {due.astimezone(timezone.get_default_timezone()).time() for due in due_of(draft)} == {time(23, 59, 59)}


def test_quiet_hours_are_those_of_the_contacts_own_clock(draft, approver):
    Contact.objects.filter(address="it@adatum.example").update(zone="Asia/Taipei")
    NoticeRun.objects.update(quiet_from=time(0, 0), quiet_to=time(23, 59, 59))
    go_ahead(draft, approver=approver)

    due = Notice.objects.get(address="it@adatum.example").due_at.astimezone(ZoneInfo("Asia/Taipei"))
    assert due.time() == time(23, 59, 59)


def due_of(run):
    return Notice.objects.filter(run=run).values_list("due_at", flat=True)


def test_an_address_that_does_not_exist_bounces_and_is_written_to_no_more(approved, mailbox):
    mailbox.at_recipient = lambda address: "550 5.1.1 no such user" if "adatum" in address else "250 OK"
    send()

    contact = Contact.objects.get(address="it@adatum.example")
    assert states_of(approved)["it@adatum.example"] == "BOUNCED"
    assert contact.bounced_at is not None
    assert "no such user" in contact.bounce_reason
    assert Event.objects.get(kind="NOTICE_BOUNCED").facts["title"] == str(contact)
    assert mailbox.recipients == ALL[1:]


def test_a_server_that_does_not_like_us_says_nothing_about_the_mailbox(approved, mailbox):
    mailbox.at_recipient = lambda address: "550 5.7.1 relaying denied" if "adatum" in address else "250 OK"
    send()

    assert states_of(approved)["it@adatum.example"] == "BOUNCED"
    assert Contact.objects.get(address="it@adatum.example").bounced_at is None


def test_who_is_busy_is_tried_again_later(approved, mailbox):
    mailbox.at_recipient = lambda address: "451 4.2.0 greylisted" if "adatum" in address else "250 OK"
    send()
    mailbox.at_recipient = lambda address: "250 OK"
    assert send() == 0
    let_pass(timedelta(minutes=5))
    send()

    assert mailbox.recipients == ALL


def test_a_mail_server_that_is_away_loses_nothing(approved, mailbox, settings):
    settings.EMAIL_PORT, port = 1, settings.EMAIL_PORT
    assert send() == 0
    settings.EMAIL_PORT = port
    let_pass(timedelta(minutes=2))
    send()

    assert mailbox.recipients == ALL


def test_a_mail_that_the_server_does_not_like_may_be_sent_again_by_a_person(approved, author, mailbox):
    mailbox.at_end = lambda address: "554 5.6.0 looks like spam" if "adatum" in address else "250 OK"
    send()
    failed = Notice.objects.select_related("customer").get(state="FAILED")
    mailbox.at_end = lambda address: "250 OK"
    assert settle(failed, has_arrived=False, by=author, now=timezone.now())
    send()

    assert mailbox.recipients == ALL


def test_a_run_in_contract_hours_waits_for_each_customer_that_has_some(draft, approver):
    tomorrow = timezone.now().astimezone(UTC) + timedelta(days=1)
    calendar = Calendar.objects.create(name="Tomorrow", zone="UTC")
    OpenSpan.objects.create(calendar=calendar, weekday=tomorrow.weekday(), begins=600, ends=660)
    Customer.objects.filter(name="Adatum").update(calendar=calendar)
    NoticeRun.objects.update(in_contract_hours=True)
    go_ahead(draft, approver=approver)

    due = Notice.objects.get(address="it@adatum.example").due_at
    assert (due.weekday(), due.time()) == (tomorrow.weekday(), time(10))
    assert max(due_of(draft).exclude(address="it@adatum.example")) <= timezone.now()


def test_a_run_reaches_only_the_tiers_it_is_for(draft, approver):
    Customer.objects.filter(name__in=("Adatum", "Bellows")).update(tier="PREMIUM")
    NoticeRun.objects.update(tiers=["PREMIUM"])
    go_ahead(draft, approver=approver)

    assert set(Notice.objects.values_list("customer__name", flat=True)) == {"Adatum", "Bellows"}

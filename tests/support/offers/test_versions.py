"""What a customer was promised stays what it was; the desk's clocks follow what holds now."""

import re
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.test import Client
from pypdf import PdfReader

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.models import Entry
from csp_portal.calendars.models import Calendar, OpenSpan
from customers.models import Contact, Customer
from support.desk import open_ticket
from support.models import (
    Channel,
    OfferTold,
    OfferVersion,
    Queue,
    SlaClock,
    SlaPolicy,
    SlaTarget,
    SupportOffer,
    Ticket,
)
from support.offers.mailing import letter_of, note_told, send_offers, tell_by_mail, token_of
from support.offers.pdf import pdf_of
from support.offers.publishing import NotPublished, draft_of, follow_offers, publish
from support.offers.standing import offers_in_force
from support.sla.sweep import follow_due
from support.values import NewTicket
from tests.support.offers.conftest import MONDAY, filled

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)


def asked(customer: Customer, queue: Queue) -> Ticket:
    new = NewTicket(subject="Help", text="Help", queue=queue, channel=Channel.MAIL, customer=customer)
    return open_ticket(new, by=None, now=MONDAY)


def clock(ticket: Ticket) -> SlaClock:
    return SlaClock.objects.get(ticket=ticket, kind="SOLUTION")


def row(version: OfferVersion) -> dict[str, object]:
    return dict(OfferVersion.objects.filter(pk=version.pk).values().get())


def test_publishing_version_2_keeps_version_1_and_when_it_was_told(
    first: OfferVersion, contoso: Customer, owner: User, everybody: SlaPolicy
) -> None:
    told = note_told(first, name="Kim", note="With the contract", at=MONDAY - DAY, by=owner, now=MONDAY)
    before, paper = row(first), pdf_of(first, language="en")
    draft = filled(draft_of(contoso, family=""), policy=everybody, begins=TODAY + DAY)
    second = publish(draft, by=owner, now=MONDAY)

    assert (second.number, second.told.count()) == (2, 0)
    assert row(first) == before
    assert pdf_of(OfferVersion.objects.get(pk=first.pk), language="en") == paper
    kept = OfferTold.objects.get(pk=told.pk)
    assert (kept.version_id, kept.at, kept.note) == (first.pk, MONDAY - DAY, "With the contract")
    assert [one.pk for one in offers_in_force(contoso, now=MONDAY)] == [first.pk]
    assert [one.pk for one in offers_in_force(contoso, now=MONDAY + DAY)] == [second.pk]
    entry = Entry.objects.filter(action="offer.published").latest("number")
    assert (entry.before["number"], entry.after["number"], entry.customer) == (1, 2, contoso.tenant_id)


def test_what_becomes_of_policy_and_hours_changes_no_published_version(first: OfferVersion, premium: SlaPolicy) -> None:
    paper = pdf_of(first, language="en")
    SlaTarget.objects.filter(policy=premium).update(solution=9999)
    OpenSpan.objects.all().delete()
    premium.delete()
    assert pdf_of(OfferVersion.objects.get(pk=first.pk), language="en") == paper


@pytest.mark.parametrize(
    ("begins", "words"),
    [(date(2020, 1, 1), "after version 1"), (date(2026, 11, 20), "today or later"), (None, "Choose the day")],
)
def test_a_version_never_takes_back_what_held(
    first: OfferVersion, contoso: Customer, owner: User, begins: date | None, words: str
) -> None:
    draft = draft_of(contoso, family="")
    draft.valid_from = begins
    draft.save()
    with pytest.raises(NotPublished, match=words):
        publish(draft, by=owner, now=MONDAY)
    with pytest.raises(NotPublished, match="already"):
        publish(first, by=owner, now=MONDAY)


def test_an_offer_that_ended_holds_no_longer(first: OfferVersion, contoso: Customer, owner: User) -> None:
    draft = filled(draft_of(contoso, family=""), policy=None, begins=TODAY)
    draft.valid_to = TODAY + DAY
    draft.save()
    publish(draft, by=owner, now=MONDAY)
    assert [len(offers_in_force(contoso, now=MONDAY + days * DAY)) for days in (1, 2)] == [1, 0]


def test_the_clock_of_a_ticket_follows_the_offer_in_force(
    *, everybody: SlaPolicy, contoso: Customer, fabrikam: Customer, queue: Queue, owner: User, premium: SlaPolicy
) -> None:
    ours, theirs = asked(contoso, queue), asked(fabrikam, queue)
    assert (clock(ours).target_minutes, clock(ours).policy) == (960, everybody)
    publish(filled(draft_of(contoso, family=""), policy=premium, begins=TODAY), by=owner, now=MONDAY)
    later = MONDAY + timedelta(hours=1)
    follow_due(now=later)
    assert (clock(ours).target_minutes, clock(ours).policy) == (120, premium)
    assert clock(ours).used == timedelta(hours=1)
    assert clock(theirs).target_minutes == 960


def test_the_clock_counts_the_hours_that_were_told(
    first: OfferVersion, contoso: Customer, queue: Queue, office: Calendar
) -> None:
    ticket = asked(contoso, queue)
    before = clock(ticket).ends_at
    OpenSpan.objects.filter(calendar=office).update(begins=720)
    Ticket.objects.update(clocks_due_at=MONDAY)
    follow_due(now=MONDAY + timedelta(minutes=1))
    assert clock(ticket).ends_at == before
    assert clock(asked(contoso, queue)).ends_at == before


def test_a_version_that_begins_tomorrow_counts_from_its_midnight(
    first: OfferVersion, contoso: Customer, queue: Queue, owner: User, everybody: SlaPolicy
) -> None:
    ticket = asked(contoso, queue)
    assert clock(ticket).target_minutes == 120
    second = publish(filled(draft_of(contoso, family=""), policy=everybody, begins=TODAY + DAY), by=owner, now=MONDAY)
    turn = SupportOffer.objects.get(pk=second.offer_id).due_at
    assert turn is not None and follow_offers(now=turn - timedelta(seconds=1)) == 0
    assert follow_offers(now=turn) == 1
    follow_due(now=turn)
    assert clock(ticket).target_minutes == 960
    assert follow_offers(now=turn) == 0


def words_of(paper: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(paper)).pages)


def test_the_sheet_has_the_words_of_the_readers_language(first: OfferVersion) -> None:
    english, chinese = (words_of(pdf_of(first, language=language)) for language in ("en", "zh-hant"))
    assert all(words in english for words in ("Outlook and Teams", "Devices", "Printers", "+886 2 1234", "Contoso"))
    assert all(words in english for words in ("first answer within 30 min", "Monday: 09:00", "Included"))
    assert "Outlook 與 Teams 的問題" in chinese
    assert "Outlook and Teams" not in chinese


def test_a_contact_is_told_by_mail_and_confirms_without_signing_in(
    first: OfferVersion, mei: Contact, owner: User, now: datetime
) -> None:
    assert tell_by_mail(first, [mei], by=owner, now=now) == 1
    assert (send_offers(), send_offers()) == (1, 0)
    told = OfferTold.objects.get()
    assert (told.state, told.confirmed_at) == ("TOLD", None)
    assert told.at is not None
    (letter,) = mail.outbox
    (link,) = [line for line in str(letter.body).splitlines() if "/offer/" in line]
    name, content, kind = letter.attachments[0]
    assert (name, kind) == ("support-all-v1.pdf", "application/pdf")
    assert isinstance(content, bytes) and "Outlook 與 Teams 的問題" in words_of(content)

    browser, path = Client(), link[link.index("/offer/") :]
    assert "Outlook 與 Teams 的問題" in browser.get(path).content.decode()
    assert OfferTold.objects.get().confirmed_at is None
    assert browser.post(path).status_code == 302
    confirmed = OfferTold.objects.get().confirmed_at
    assert confirmed is not None
    browser.post(path)
    assert OfferTold.objects.get().confirmed_at == confirmed
    assert browser.get(f"{path}sheet.pdf").content.startswith(b"%PDF")


def test_who_presses_twice_sends_one_mail_and_may_tell_again_later(
    first: OfferVersion, mei: Contact, owner: User
) -> None:
    assert tell_by_mail(first, [mei], by=owner, now=MONDAY) == 1
    assert tell_by_mail(first, [mei], by=owner, now=MONDAY) == 0
    assert (send_offers(), len(mail.outbox)) == (1, 1)
    assert Entry.objects.filter(action=Action.OFFER_TOLD).count() == 1
    assert tell_by_mail(first, [mei], by=owner, now=MONDAY + DAY) == 1


def test_a_link_shows_one_customers_sheet_and_no_other(
    first: OfferVersion, mei: Contact, fabrikam: Customer, owner: User, now: datetime
) -> None:
    theirs = filled(draft_of(fabrikam, family=""), policy=None, begins=TODAY)
    theirs.covered_zh = "Fabrikam's own"
    theirs.save()
    theirs = publish(theirs, by=owner, now=now)
    tell_by_mail(first, [mei], by=owner, now=now)
    letter = letter_of(OfferTold.objects.get())
    (link,) = [line for line in str(letter.body).splitlines() if "/offer/" in line]
    path = link[link.index("/offer/") :]
    browser = Client()
    assert "Fabrikam" not in browser.get(path).content.decode()
    assert browser.get(path.replace("/offer/", "/offer/x")).status_code == 404
    assert browser.get(f"/my/support/{theirs.pk}/sheet.pdf").status_code == 302
    Customer.objects.filter(pk=mei.customer_id).update(gone_at=now)
    assert browser.get(path).status_code == 404


def test_a_link_ends_with_its_year_and_with_the_contact(
    first: OfferVersion, mei: Contact, owner: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_by_mail(first, [mei], by=owner, now=now)
    token = token_of(OfferTold.objects.get())
    assert re.fullmatch(r"csp_[a-z0-9]{16,}", token)  # as the log knows secrets
    browser, path = Client(), f"/offer/{token}/"
    Contact.objects.filter(pk=mei.pk).update(removed_at=now)
    assert browser.get(path).status_code == 404
    Contact.objects.filter(pk=mei.pk).update(removed_at=None)
    assert browser.get(path).status_code == 200
    monkeypatch.setattr("support.offers.mailing.LIFE", timedelta(seconds=-1))
    assert browser.get(path).status_code == 404


def test_a_worker_that_died_after_the_last_byte_sends_no_second_mail(
    first: OfferVersion, mei: Contact, owner: User, now: datetime
) -> None:
    tell_by_mail(first, [mei], by=owner, now=now)
    OfferTold.objects.update(state="SENDING")
    assert send_offers() == 0
    told = OfferTold.objects.get()
    assert (told.state, told.due_at, mail.outbox) == ("UNCERTAIN", None, [])


def test_a_letter_that_cannot_be_made_holds_up_no_other(
    first: OfferVersion, mei: Contact, owner: User, now: datetime
) -> None:
    assert tell_by_mail(first, [mei], by=owner, now=now) == 1
    OfferTold.objects.update(address="mei\nbcc: x@evil.example", due_at=now - DAY)
    assert tell_by_mail(first, [mei], by=owner, now=now) == 1
    assert (send_offers(), len(mail.outbox)) == (1, 1)
    assert sorted(OfferTold.objects.values_list("state", flat=True)) == ["FAILED", "TOLD"]


def test_what_a_person_of_the_customer_sees_is_noted_once(first: OfferVersion, kim_browser: Client) -> None:
    for _ in range(2):
        page = kim_browser.get("/my/support/").content.decode()
    assert "Printers" in page
    told = OfferTold.objects.get()
    assert (told.way, told.address, told.version_id) == ("PAGE", "kim@contoso.example", first.pk)
    assert kim_browser.get(f"/my/support/{first.pk}/sheet.pdf").content.startswith(b"%PDF")
    assert kim_browser.get("/my/support/999999/sheet.pdf").status_code == 404

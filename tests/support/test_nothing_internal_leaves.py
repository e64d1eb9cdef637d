"""Whatever the desk does in whichever order: no internal word is in anything that leaves the house."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from csp_portal.accounts.models import User
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Delivery, Event, Rule
from customers.models import Contact, Customer
from health.models import Issue, Share
from health.shares.keeping import make_share
from support.changes import change
from support.customer_side.door import let_in
from support.customer_side.links import person_of
from support.desk import add_note, open_ticket, receive, reply, undo_reply
from support.known.batch import reply_to_all
from support.known.following import follow_issues, link_issue
from support.mail.letters import letter_of
from support.models import (
    Channel,
    ChecklistItem,
    CustomerPerson,
    Draft,
    Entry,
    OfferTold,
    OfferVersion,
    OutgoingMail,
    Queue,
    Status,
    Ticket,
    TimeSpent,
)
from support.offers.mailing import letter_of as offer_letter
from support.offers.mailing import note_told, tell_by_mail
from support.offers.pdf import pdf_of
from support.offers.publishing import draft_of, publish
from support.sla.sweep import follow_due
from support.values import Incoming, NewTicket
from tests.support.test_known import make_issue, post

pytestmark = pytest.mark.django_db
SENDER = "Support <support@partner.example>"
TICKET_KINDS = [kind for kind in EventKind if kind.startswith("TICKET")]
INTERNAL, THEIRS = "CANARY-INTERNAL", "CANARY-OTHER-CUSTOMER"


@dataclass(kw_only=True)
class Desk:
    """Two customers' tickets, and one person who works on both of them."""

    mine: Ticket
    other: Ticket
    issue: Issue
    person: User
    now: datetime
    said: list[Entry] = field(default_factory=list)

    def note(self) -> None:
        add_note(self.mine.pk, text=f"{INTERNAL} @Somebody", by=self.person, now=self.now, mentions=[self.person])

    def answer(self) -> None:
        to = ["kim@contoso.example"]
        self.said.append(reply(self.mine.pk, text="We look.", to=to, by=self.person, now=self.now))

    def answer_and_take_back(self) -> None:
        to = ["kim@contoso.example"]
        undo_reply(
            reply(self.mine.pk, text=INTERNAL, to=to, by=self.person, now=self.now), by=self.person, now=self.now
        )

    def hear_from_the_other(self) -> None:
        receive(self.other.pk, Incoming(text=THEIRS, channel=Channel.MAIL, sender_name=THEIRS), now=self.now)

    def change_fields(self) -> None:
        values = {"tags": [INTERNAL], "impact": INTERNAL, "severity": "A", "owner": self.person}
        change(self.mine.pk, values=values, by=self.person, now=self.now, because=INTERNAL)

    def link_both(self) -> None:
        for ticket in (self.mine, self.other):
            link_issue(ticket.pk, self.issue, by=self.person, now=self.now)

    def hear_of_the_issue(self) -> None:
        follow_issues(now=self.now)

    def answer_all(self) -> None:
        numbers = [self.mine.pk, self.other.pk]
        reply_to_all(uuid4(), issue=self.issue, numbers=numbers, text="It is known.", by=self.person, now=self.now)

    def work(self) -> None:
        ChecklistItem.objects.create(ticket=self.mine, position=1, text=INTERNAL, evidence=INTERNAL)
        told = {"minutes": 5, "on": date(2026, 11, 23), "what": INTERNAL, "turn": "US"}
        TimeSpent.objects.create(ticket=self.mine, person=self.person, **told)
        kept = {"text": INTERNAL, "kept_at": self.now}
        Draft.objects.update_or_create(ticket=self.mine, person=self.person, defaults=kept)

    def offer(self) -> None:
        """A draft with internal words, one of the other customer, and one that is told, with a note of ours."""
        ours, other = self.mine.customer, self.other.customer
        assert ours is not None and other is not None
        draft_of(ours, family="AZURE", like=OfferVersion(covered_en=INTERNAL))
        for customer, words in ((other, THEIRS), (ours, "All of it.")):
            draft = draft_of(customer, family="")
            draft.covered_en, draft.phone, draft.valid_from = words, "123", date(2020, 1, 1)
            draft.save()
            if not OfferVersion.objects.published().filter(offer=draft.offer).exists():
                version = publish(draft, by=self.person, now=self.now)
                note_told(version, name=INTERNAL, note=INTERNAL, at=self.now, by=self.person, now=self.now)
                contact = Contact.objects.create(customer=customer, name="Kim", address=f"{customer.pk}@kim.example")
                tell_by_mail(version, [contact], by=self.person, now=self.now)

    def wait(self) -> None:
        self.now += timedelta(hours=9)
        follow_due(now=self.now)

    def solve(self) -> None:
        change(self.mine.pk, values={"status": Status.SOLVED}, by=self.person, now=self.now)


ACTS: tuple[Callable[[Desk], None], ...] = (
    *(Desk.note, Desk.answer, Desk.answer_and_take_back, Desk.hear_from_the_other, Desk.change_fields),
    *(Desk.link_both, Desk.hear_of_the_issue, Desk.answer_all, Desk.work, Desk.offer, Desk.wait, Desk.solve),
)


@pytest.fixture
def desk(*, ticket: Ticket, fabrikam: Customer, contoso: Customer, queue: Queue, owner: User, now: datetime) -> Desk:
    new = NewTicket(
        subject=f"{THEIRS} asks",
        text=THEIRS,
        queue=queue,
        channel=Channel.MAIL,
        customer=fabrikam,
        requester_name=THEIRS,
        requester_address="lee@fabrikam.example",
    )
    issue = make_issue("EX1", title="Mail is late", hits=contoso, now=now)
    post(issue, at=now)
    return Desk(mine=ticket, other=open_ticket(new, by=None, now=now), issue=issue, person=owner, now=now)


def letters(customer: Customer) -> list[str]:
    """Every mail to people of this customer that leaves or has left, as its bytes decoded."""
    mails = OutgoingMail.objects.exclude(state=OutgoingMail.State.UNDONE).filter(entry__ticket__customer=customer)
    found = []
    for mail in mails.select_related("entry__ticket__queue"):
        message = letter_of(mail, sender=SENDER).message()
        parts = [part.get_payload(decode=True) or b"" for part in message.walk() if not part.is_multipart()]
        found.append("\n".join([str(message), *(part.decode("utf-8", "replace") for part in parts)]))
    return found


def offers_told(customer: Customer) -> list[str]:
    """Every mail about an offer to this customer, with the words of its sheet, which the page behind its link shows."""
    found = []
    for told in OfferTold.objects.filter(version__offer__customer=customer, way=OfferTold.Way.MAIL):
        letter = offer_letter(told)
        paper = BytesIO(pdf_of(told.version, language="en"))
        words = [page.extract_text() for page in PdfReader(paper).pages]
        found += [str(letter.subject), str(letter.body), *words]
    return found


def open_status_page(customer: Customer, *, by: User) -> str:
    kind, day = Share.Kind.STATUS_PAGE, timedelta(days=1)
    return make_share(by, kind=kind, name="Ours", language="en", customer=customer, lifetime=day, now=timezone.now())[1]


def pages(address: str) -> list[str]:
    answers = [Client().get(f"{address}{tail}") for tail in ("", "badge.svg", "atom.xml", "calendar.ics")]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.content.decode() for answer in answers]


def own_pages(customer: Customer, number: int) -> list[str]:
    """What somebody of the customer reads who sees all of its requests."""
    person = person_of(customer, address="kim@contoso.example", name="Kim", language="en")
    CustomerPerson.objects.filter(pk=person.pk).update(sees_all=True)
    browser, answer = Client(), HttpResponse()
    let_in(answer, person)
    browser.cookies = answer.cookies
    paths = ("tickets/", f"tickets/{number}/", "tickets/new/", "health/", "support/")
    answers = [browser.get(f"/my/{path}") for path in paths]
    assert {answer.status_code for answer in answers} == {200}
    return [answer.content.decode() for answer in answers]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.sampled_from(ACTS), min_size=1, max_size=12))
def test_no_internal_word_and_nothing_of_another_customer_leaves(
    desk: Desk, contoso: Customer, owner: User, acts: list[Callable[[Desk], None]]
) -> None:
    with transaction.atomic():
        Rule.objects.create(name="All of tickets", kinds=TICKET_KINDS)
        work = Desk(mine=desk.mine, other=desk.other, issue=desk.issue, person=desk.person, now=desk.now)
        for act in acts:
            act(work)
        token = open_status_page(contoso, by=owner)
        mails = letters(contoso)
        shown = [*pages(f"/shared/{token}/"), *own_pages(contoso, work.mine.pk), *offers_told(contoso)]
        events = [str(event.facts) for event in Event.objects.all()]
        transaction.set_rollback(True)

    assert all(INTERNAL not in text and THEIRS not in text for text in [*mails, *shown])
    assert all(INTERNAL not in text for text in events)
    if Desk.offer in acts:
        assert sum("All of it." in text for text in shown) == 2  # the customer's own page and the sheet
    if Desk.answer in acts:
        assert any("We look." in text for text in mails)
        assert any("We look." in text for text in shown)


def test_the_database_itself_refuses_a_public_note(desk: Desk) -> None:
    desk.note()
    assert not Entry.objects.public().filter(kind=Entry.Kind.NOTE).exists()
    with pytest.raises(Exception, match="only_a_reply_or_a_message_is_public"), transaction.atomic():
        Entry.objects.filter(kind=Entry.Kind.NOTE).update(is_public=True)
    mail = OutgoingMail(entry=Entry.objects.get(kind=Entry.Kind.NOTE), to=["kim@contoso.example"], subject="x")
    with pytest.raises(ValueError, match="internal"):
        letter_of(mail, sender=SENDER)
    assert not Delivery.objects.exists()

"""Bells: who is named, whose ticket it is and who wants to be reminded is told, once, and never what was said."""

from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from support.changes import change
from support.desk import add_note, receive
from support.models import Bell, Channel, Follower, Ticket
from support.tools.bell_mail import mail_due
from support.values import Incoming

pytestmark = pytest.mark.django_db
PAGE, JSON = "/tickets/for-you/", "application/json"
WORD = Incoming(text="It is worse now", channel=Channel.MAIL, sender_address="kim@contoso.example")


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def test_who_is_named_hears_of_it_on_the_page_and_by_mail_and_the_note_stays_inside(
    as_agent: Client, as_owner: Client, owner: User, ticket: Ticket, now: datetime
) -> None:
    said = {"kind": "NOTE", "text": f"@{owner.name} @Support agent secret"}
    as_agent.post(f"/tickets/{ticket.pk}/say/", said)
    assert list(Bell.objects.values_list("person", "why")) == [(owner.pk, "MENTION")]
    shown = as_owner.get(PAGE).content.decode()
    assert f"#{ticket.pk}" in shown and "You were mentioned" in shown
    assert mail_due(now=now) == 0
    later = timezone.now() + timedelta(minutes=3)
    assert [mail_due(now=later) for _ in range(2)] == [1, 0]
    [sent] = mail.outbox
    assert sent.to == [owner.email]
    assert f"/tickets/{ticket.pk}/" in sent.body and "secret" not in f"{sent.body}{sent.subject}"
    assert ticket.subject not in sent.subject


def test_who_has_seen_it_gets_no_mail(as_owner: Client, owner: User, ticket: Ticket, now: datetime) -> None:
    add_note(ticket.pk, text="x", by=None, now=now, mentions=[owner])
    as_owner.post(f"/tickets/{ticket.pk}/presence/")
    assert mail_due(now=now + timedelta(hours=1)) == 0
    assert "Nothing waits for you" in as_owner.get(PAGE).content.decode()


def test_the_customers_word_rings_for_owner_and_followers_once_until_seen(
    owner: User, support_agent: User, viewer: User, ticket: Ticket, now: datetime
) -> None:
    change(ticket.pk, values={"owner": support_agent}, by=None, now=now)
    Follower.objects.create(ticket=ticket, person=owner)
    for minutes in range(3):
        receive(ticket.pk, WORD, now=now + timedelta(minutes=minutes))
    assert sorted(Bell.objects.values_list("person", flat=True)) == sorted([owner.pk, support_agent.pk])
    Bell.objects.filter(person=owner).update(seen_at=now)
    receive(ticket.pk, WORD, now=now + timedelta(hours=1))
    assert Bell.objects.filter(person=owner, seen_at=None).count() == 1
    assert Bell.objects.filter(person=support_agent).count() == 1


def test_a_reminder_waits_for_its_moment_and_can_be_put_off(
    as_agent: Client, support_agent: User, ticket: Ticket, now: datetime
) -> None:
    as_agent.post(f"/tickets/{ticket.pk}/remind/", {"soon": "hours", "words": "Call Kim"})
    set_to = Bell.objects.get()
    assert timedelta(hours=1, minutes=59) < set_to.rings_at - now < timedelta(hours=2, minutes=1)
    assert "Call Kim" in as_agent.get(f"/tickets/{ticket.pk}/work/").content.decode()
    assert "Later" in as_agent.get(PAGE).content.decode()
    assert mail_due(now=now + timedelta(hours=1)) == 0
    as_agent.post(f"{PAGE}{set_to.pk}/", {"what": "monday"})
    put_off = timezone.localtime(Bell.objects.get().rings_at)
    assert (put_off.weekday(), put_off.hour) == (0, 9)
    assert mail_due(now=put_off + timedelta(minutes=1)) == 1
    assert "Call Kim" in mail.outbox[0].body
    as_agent.post(f"{PAGE}{set_to.pk}/", {"what": "seen"})
    assert Bell.objects.get().seen_at is not None
    as_agent.post(f"/tickets/{ticket.pk}/remind/", {"at": "2020-01-01T00:00"})
    assert Bell.objects.count() == 1


def test_who_wants_no_mail_gets_none(as_owner: Client, owner: User, ticket: Ticket, now: datetime) -> None:
    add_note(ticket.pk, text="x", by=None, now=now, mentions=[owner])
    as_owner.post(f"{PAGE}by-mail/", {"wanted": "no"})
    assert mail_due(now=now + timedelta(hours=1)) == 0
    assert "By mail too" in as_owner.get(PAGE).content.decode()
    as_owner.post(f"{PAGE}by-mail/", {"wanted": "yes"})
    assert "No longer by mail" in as_owner.get(PAGE).content.decode()


def test_who_lost_sight_of_the_customer_hears_nothing_more(
    as_agent: Client, support_agent: User, ticket: Ticket, now: datetime
) -> None:
    add_note(ticket.pk, text="x", by=None, now=now, mentions=[support_agent])
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    assert mail_due(now=now + timedelta(hours=1)) == 0
    assert f"#{ticket.pk}" not in as_agent.get(PAGE).content.decode()
    assert as_agent.get("/api/v1/bells/").json() == []


def test_one_persons_bells_are_nobody_elses(
    as_agent: Client, as_owner: Client, owner: User, ticket: Ticket, now: datetime
) -> None:
    add_note(ticket.pk, text="x", by=None, now=now, mentions=[owner])
    bell = Bell.objects.get()
    assert as_agent.post(f"{PAGE}{bell.pk}/", {"what": "seen"}).status_code == 404
    assert as_agent.delete(f"/api/v1/bells/{bell.pk}/").status_code == 404
    assert as_owner.get("/api/v1/bells/").json()[0]["ticket"] == ticket.pk
    assert as_owner.delete(f"/api/v1/bells/{bell.pk}/").status_code == 204
    at = (now + timedelta(days=1)).isoformat()
    made = as_agent.post(f"/api/v1/tickets/{ticket.pk}/reminders/", {"at": at, "words": "Call"}, JSON)
    assert (made.status_code, made.json()[0]["words"]) == (201, "Call")
    assert as_agent.post(f"/api/v1/tickets/{ticket.pk}/reminders/", {"at": now.isoformat()}, JSON).status_code == 400

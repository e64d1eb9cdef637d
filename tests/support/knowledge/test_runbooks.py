"""Runbooks: written in versions, offered where they fit with the reason, judged, improved."""

from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from csp_portal.accounts.models import Role, User
from customers.models import Customer, CustomerGroup
from health.models import Service
from support.knowledge.writing import rate, wish, write
from support.models import Runbook, RunbookRating, RunbookVersion, RunbookWish, Ticket

pytestmark = pytest.mark.django_db
STEPS = "1. Ask **since when**.\n2. Check the *sign-in logs*."


@pytest.fixture
def exchange(db: None) -> Service:
    return Service.objects.create(cloud="global", microsoft_id="Exchange", name="Exchange Online")


def values(**more: str) -> dict[str, str]:
    said = {"title": "Outlook asks for the password", "family": "MICROSOFT_365", "service_name": "Exchange Online"}
    return {**said, "kind": "", "words": "password prompt 密碼", "steps": STEPS, "language": "en", **more}


@pytest.fixture
def runbook(exchange: Service, support_agent: User, now: datetime) -> Runbook:
    return write(None, values=values(), by=support_agent, now=now)


def offered(client: Client, ticket: Ticket) -> str:
    return client.get(f"/tickets/{ticket.pk}/runbooks/").content.decode()


def test_each_save_is_a_version_and_a_stale_one_is_refused(
    *, as_agent: Client, runbook: Runbook, exchange: Service
) -> None:
    address = f"/desk/runbooks/{runbook.pk}/write/"
    first = as_agent.post(address, {**values(steps="1. Ask *who*."), "version": "1"})
    stale = as_agent.post(address, {**values(steps="Mine"), "version": "1"})

    assert (first.status_code, stale.status_code) == (302, 409)
    assert "Mine" in stale.content.decode()
    kept = RunbookVersion.objects.filter(runbook=runbook).order_by("version")
    assert [(row.version, row.steps) for row in kept] == [(1, STEPS), (2, "1. Ask *who*.")]
    history = as_agent.get(f"/desk/runbooks/{runbook.pk}/history/").content.decode()
    assert "<del>" in history and f"{address}?from=1" in history
    assert STEPS.splitlines()[1] in as_agent.get(f"{address}?from=1").content.decode()


def test_it_is_offered_beside_the_ticket_with_its_reason(
    *, as_agent: Client, ticket: Ticket, runbook: Runbook, support_agent: User, now: datetime
) -> None:
    more = values(title="Meeting rooms", service_name="Microsoft Teams", words="room meeting")
    write(None, values=more, by=support_agent, now=now)
    shown = offered(as_agent, ticket)

    assert runbook.title in shown and "password" in shown and "Meeting rooms" not in shown
    as_agent.post(f"/desk/runbooks/{runbook.pk}/retire/")
    assert runbook.title not in offered(as_agent, ticket)


def test_it_is_offered_while_a_ticket_is_written_in_chinese(as_agent: Client, runbook: Runbook) -> None:
    said = {"subject": "Outlook", "text": "一直要求輸入密碼", "service": "", "family": "MICROSOFT_365"}
    assert runbook.title in as_agent.post("/desk/runbooks/offered/", said).content.decode()
    other = as_agent.post("/desk/runbooks/offered/", {**said, "family": "AZURE"})
    assert runbook.title not in other.content.decode()


def test_what_did_not_help_is_offered_no_more(
    *, as_agent: Client, ticket: Ticket, runbook: Runbook, people: list[User], now: datetime
) -> None:
    for person in people:
        rate(runbook, ticket=None, helped=False, word="", by=person, now=now)
    weak = Ticket.objects.get(pk=ticket.pk)
    weak.subject = "Outlook"
    weak.save(update_fields=["subject"])
    assert "None fits this ticket" in offered(as_agent, weak)


@pytest.fixture
def people(db: None) -> list[User]:
    names = [f"p{number}@partner.example" for number in range(6)]
    return [User.objects.create_local(name, name=name, role=Role.SUPPORT_AGENT, password="x") for name in names]


def test_a_person_has_one_word_on_each_ticket_and_the_last_one_counts(
    *, as_agent: Client, ticket: Ticket, runbook: Runbook
) -> None:
    address = f"/desk/runbooks/{runbook.pk}/rate/"
    as_agent.post(address, {"helped": "no", "ticket": ticket.pk, "word": "too old"})
    as_agent.post(address, {"helped": "yes", "ticket": ticket.pk, "word": "with the new logs"})

    rating = RunbookRating.objects.get()
    assert (rating.helped, rating.word, rating.ticket_id) == (True, "with the new logs", ticket.pk)
    assert 'aria-pressed="true"' in offered(as_agent, ticket)


def test_a_word_on_a_foreign_ticket_is_not_shown(
    *,
    viewer: User,
    as_viewer: Client,
    ticket: Ticket,
    runbook: Runbook,
    fabrikam: Customer,
    support_agent: User,
) -> None:
    rate(runbook, ticket=ticket, helped=True, word="Contoso has its own proxy", by=support_agent, now=ticket.created_at)
    address = f"/desk/runbooks/{runbook.pk}/"
    assert "Contoso has its own proxy" in as_viewer.get(address).content.decode()
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set([fabrikam])
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    shown = as_viewer.get(f"{address}?ticket={ticket.pk}").content.decode()
    assert "proxy" not in shown and f"#{ticket.pk}" not in shown


def test_a_wish_stays_until_somebody_has_done_it(as_agent: Client, runbook: Runbook) -> None:
    as_agent.post(f"/desk/runbooks/{runbook.pk}/wish/", {"text": "Name the new portal."})
    found = RunbookWish.objects.get()
    page = f"/desk/runbooks/{runbook.pk}/"
    assert "Name the new portal." in as_agent.get(page).content.decode()
    as_agent.post(f"{page}wish/{found.pk}/done/")
    assert "Name the new portal." not in as_agent.get(page).content.decode()


def test_the_list_costs_the_same_however_long_it_is(
    *, as_viewer: Client, support_agent: User, exchange: Service, now: datetime
) -> None:
    counts = []
    for _round in range(2):
        for number in range(5):
            made = write(None, values=values(title=f"T{number}"), by=support_agent, now=now)
            wish(made, text="More", by=support_agent, now=now)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert as_viewer.get("/desk/runbooks/?q=password&family=azure").status_code == 200
            assert as_viewer.get("/desk/runbooks/").context["page"].rows
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 24


def test_ratings_and_wishes_are_counted_apart(
    *, as_viewer: Client, runbook: Runbook, people: list[User], now: datetime
) -> None:
    for number, person in enumerate(people):
        rate(runbook, ticket=None, helped=number > 0, word="", by=person, now=now)
    for text in ("One", "Two"):
        wish(runbook, text=text, by=people[0], now=now)

    told = as_viewer.get(f"/api/v1/runbooks/{runbook.pk}/").json()
    assert (told["helped"], told["did_not_help"], told["open_wishes"]) == (5, 1, 2)


def test_programs_read_them(as_viewer: Client, runbook: Runbook) -> None:
    listed = as_viewer.get("/api/v1/runbooks/?service=Exchange+Online").json()
    one = as_viewer.get(f"/api/v1/runbooks/{runbook.pk}/").json()
    assert listed["results"] == [one] and (one["steps"], one["helped"]) == (STEPS, 0)
    assert as_viewer.get("/api/v1/runbooks/?q=nowhere").json() == {"next": "", "results": []}

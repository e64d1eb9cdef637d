"""The report of downtime: its list, the intervals and issues behind a row, and the way of a claim."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from customers.models import CustomerGroup, Feed, State
from customers.queries import stale_after
from health.downtime.reckon import month_of, reckon, reckon_due, start_of
from health.models import Claim, Downtime, Exposure, Issue, Service, StateChange
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import statements, text_of

__all__ = ["statements"]  # a fixture

LIST = "/reports/downtime/"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def at():
    """A moment of last month, whose minutes are final."""
    this = start_of(month_of(timezone.now()))
    return start_of(month_of(this - timedelta(days=1))) + timedelta(days=3)


@pytest.fixture
def exchange(customers, at):
    """Every customer has known Exchange Online as healthy for all of last month."""
    read_everyone()
    StateChange.objects.all().delete()
    service = Service.objects.get(name="Exchange Online")
    for customer in customers:
        _change(customer, service, at=at - timedelta(days=20), to=State.HEALTHY)
    return service


@pytest.fixture
def down(exchange, customers, at):
    """The first customer was down for two hours, with EX1 open; the second for ten minutes; the third only slow."""
    for customer, minutes, state in (
        (customers[0], 120, State.INCIDENT),
        (customers[1], 10, State.INCIDENT),
        (customers[2], 300, State.DEGRADED),
    ):
        _change(customer, exchange, at=at, to=state)
        _change(customer, exchange, at=at + minutes * MINUTE, to=State.HEALTHY)
    issue = Issue.objects.create(
        cloud="custom",
        microsoft_id="EX1",
        title="Mail does not move",
        service_name=exchange.name,
        classification="INCIDENT",
        status="RESTORED",
        state=State.HEALTHY,
        is_resolved=True,
        first_seen_at=at,
        changed_at=at,
    )
    Exposure.objects.create(
        issue=issue, customer=customers[0], first_seen_at=at, last_seen_at=at, cleared_at=at + 120 * MINUTE
    )
    reckon_due(now=timezone.now())
    return Downtime.objects.get(customer=customers[0])


def _change(customer, service, *, at, to):
    StateChange.objects.create(customer=customer, service=service, at=at, after=to)


def _last_month(at, query=""):
    return f"{LIST}?month={at:%Y-%m}{query}"


def _claim(client, downtime, **more):
    data = {"number": "2611220040001234", "claimed_on": f"{timezone.localdate():%Y-%m-%d}", "note": "", **more}
    return client.post(f"{LIST}{downtime.pk}/claim/", data, follow=True)


def test_the_worst_come_first_with_minutes_availability_and_the_issues_behind(down, customers, at, as_viewer):
    page = text_of(as_viewer, _last_month(at))

    assert page.index(customers[0].name) < page.index(customers[1].name)
    assert customers[2].name not in page
    assert "120 min" in page
    assert "EX1" in page
    assert "Minutes of incident: 130 · Candidates: 1 " in page
    assert page.count("Candidate for a claim") == 1
    assert page.count("Promise kept") == 1


def test_degradation_is_shown_when_asked_for_and_never_a_candidate(down, customers, at, as_viewer):
    assert customers[2].name in text_of(as_viewer, _last_month(at, "&show=all"))
    assert customers[2].name not in text_of(as_viewer, _last_month(at, "&show=candidates"))


def test_a_stricter_promise_makes_a_candidate_at_once(down, customers, at, as_owner, as_viewer):
    as_owner.post("/settings/promises/", {f"promised_{one.pk}": "99.99" for one in Service.objects.all()})

    assert customers[1].name in text_of(as_viewer, _last_month(at, "&show=candidates"))
    assert Entry.objects.filter(action="promise.changed").count() == Service.objects.count()
    as_owner.post("/settings/promises/", {f"promised_{one.pk}": "99.99" for one in Service.objects.all()})
    assert Entry.objects.filter(action="promise.changed").count() == Service.objects.count()


def test_seconds_break_no_promise_and_a_minute_may(down, customers, at, as_viewer):
    wanted = Downtime.objects.filter(customer=customers[1])
    for seconds, is_candidate in ((59, False), (60, True)):
        wanted.update(incident_seconds=seconds, healthy_seconds=3600)
        assert (customers[1].name in text_of(as_viewer, _last_month(at, "&show=candidates"))) is is_candidate


def test_a_promise_over_a_hundred_percent_is_refused(exchange, as_owner):
    page = as_owner.post("/settings/promises/", {f"promised_{one.pk}": "101" for one in Service.objects.all()})

    assert "less than or equal to 100" in page.content.decode()
    assert not Service.objects.filter(promised_percent__gt=100).exists()


def test_the_list_is_narrowed_by_words_service_group_and_month(down, customers, at, as_viewer):
    group = CustomerGroup.objects.create(name="North")
    group.added.add(customers[1])

    for query, names in (
        (f"&q={customers[0].domain}", [customers[0].name]),
        ("&service=Microsoft+Teams", []),
        ("&cloud=china", []),
        (f"&group={group.pk}", [customers[1].name]),
        (f"&not_group={group.pk}", [customers[0].name]),
        ("&show=granted", []),
    ):
        page = text_of(as_viewer, _last_month(at, query))
        assert [one.name for one in customers[:2] if f"{one.name} Exchange" in page] == names, query
    assert "No minute of incident in this month" in text_of(as_viewer, LIST)
    assert as_viewer.get(f"{LIST}?month=x&show=y&q=%00&group=z&page=!").status_code == 200


def test_a_row_opens_its_intervals_with_the_issues_that_were_open_in_them(down, at, as_viewer):
    page = text_of(as_viewer, f"{LIST}{down.pk}/")

    assert f"Incident {at:%Y-%m-%d %H:%M} {at + 120 * MINUTE:%Y-%m-%d %H:%M} 120 EX1 Mail does not move" in page
    assert "File it with Microsoft by" in page
    assert "Mark as claimed" not in page


def test_minutes_of_the_intervals_add_up_to_the_figure_though_the_customer_was_lost_in_between(
    down, exchange, customers, at, as_viewer
):
    lost = customers[5]
    _change(lost, exchange, at=at + 7 * MINUTE, to=State.INCIDENT)
    Feed.objects.filter(customer=lost).update(read_at=at + timedelta(days=2))
    reckon(month_of(at), now=timezone.now())

    row = Downtime.objects.get(customer=lost)
    page = text_of(as_viewer, f"{LIST}{row.pk}/")

    until = at + timedelta(days=2) + stale_after()
    minutes = int((until - at) / MINUTE) - 7
    assert row.incident_seconds == minutes * 60
    assert f"{until:%Y-%m-%d %H:%M} {minutes:,}" in page


def test_a_claim_goes_from_candidate_to_granted_and_every_step_is_in_the_audit(down, at, as_agent, support_agent):
    page = _claim(as_agent, down)
    assert "2611220040001234" in page.content.decode()
    assert "2611220040001234" in text_of(as_agent, _last_month(at, "&show=claimed"))

    refused = as_agent.post(f"{LIST}{down.pk}/answer/", {"outcome": "GRANTED", "amount": ""})
    assert "Say how much was granted." in refused.content.decode()
    as_agent.post(f"{LIST}{down.pk}/answer/", {"outcome": "GRANTED", "amount": "EUR 120.00", "note": "By mail"})

    claim = Claim.objects.get()
    assert (claim.outcome, claim.amount, claim.claimed_by, claim.decided_by) == (
        "GRANTED",
        "EUR 120.00",
        support_agent,
        support_agent,
    )
    assert "EUR 120.00" in text_of(as_agent, _last_month(at, "&show=granted"))
    assert [entry.action for entry in Entry.objects.filter(action__startswith="claim.").order_by("number")] == [
        "claim.filed",
        "claim.decided",
    ]


def test_each_step_of_a_claim_can_be_taken_back_once(down, at, as_agent):
    _claim(as_agent, down)
    as_agent.post(f"{LIST}{down.pk}/answer/", {"outcome": "REFUSED", "amount": "", "note": "Too late"})

    as_agent.post(f"{LIST}{down.pk}/undo/", {"outcome": "REFUSED"})
    assert (Claim.objects.get().outcome, Claim.objects.get().decided_at) == ("CLAIMED", None)
    again = as_agent.post(f"{LIST}{down.pk}/undo/", {"outcome": "REFUSED"}, follow=True)
    assert "Somebody else was quicker" in again.content.decode()
    as_agent.post(f"{LIST}{down.pk}/undo/", {"outcome": "CLAIMED"})

    assert not Claim.objects.exists()
    assert "Candidate for a claim" in text_of(as_agent, _last_month(at, "&show=candidates"))
    assert Entry.objects.filter(action="claim.undone").count() == 2


def test_of_two_people_who_claim_at_once_the_second_is_told(down, as_agent):
    _claim(as_agent, down)

    assert "Somebody else was quicker" in _claim(as_agent, down, number="999").content.decode()
    assert Claim.objects.get().number == "2611220040001234"
    assert Entry.objects.filter(action="claim.filed").count() == 1


def test_a_claim_of_another_day_is_refused_and_what_was_typed_stays(down, as_agent):
    page = _claim(as_agent, down, claimed_on="2019-01-01").content.decode()

    assert "Choose a day between" in page
    assert "2611220040001234" in page
    assert not Claim.objects.exists()


def test_a_viewer_claims_nothing(down, as_viewer):
    assert _claim(as_viewer, down).status_code == 403
    assert as_viewer.post(f"{LIST}{down.pk}/undo/", {"outcome": "CLAIMED"}).status_code == 403


def test_a_person_sees_only_the_customers_of_the_scope(down, customers, at, as_agent, support_agent):
    group = CustomerGroup.objects.create(name="Ours")
    group.added.add(customers[1])
    group.people.add(support_agent)
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)

    page = text_of(as_agent, _last_month(at))
    assert customers[0].name not in page
    assert "Minutes of incident: 10 · Candidates: 0 " in page
    assert as_agent.get(f"{LIST}{down.pk}/").status_code == 404
    assert _claim(as_agent, down).status_code == 404
    rows = _csv(as_agent.get(f"{LIST}export.csv?month={at:%Y-%m}"))
    assert [row["Customer"] for row in rows] == [customers[1].name]


def test_the_file_holds_the_minutes_the_issues_and_the_claim(down, customers, at, as_agent):
    _claim(as_agent, down, number="=1+1")

    rows = _csv(as_agent.get(f"{LIST}export.csv?month={at:%Y-%m}"))

    assert [(row["Customer"], row["Incident minutes"], row["Issues"]) for row in rows] == [
        (customers[0].name, "120", "EX1"),
        (customers[1].name, "10", ""),
    ]
    assert rows[0]["Number of the claim"] == "'=1+1"
    assert Entry.objects.filter(action="downtimes.exported").count() == 1


def test_programs_read_the_same(down, customers, at, as_agent):
    _claim(as_agent, down)

    first, second = as_agent.get(f"/api/v1/downtimes/?month={at:%Y-%m}-01&service=exchange+online").json()["results"][
        :2
    ]

    assert (first["incident_seconds"], first["standing"], first["claim"]["number"]) == (
        7200,
        "CLAIMED",
        "2611220040001234",
    )
    assert (second["standing"], second["claim"]) == ("KEPT", None)
    assert as_agent.get("/api/v1/downtimes/?standing=CANDIDATE").json()["results"] == []


def test_the_customers_history_names_its_downtimes_by_month(down, customers, as_viewer):
    page = text_of(as_viewer, f"/customers/{customers[0].tenant_id}/health/history/")

    assert "Downtime by month" in page
    assert "120 min" in page
    assert "Downtime by month" not in text_of(as_viewer, f"/customers/{customers[3].tenant_id}/health/history/")


def test_takes_few_statements(down, customers, as_agent, support_agent, statements):
    at = start_of(down.month)
    few = statements(as_agent, _last_month(at))
    Downtime.objects.bulk_create(
        Downtime(
            customer=customer,
            service=down.service,
            month=down.month,
            incident_seconds=60 * number,
            degraded_seconds=0,
            healthy_seconds=100,
            unknown_seconds=0,
        )
        for number, customer in enumerate(customers[3:], start=1)
    )

    assert statements(as_agent, _last_month(at)) == few
    group = CustomerGroup.objects.create(name="Ours")
    group.added.add(customers[0])
    group.people.add(support_agent)
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    statements(as_agent, _last_month(at))
    statements(as_agent, f"{LIST}{down.pk}/")


def test_before_the_first_reckoning_the_page_says_what_it_waits_for(customers, as_viewer):
    assert "Nothing is reckoned yet" in text_of(as_viewer, LIST)


def _csv(answer):
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode().removeprefix("\ufeff"))))


@pytest.mark.parametrize(
    ("seconds", "standing"),  # of incident, unknown and healthy
    [
        ((0, 0, 2_592_000), "KEPT"),
        ((7200, 0, 2_584_800), "CANDIDATE"),
        ((120, 2_591_000, 880), "CANDIDATE"),  # of what is known, too much
        ((0, 2_591_000, 1_000), "UNSURE"),
        ((600, 600, 2_590_800), "KEPT"),  # even were the unknown minutes down
        ((600, 3600, 2_587_800), "UNSURE"),
        ((30, 0, 1_000), "KEPT"),  # less than a minute is worth nothing
    ],
)
def test_unknown_time_is_never_taken_for_a_promise_kept(exchange, customers, as_agent, seconds, standing):
    incident, unknown, healthy = seconds
    Downtime.objects.all().delete()
    Downtime.objects.create(
        customer=customers[0],
        service=exchange,
        month=month_of(timezone.now()),
        incident_seconds=incident,
        degraded_seconds=0,
        healthy_seconds=healthy,
        unknown_seconds=unknown,
    )
    (found,) = as_agent.get("/api/v1/downtimes/").json()["results"]
    assert found["standing"] == standing
    assert len(as_agent.get(f"/api/v1/downtimes/?standing={standing}").json()["results"]) == 1

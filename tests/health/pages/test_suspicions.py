"""Suspected incidents: reported by hand and merged with Microsoft's issue when that appears."""

from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from customers.models import Customer, CustomerGroup
from health.models import Issue, Post, Service, Suspicion
from health.suspicions import dismiss, merge_confirmed, report
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of

OPEN, MERGED = Suspicion.Outcome.OPEN, Suspicion.Outcome.MERGED


@pytest.fixture
def exchange(customers):
    read_everyone()
    return Service.objects.get(name="Exchange Online")


@pytest.fixture
def suspicion(exchange, customers, support_agent):
    at = timezone.now() - timedelta(minutes=25)
    return report(exchange, seen="Nobody gets mail", customers=customers[:2], by=support_agent, now=at)


def _post(client, exchange, customers, **more):
    data = {"service": exchange.pk, "customers": "\n".join(customers), "seen": "Nobody gets mail", **more}
    return client.post("/suspicions/new/", data)


def test_an_agent_reports_what_is_seen_by_name_domain_or_tenant_id(exchange, customers, as_agent, support_agent):
    one, two, three = customers[:3]

    answer = _post(as_agent, exchange, [one.name, two.domain.upper(), str(three.tenant_id), "", one.domain])

    found = Suspicion.objects.get()
    assert answer["Location"] == f"/suspicions/{found.pk}/"
    assert {customer.pk for customer in found.customers.all()} == {one.pk, two.pk, three.pk}
    assert (found.reported_by, found.outcome) == (support_agent, OPEN)
    assert Entry.objects.filter(action="suspicion.reported", person_id=support_agent.pk).count() == 1


def test_a_line_that_names_nobody_is_said_and_what_was_typed_stays(exchange, as_agent):
    page = _post(as_agent, exchange, ["nobody.example"]).content.decode()

    assert "nobody.example. Write the domain or the tenant ID." in page
    assert "Nobody gets mail" in page
    assert not Suspicion.objects.exists()


def test_a_viewer_reads_and_reports_nothing(exchange, suspicion, as_viewer, customers):
    assert _post(as_viewer, exchange, [customers[0].name]).status_code == 403
    assert as_viewer.post(f"/suspicions/{suspicion.pk}/dismiss/", {"why": "x"}).status_code == 403
    assert "Nobody gets mail" in text_of(as_viewer, "/suspicions/")


def test_it_is_merged_with_microsofts_issue_that_hits_one_of_its_customers(suspicion, sandbox_world):
    sandbox_world.break_service("Exchange Online", tenants=[1], title="Mail does not move")
    read_everyone()
    issue = Issue.objects.get(title="Mail does not move")
    Post.objects.filter(issue=issue).update(posted_at=suspicion.reported_at + timedelta(minutes=17, seconds=30))

    assert merge_confirmed(now=timezone.now()) == 1
    assert merge_confirmed(now=timezone.now()) == 0

    suspicion.refresh_from_db()
    assert (suspicion.outcome, suspicion.issue, suspicion.minutes_ahead) == (MERGED, issue, 17)
    assert Entry.objects.get(action="suspicion.merged").after["minutes_ahead"] == 17


def test_the_page_says_how_many_minutes_ahead_we_were_or_that_microsoft_was_first(suspicion, as_viewer):
    issue = Issue.objects.earliest("pk")
    Suspicion.objects.update(outcome=MERGED, issue=issue, minutes_ahead=17)
    assert "17 minutes before Microsoft" in text_of(as_viewer, f"/suspicions/{suspicion.pk}/")
    Suspicion.objects.update(minutes_ahead=-3)
    assert "Microsoft was first" in text_of(as_viewer, f"/suspicions/{suspicion.pk}/")


@pytest.mark.parametrize(
    ("service", "tenants", "hours"),
    [
        ("Microsoft Teams", [1], 0),
        ("Exchange Online", [7], 0),
        ("Exchange Online", [1], 80),
        ("Exchange Online", [1], -5),
    ],
    ids=["another service", "other customers", "long after", "long before"],
)
def test_an_issue_that_is_not_it_leaves_it_open(suspicion, sandbox_world, service, tenants, hours):
    sandbox_world.break_service(service, tenants=tenants, title="Something else")
    read_everyone()
    Issue.objects.exclude(title="Something else").delete()
    Post.objects.update(posted_at=suspicion.reported_at + timedelta(hours=hours))

    assert merge_confirmed(now=timezone.now()) == 0
    assert Suspicion.objects.get().outcome == OPEN


def test_it_is_dismissed_once_with_a_reason(suspicion, as_agent, support_agent):
    page = as_agent.post(f"/suspicions/{suspicion.pk}/dismiss/", {"why": " "}, follow=True)
    assert "Say in a few words" in page.content.decode()

    as_agent.post(f"/suspicions/{suspicion.pk}/dismiss/", {"why": "their own router"})

    assert "their own router" in text_of(as_agent, f"/suspicions/{suspicion.pk}/")
    assert not dismiss(suspicion, why="again", by=support_agent, now=timezone.now())
    assert Entry.objects.filter(action="suspicion.dismissed").count() == 1


def test_a_person_sees_only_the_customers_of_the_scope(suspicion, exchange, customers, as_agent, support_agent):
    group = CustomerGroup.objects.create(name="Ours")
    group.added.add(customers[0], customers[5])
    group.people.add(support_agent)
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)

    page = text_of(as_agent, f"/suspicions/{suspicion.pk}/")
    assert customers[0].name in page
    assert customers[1].name not in page
    assert "No customer, or more than one" in _post(as_agent, exchange, [customers[1].domain]).content.decode()
    suspicion.customers.set([customers[1]])
    assert as_agent.get(f"/suspicions/{suspicion.pk}/").status_code == 404
    assert as_agent.post(f"/suspicions/{suspicion.pk}/dismiss/", {"why": "x"}).status_code == 404
    assert "Nothing is suspected" in text_of(as_agent, "/suspicions/")


def test_takes_few_statements(suspicion, customers, as_viewer, statements):
    few = statements(as_viewer, "/suspicions/")
    for _ in range(10):
        more = {"customers": customers[:4], "by": suspicion.reported_by, "now": timezone.now()}
        report(suspicion.service, seen="more", **more)

    assert statements(as_viewer, "/suspicions/") == few


def test_customers_that_are_gone_are_not_named(exchange, customers, as_agent):
    Customer.objects.filter(pk=customers[0].pk).update(gone_at=timezone.now())

    assert "No customer, or more than one" in _post(as_agent, exchange, [customers[0].domain]).content.decode()

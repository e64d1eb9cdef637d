"""Groups narrow every list: included and left out, by rule and by hand, and never beyond what a person may see."""

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from health.models import Exposure, Issue, Service, Suspicion
from tests.customers.test_pages import LIST, make, names_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def trade():
    """Four customers: two northern ones by a rule, one of those also under contract by hand."""
    rows = make(4)
    Customer.objects.filter(pk__in=[rows[0].pk, rows[1].pk]).update(tags=["north"])
    north = CustomerGroup.objects.create(name="North", tags=["north"])
    contract = CustomerGroup.objects.create(name="Contract")
    contract.added.set(rows[1:3])
    return rows, north, contract


def issue_of(customers, *, number):
    now = timezone.now()
    issue = Issue.objects.create(
        cloud="global",
        microsoft_id=f"EX{number}",
        title=f"Trouble {number}",
        service_name="Exchange Online",
        classification=Issue.Classification.INCIDENT,
        state=0,
        first_seen_at=now,
        changed_at=now,
    )
    Exposure.objects.bulk_create(
        Exposure(issue=issue, customer=row, first_seen_at=now, last_seen_at=now) for row in customers
    )
    return issue


def test_a_list_shows_customers_of_any_group_named_and_of_none_left_out(as_agent, trade):
    _rows, north, contract = trade

    def found(query):
        return [name[-1] for name in names_on(as_agent.get(f"{LIST}?{query}"))]

    assert found(f"group={north.pk}") == ["0", "1"]
    assert found(f"group={north.pk}&group={contract.pk}") == ["0", "1", "2"]
    assert found(f"group={north.pk}&not_group={contract.pk}") == ["0"]
    assert found(f"not_group={north.pk}&not_group={contract.pk}") == ["3"]


def test_a_new_customer_that_the_rule_matches_is_in_the_filtered_list_at_once(as_agent, trade):
    _rows, north, _contract = trade
    make(1, start=9, tags=["north"])

    assert "Customer 009" in names_on(as_agent.get(f"{LIST}?group={north.pk}"))


def test_every_group_has_its_chip_and_each_chip_takes_only_its_own_group_away(as_agent, trade):
    _rows, north, contract = trade

    answer = as_agent.get(f"{LIST}?group={north.pk}&group={contract.pk}&not_group={north.pk}&q=c")

    assert [(str(chip.value), chip.address) for chip in answer.context["chips"]][1:] == [
        ("Contract", f"?q=c&group={north.pk}&not_group={north.pk}"),
        ("North", f"?q=c&group={contract.pk}&not_group={north.pk}"),
        ("North", f"?q=c&group={contract.pk}&group={north.pk}"),
    ]


def test_issues_suspicions_matrix_audit_and_files_follow_the_same_words(as_owner, owner, trade):
    rows, north, _contract = trade
    issue_of(rows[:1], number=1)
    issue_of(rows[3:], number=2)
    service = Service.objects.create(cloud="global", microsoft_id="Exchange", name="Exchange Online")
    for row in (rows[0], rows[3]):
        suspicion = Suspicion.objects.create(
            service=service, seen=f"Seen at {row.name}", reported_by=owner, reported_at=timezone.now()
        )
        suspicion.customers.set([row])
    as_owner.post(f"/customers/{rows[0].tenant_id}/tags/", {"tags": "north, first"})
    as_owner.post(f"/customers/{rows[3].tenant_id}/tags/", {"tags": "fourth"})

    inside, outside = f"?group={north.pk}", f"?not_group={north.pk}"
    for query, has, lacks in ((inside, "EX1", "EX2"), (outside, "EX2", "EX1")):
        page = as_owner.get(f"/issues/{query}").content.decode()
        assert has in page and lacks not in page
        file = b"".join(as_owner.get(f"/issues/export.csv{query}")).decode()
        assert has in file and lacks not in file
    for query, has, lacks in ((inside, rows[0], rows[3]), (outside, rows[3], rows[0])):
        page = as_owner.get(f"/suspicions/{query}").content.decode()
        assert f"Seen at {has.name}" in page and f"Seen at {lacks.name}" not in page
        shown = as_owner.get(f"/matrix/{query}&show=all").context["page"].rows
        assert has in shown and lacks not in shown
    entries = as_owner.get(f"/audit/{inside}&action=customer.tags_changed").context["page"].rows
    assert [entry.customer for entry in entries] == [rows[0].tenant_id]


def test_the_customers_of_an_issue_are_narrowed_on_the_page_and_in_the_file(as_agent, trade):
    rows, north, _contract = trade
    issue = issue_of(rows, number=7)
    address = f"/issues/{issue.cloud}/{issue.microsoft_id}/"

    file = b"".join(as_agent.get(f"{address}customers.csv?not_group={north.pk}")).decode()

    assert rows[2].name in file and rows[0].name not in file


def test_a_group_that_a_person_may_not_know_narrows_nothing_and_is_not_named(viewer, as_viewer, trade):
    _rows, north, contract = trade
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([north])

    answer = as_viewer.get(f"{LIST}?group={contract.pk}")

    assert len(names_on(answer)) == 2
    assert "Contract" not in answer.content.decode()
    assert names_on(as_viewer.get(f"{LIST}?not_group={north.pk}")) == []


def test_the_api_knows_group_and_not_group_and_refuses_an_unknown_one(as_agent, trade):
    rows, north, contract = trade
    issue_of(rows[1:2], number=1)
    issue_of(rows[:1], number=2)

    def ask(address):
        return as_agent.get(f"/api/v1/{address}")

    names = [row["name"] for row in ask(f"customers/?group={north.pk}&not_group={contract.pk}").json()["results"]]
    issues = [row["id"] for row in ask(f"issues/?group={north.pk}&not_group={contract.pk}").json()["results"]]
    hit = [row["tenant_id"] for row in ask(f"exposures/?group={contract.pk}").json()["results"]]
    assert names == [rows[0].name]
    assert issues == ["EX2"]
    assert hit == [str(rows[1].tenant_id)]
    assert {row["name"] for row in ask("groups/").json()["results"]} == {"North", "Contract"}
    assert ask("customers/?group=999999").status_code == 400


def test_the_chips_of_the_issue_list_name_every_filter_and_take_away_one_each(as_agent, trade):
    _rows, north, _contract = trade
    asked = f"?q=mail&state=all&class=INCIDENT&service=Exchange+Online&not_group={north.pk}&cloud=nonsense"

    chips = as_agent.get(f"/issues/{asked}").context["chips"]

    assert [str(chip.value) for chip in chips] == ["mail", "Open and resolved", "Incident", "Exchange Online", "North"]
    assert chips[1].address == f"?q=mail&class=INCIDENT&service=Exchange+Online&not_group={north.pk}"
    assert as_agent.get("/issues/").context["chips"] == []

"""The dashboard: worst first, unknown apart from healthy, and what to do on the first day."""

from datetime import timedelta

from django.utils import timezone

from csp_portal.accounts.models import Role, User
from customers.models import Connection, Customer, CustomerGroup, Feed, State
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of


def census(client):
    return client.get("/").context["census"]


def test_open_incidents_come_first_with_the_customers_they_hit(customers, sandbox_world, as_viewer):
    sandbox_world.break_service("Exchange Online", tenants=range(9), title="Mail does not move")
    sandbox_world.break_service("Planner", tenants=[1], title="Plans are late", classification="advisory")
    read_everyone()
    answer = as_viewer.get("/")
    states = [row.issue.state for row in answer.context["issues"]]
    assert states == sorted(states)
    first = answer.context["issues"][0]
    assert (first.issue.title, first.hit_customers, first.unknown) == ("Mail does not move", 9, 0)
    assert "Mail does not move" in answer.content.decode()
    assert answer.context["services"][0].service.name == "Exchange Online"
    assert {row.customer.health_now for row in answer.context["customers"]} <= {State.INCIDENT, State.DEGRADED}


def test_a_curve_says_how_many_customers_each_issue_hit_and_counts_only_those_one_sees(
    customers, sandbox_world, as_viewer, signed_in
):
    sandbox_world.break_service("Exchange Online", tenants=range(9), title="Mail does not move")
    read_everyone()
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set(customers[:2])
    person = User.objects.create_local("p@portal.example", name="P", role=Role.VIEWER, password="x" * 20)
    group.people.set([person])
    User.objects.filter(pk=person.pk).update(sees=User.Sees.ONLY)
    narrow = signed_in(person)
    for address in ("/", "/issues/"):
        assert 'aria-label="Customers hit over time, 9 at the most"' in as_viewer.get(address).content.decode()
        assert 'aria-label="Customers hit over time, 2 at the most"' in narrow.get(address).content.decode()


def test_a_customer_that_answers_403_is_unknown_with_its_cause_and_not_healthy(customers, sandbox_world, as_viewer):
    read_everyone()
    healthy = census(as_viewer).by_state[State.HEALTHY]
    victim = Customer.objects.filter(health=State.HEALTHY).first()
    sandbox_world.tenant(str(victim.tenant_id)).fail(403)
    read_everyone()
    after = census(as_viewer)
    assert after.by_state[State.HEALTHY] == healthy - 1
    assert "FORBIDDEN" in {group.cause for group in after.unknown}
    assert sum(after.by_state.values()) == len(customers)
    assert "A permission or delegated role is missing" in text_of(as_viewer, "/")
    for group in after.unknown:
        address = f"/customers/?state=unknown&amp;cause={group.cause or 'STATUS'}"
        assert f'href="{address}"' in as_viewer.get("/").content.decode()
        assert as_viewer.get(address.replace("&amp;", "&")).context["count"] == group.customers


def test_nobody_looks_healthy_when_readings_are_too_old(customers, as_viewer):
    read_everyone()
    Feed.objects.update(read_at=timezone.now() - timedelta(days=1))
    after = census(as_viewer)
    assert after.by_state == {**dict.fromkeys(State, 0), State.UNKNOWN: len(customers)}
    assert [group.cause for group in after.unknown] == ["STALE"]
    answer = as_viewer.get("/")
    assert answer.context["customers"] == answer.context["services"] == []
    assert all(row.unknown == row.hit_customers for row in answer.context["issues"])


def test_a_service_with_an_unheard_of_status_is_counted_unknown(customers, sandbox_world, as_viewer):
    sandbox_world.break_service("Microsoft Forms", tenants=[2], classification="advisory", status="gradualRecovery")
    read_everyone()
    row = next(bar.service for bar in as_viewer.get("/").context["services"] if bar.service.name == "Microsoft Forms")
    assert row.unknown == 1


def test_a_gone_customer_is_not_counted(customers, sandbox_world, as_viewer):
    issue = sandbox_world.break_service("Exchange Online", tenants=[0, 1], title="Mail does not move")
    read_everyone()
    Customer.objects.filter(tenant_id=sandbox_world.tenants[0].tenant_id).update(gone_at=timezone.now())
    answer = as_viewer.get("/")
    assert answer.context["census"].customers == len(customers) - 1
    hits = {row.issue.microsoft_id: row.hit_customers for row in answer.context["issues"]}
    assert hits[issue.id] == 1


def test_the_numbers_lead_to_the_customers_behind_them(customers, as_viewer):
    read_everyone()
    page = as_viewer.get("/").content.decode()
    for state in ("incident", "degraded", "unknown", "healthy"):
        assert f'href="/customers/?state={state}"' in page
    listed = as_viewer.get("/customers/?state=healthy").context["page"].rows
    assert len(listed) == census(as_viewer).by_state[State.HEALTHY]


def test_it_costs_the_same_statements_whatever_the_number_of_customers(customers, sandbox_world, as_viewer, statements):
    sandbox_world.break_service("Exchange Online", tenants=[0], title="Mail does not move")
    read_everyone()
    few = statements(as_viewer, "/")
    sandbox_world.break_service("Microsoft Teams", fraction=1.0, title="Calls drop")
    read_everyone()
    assert statements(as_viewer, "/") == few


def test_htmx_gets_only_the_part_that_redraws_itself(customers, as_viewer):
    read_everyone()
    answer = as_viewer.get("/", headers={"HX-Request": "true"})
    assert answer.content.decode().strip().startswith('<div id="dashboard"')
    assert "HX-Request" in answer["Vary"]


def test_without_a_connection_it_says_how_to_connect(as_owner, as_viewer):
    assert "add_connection" in text_of(as_owner, "/")
    assert "/settings/" in as_owner.get("/").content.decode()
    assert "An owner of the portal does this" in text_of(as_viewer, "/")


def test_with_a_connection_but_no_customers_it_says_what_the_import_does(connection, as_viewer):
    assert "Waiting for the first import" in text_of(as_viewer, "/")
    Connection.objects.update(customers_problem="FORBIDDEN", customers_problem_detail="Consent is missing.")
    assert "Consent is missing." in text_of(as_viewer, "/")
    Connection.objects.update(is_paused=True)
    assert "Paused" in text_of(as_viewer, "/")


def test_until_customers_are_read_it_says_how_many_are(customers, as_viewer):
    assert f"0 of {len(customers)} customers have been read" in text_of(as_viewer, "/")
    read_everyone()
    assert "customers have been read" not in text_of(as_viewer, "/")


def test_whoever_has_no_role_sees_nothing(customers, as_nobody, client):
    assert as_nobody.get("/").status_code == 403
    assert client.get("/").status_code == 302

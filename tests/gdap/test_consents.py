"""What readings tell of a customer's consent, how it is asked for, and the first steps that tick themselves."""

import pytest
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.notices.kinds import EventKind
from csp_portal.notices.models import Rule, Target
from customers.consents import learn_consents
from customers.first_steps import first_steps
from customers.models import Connection, Consent, Feed, Relationship, RoleTemplate
from tests.gdap.making import make_relationship


def learn():
    return learn_consents(now=timezone.now())


def read(customer, **facts):
    Feed.objects.filter(customer=customer, kind=Feed.Kind.HEALTH).update(**facts)


def states():
    return dict(Consent.objects.values_list("customer__name", "state"))


def test_readings_tell_the_consent_and_microsofts_silence_tells_nothing(customers):
    given, missing, lacking, silent = customers[:4]
    read(given, read_at=timezone.now(), problem="")
    read(missing, problem=Feed.Problem.CONSENT_MISSING)
    read(lacking, problem=Feed.Problem.FORBIDDEN)
    read(silent, read_at=timezone.now(), problem="")
    assert learn() == 4
    read(silent, problem=Feed.Problem.UNAVAILABLE)

    assert learn() == 0
    assert states() == {given.name: "GIVEN", missing.name: "MISSING", lacking.name: "LACKING", silent.name: "GIVEN"}


def test_a_change_tells_since_when_and_keeps_who_asked(as_agent, support_agent, customers):
    read(customers[0], problem=Feed.Problem.CONSENT_MISSING)
    learn()
    as_agent.post(f"/customers/{customers[0].tenant_id}/consent/asked/")
    before = Consent.objects.get()
    assert before.asked_by == support_agent
    read(customers[0], problem="", read_at=timezone.now())
    learn()

    after = Consent.objects.get()
    assert (after.state, after.asked_at) == ("GIVEN", before.asked_at)
    assert after.since != before.since


def test_the_customers_page_and_the_list_show_it(as_agent, customers):
    read(customers[0], problem=Feed.Problem.CONSENT_MISSING)
    read(customers[1], problem="", read_at=timezone.now())
    learn()
    page = as_agent.get(f"/customers/{customers[0].tenant_id}/").content.decode()
    assert "/adminconsent?" in page
    assert "I sent the link" in page

    found = {
        state: {row.name for row in as_agent.get(f"/customers/?consent={state}").context["page"].rows}
        for state in ("MISSING", "GIVEN", "UNKNOWN")
    }
    assert found["MISSING"] == {customers[0].name}
    assert found["GIVEN"] == {customers[1].name}
    assert found["UNKNOWN"] == {customer.name for customer in customers[2:]}


def test_where_an_admin_agent_consented_it_is_ordered_instead(signed_in, access_admin, customers):
    Connection.objects.update(auth_model=Connection.AuthModel.SECURE_APP_MODEL)
    page = signed_in(access_admin).get(f"/customers/{customers[0].tenant_id}/").content.decode()

    assert f"action=CONSENT&amp;customer={customers[0].tenant_id}" in page
    assert "I sent the link" not in page


def test_each_first_step_ticks_itself(owner, customers, django_assert_max_num_queries):
    done = [step.is_done for step in first_steps()]
    assert done == [True, True, False, False, False, False, False, False, False]

    make_relationship(customers[0], status=Relationship.Status.APPROVAL_PENDING)
    RoleTemplate.objects.create(connection=customers[0].connection, name="Support")
    read(customers[0], problem="", read_at=timezone.now())
    learn()
    rule = Rule.objects.create(name="All", kinds=[EventKind.ACCESS_ENDS])
    rule.targets.add(Target.objects.create(name="Us", way=Target.Way.MAIL, addresses=["us@partner.example"]))
    User.objects.create_local("two@partner.example", name="Two", role=Role.OWNER, password="correct horse battery")
    with django_assert_max_num_queries(2):
        assert all(step.is_done for step in first_steps())


def test_the_steps_stand_on_the_dashboard_until_they_are_dismissed(as_owner, as_agent, customers):
    as_part = {"HX-Request": "true"}
    assert 'hx-get="/settings/first-steps/"' in as_owner.get("/").content.decode()
    assert "first-steps/" not in as_agent.get("/").content.decode()
    assert "Make a role template" in as_owner.get("/settings/first-steps/", headers=as_part).content.decode()
    as_owner.post("/settings/first-steps/dismiss/")

    assert "Make a role template" not in as_owner.get("/settings/first-steps/", headers=as_part).content.decode()
    assert "Make a role template" in as_owner.get("/settings/first-steps/").content.decode()


@pytest.mark.parametrize("address", ["/", "/system/"])
def test_the_pages_that_ask_for_the_steps_work(as_owner, customers, address):
    assert as_owner.get(address).status_code == 200

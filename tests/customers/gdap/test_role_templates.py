"""Role templates: the least roles for each job, what drifts from them, and invitations proposed by rule."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from customers.gdap.capabilities import EXCHANGE, GLOBAL_READER, JOB_OF_KEY, SENSIBLE_ROLES, SERVICE_SUPPORT
from customers.gdap.drift import Kind, check_template, repairs_of
from customers.gdap.onboarding import propose
from customers.gdap.role_templates import add_job, create_template
from customers.models import (
    GLOBAL_ADMINISTRATOR,
    AdminRole,
    Connection,
    Customer,
    CustomerGroup,
    Drift,
    OnboardingRule,
    Order,
    Relationship,
    RoleTemplate,
    SecurityGroup,
    TemplateRole,
)
from customers.tasks import hold_against_templates

pytestmark = pytest.mark.django_db
LIST = "/delegated-access/role-templates/"


@pytest.fixture
def template(gdap_connection: Connection, access_admin: User) -> RoleTemplate:
    return create_template(RoleTemplate(connection=gdap_connection, name="Support"), by=access_admin)


def test_a_new_template_begins_with_what_support_needs_and_is_changed_by_hand(
    as_owner: Client, gdap_connection: Connection, support_group: SecurityGroup
) -> None:
    form = {"connection": gdap_connection.pk, "name": "Support", "duration_days": 730, "auto_extends": "on"}
    as_owner.post(f"{LIST}new/", form)
    template = RoleTemplate.objects.get()
    page = f"{LIST}{template.pk}/"
    assert set(map(str, template.roles.values_list("role", flat=True))) == set(SENSIBLE_ROLES)
    as_owner.post(f"{page}steps/add/", {"role": SERVICE_SUPPORT, "group": support_group.pk})
    as_owner.post(f"{page}steps/add/", {"role": GLOBAL_ADMINISTRATOR, "group": ""})
    as_owner.post(f"{page}steps/save/", {"name": "Support 2", "duration_days": 365})
    text = as_owner.get(f"{page}?q=mailbox exchange").content.decode()
    assert "Microsoft then extends no relationship by itself" in text
    assert "Helpdesk" in text
    assert "No other role has these words." in text
    assert "Exchange Administrator" in as_owner.get(f"{page}?q=exchange").content.decode()
    assert template.roles.filter(role=UUID(SERVICE_SUPPORT)).get().group == support_group
    assert Entry.objects.filter(action="role_template.changed").count() == 4
    assert "Support 2" in as_owner.get(LIST).content.decode()
    row = template.roles.get(role=UUID(GLOBAL_ADMINISTRATOR))
    as_owner.post(f"{page}steps/remove/", {"row": row.pk})
    assert not template.roles.filter(role=UUID(GLOBAL_ADMINISTRATOR)).exists()
    assert "extends no relationship" not in as_owner.get(page).content.decode()
    as_owner.post(f"{page}steps/delete/")
    assert not RoleTemplate.objects.exists()


def test_what_a_job_needs_is_its_least_role_and_nothing_where_it_is_there(
    template: RoleTemplate, access_admin: User
) -> None:
    TemplateRole.objects.all().delete()
    assert add_job(template, JOB_OF_KEY["M365_TICKETS"], by=access_admin)
    assert str(template.roles.get().role_id) == SERVICE_SUPPORT
    assert not add_job(template, JOB_OF_KEY["M365_TICKETS"], by=access_admin)


def test_drift_names_what_differs_and_the_order_that_repairs_it(
    template: RoleTemplate,
    support_group: SecurityGroup,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
    now: datetime,
) -> None:
    TemplateRole.objects.all().delete()
    gone = SecurityGroup.objects.create(connection=template.connection, group_id=uuid4(), gone_at=now)
    support, reader = (AdminRole.objects.get(pk=pk) for pk in (SERVICE_SUPPORT, GLOBAL_READER))
    TemplateRole.objects.create(template=template, role=support, group=support_group)
    made = {"template": template, "roles": (SERVICE_SUPPORT,)}
    grant(new_customer("As it should be"), **made)
    missing = grant(new_customer("Missing"), held=None, **made)
    other = grant(new_customer("Other"), **made)
    other.assignments.update(group_id=uuid4())
    wide = grant(new_customer("Wide"), **{**made, "roles": (SERVICE_SUPPORT, EXCHANGE)})
    grant(new_customer("Unread"), held=None, parts_read_at=None, **made)

    assert check_template(template, now=now) == 3
    kinds = {row.relationship_id: [one["kind"] for one in row.differences] for row in Drift.objects.all()}
    assert kinds == {missing.pk: ["MISSING"], other.pk: ["EXTRA", "MISSING"], wide.pk: ["DIFFERENT"]}
    repair = next(one for one in repairs_of(Drift.objects.all()) if one.kind == Kind.MISSING)
    assert repair.relationships == (missing.pk, other.pk)
    assert f"group_id={support_group.group_id}" in repair.address
    assert "action=ASSIGN" in repair.address
    TemplateRole.objects.create(template=template, role=reader, group=gone)
    hold_against_templates()
    RoleTemplate.objects.update(checked_at=None)
    hold_against_templates()
    assert all("GROUP_GONE" in [one["kind"] for one in row.differences] for row in Drift.objects.all())
    assert Drift.objects.count() == 4


def test_the_page_shows_the_drift_and_the_repair_only_to_who_may_change_it(
    as_owner: Client,
    as_viewer: Client,
    template: RoleTemplate,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
) -> None:
    grant(new_customer("Contoso"), roles=(*SENSIBLE_ROLES, EXCHANGE))
    as_owner.post(f"{LIST}{template.pk}/steps/hold/")
    assert Relationship.objects.get().template == template
    page = as_owner.get(f"{LIST}{template.pk}/").content.decode()
    assert "Not in the template" in page
    assert "action=UNASSIGN" in page
    assert "action=UNASSIGN" not in as_viewer.get(f"{LIST}{template.pk}/").content.decode()


def test_who_enters_the_group_is_proposed_an_invitation_once_as_a_draft(
    template: RoleTemplate,
    access_admin: User,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
    now: datetime,
) -> None:
    rule = OnboardingRule.objects.create(
        group=CustomerGroup.objects.create(name="New ones", words="new"), template=template, created_by=access_admin
    )
    assert propose(rule, now=now) is None
    new_customer("New Contoso")
    new_customer("Adatum")
    grant(new_customer("New but invited"), roles=SENSIBLE_ROLES, status="approvalPending", held=None)
    hold_against_templates()
    hold_against_templates()
    order = Order.objects.get()

    assert (order.action, order.state, order.ordered_by) == ("CREATE", "DRAFT", access_admin)
    assert [item.customer.name for item in order.items.all() if item.customer] == ["New Contoso"]
    assert set(map(UUID, order.parameters["role_ids"])) == set(map(UUID, SENSIBLE_ROLES))
    assert order.parameters["duration"] == "P730D"

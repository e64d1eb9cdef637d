"""What if: before something is taken away, the cells that it turns red are named."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from customers.gdap.capabilities import GLOBAL_READER, SENSIBLE_ROLES, SERVICE_SUPPORT
from customers.models import GLOBAL_ADMINISTRATOR, Customer, CustomerGroup, Relationship, SecurityGroup

pytestmark = pytest.mark.django_db
PAGE = "/delegated-access/what-if/"


def _losses(client: Client, **query: Any) -> set[tuple[str, str]]:
    answer = client.get(PAGE, query, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    return {(loss.customer.name, loss.job.key) for loss in answer.context["losses"]}


def test_ending_a_relationship_loses_what_no_other_one_gives(
    as_viewer: Client, new_customer: Callable[..., Customer], grant: Callable[..., Relationship]
) -> None:
    contoso, adatum = new_customer("Contoso"), new_customer("Adatum")
    first, second = grant(contoso, roles=(SERVICE_SUPPORT,)), grant(adatum, roles=(SERVICE_SUPPORT,))
    grant(contoso, roles=SENSIBLE_ROLES)

    assert _losses(as_viewer, action="TERMINATE", relationship=[first.pk]) == set()
    assert _losses(as_viewer, action="TERMINATE", relationship=[first.pk, second.pk]) == {
        ("Adatum", "M365_TICKETS"),
        ("Adatum", "M365_ADMIN"),
    }
    assert _losses(as_viewer, action="EXTEND", relationship=[second.pk]) == set()
    page = as_viewer.get(PAGE, {"action": "TERMINATE", "customer": str(adatum.tenant_id)}).content.decode()
    assert "1 customer at which we could no longer do something" in page


def test_removing_global_administrator_loses_what_only_it_gave(
    as_viewer: Client, new_customer: Callable[..., Customer], grant: Callable[..., Relationship]
) -> None:
    strong = grant(new_customer("Contoso"), roles=(GLOBAL_READER, GLOBAL_ADMINISTRATOR))
    lost = {job for _name, job in _losses(as_viewer, action="REMOVE_GA", relationship=strong.pk)}

    assert lost == {"M365_TICKETS", "LICENSES", "USERS", "HELPDESK"}


def test_taking_a_groups_roles_away_loses_what_no_other_group_holds(
    as_viewer: Client,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
    support_group: SecurityGroup,
) -> None:
    held = grant(new_customer("Contoso"), roles=(SERVICE_SUPPORT, GLOBAL_READER))
    asked = {"relationship": held.pk, "group_id": support_group.group_id}

    assert ("Contoso", "M365_TICKETS") in _losses(as_viewer, action="UNASSIGN", **asked)
    kept = _losses(as_viewer, action="REASSIGN", role_ids=SERVICE_SUPPORT, **asked)
    assert ("Contoso", "EXCHANGE") in kept
    assert ("Contoso", "M365_TICKETS") not in kept


def test_what_no_longer_extends_may_end_before_the_contract(
    as_viewer: Client, new_customer: Callable[..., Customer], grant: Callable[..., Relationship], now: datetime
) -> None:
    customer = new_customer("Contoso")
    row = grant(customer, auto_extend_duration="P180D", ends_at=now + timedelta(days=30))
    Customer.objects.filter(pk=customer.pk).update(contract_ends_on=(now + timedelta(days=60)).date())

    assert ("Contoso", "M365_TICKETS") in _losses(as_viewer, action="DO_NOT_EXTEND", relationship=row.pk)


def test_nobody_learns_of_customers_that_they_do_not_see(
    signed_in: Callable[..., Client],
    support_agent: User,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
) -> None:
    row = grant(new_customer("Contoso"))
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    support_agent.scope_groups.add(CustomerGroup.objects.create(name="Mine", words="adatum"))
    client = signed_in(User.objects.get(pk=support_agent.pk))
    answer = client.get(f"{PAGE}?action=TERMINATE&relationship={row.pk}")

    assert "No relationship is chosen" in answer.content.decode()
    assert "Contoso" not in answer.content.decode()


def test_the_preview_of_an_order_asks_what_it_takes_away(
    as_owner: Client, new_customer: Callable[..., Customer], grant: Callable[..., Relationship]
) -> None:
    row = grant(new_customer("Contoso"))
    preview = as_owner.get(f"/delegated-access/orders/new/?action=TERMINATE&relationship={row.pk}")
    assert 'hx-post="/delegated-access/what-if/"' in preview.content.decode()
    form = {"action": "TERMINATE", "relationship": row.pk, "seen": 1, "reason": ""}
    asked = as_owner.post(PAGE, form, headers={"HX-Request": "true"}).content.decode()
    assert "Open Microsoft 365 and Dynamics 365 tickets (1)" in asked


def test_what_was_not_read_yet_is_never_told_to_be_safe(
    as_viewer: Client,
    new_customer: Callable[..., Customer],
    grant: Callable[..., Relationship],
    support_group: SecurityGroup,
) -> None:
    held = grant(new_customer("Contoso"), roles=(SERVICE_SUPPORT,))
    SecurityGroup.objects.filter(pk=support_group.pk).update(members_read_at=None)

    page = as_viewer.get(PAGE, {"action": "TERMINATE", "relationship": str(held.pk)}).content.decode()

    assert "Of 1 customer nobody can tell" in page
    assert "could still do" not in page

"""Programs draft orders and read what became of them; a person starts them in the browser."""

import pytest

from csp_portal.accounts.models import User
from customers.models import Order

URL = "/api/v1/access-orders/"


@pytest.fixture
def as_admin(access_admin, signed_in):
    return signed_in(access_admin)


def test_an_order_of_a_program_is_a_draft(as_admin, extendable):
    ids = [one.pk for one in extendable[:2]]

    answer = as_admin.post(URL, {"action": "EXTEND", "relationships": ids, "reason": "T-1"}, "application/json")

    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["state"], told["rows"], told["through"]) == ("DRAFT", 2, 0)
    rows = as_admin.get(f"/api/v1/access-order-rows/?order={told['id']}").json()["results"]
    assert [row["relationship"] for row in rows] == ids
    assert {row["state"] for row in rows} == {"WAITING"}
    assert as_admin.get(f"{URL}{told['id']}/").json()["action"] == "EXTEND"


def test_who_may_not_change_access_drafts_nothing(as_agent, as_viewer, extendable):
    asked = {"action": "EXTEND", "relationships": [extendable[0].pk], "reason": "x"}

    assert as_agent.post(URL, asked, "application/json").status_code == 403
    assert as_viewer.post(URL, asked, "application/json").status_code == 403
    assert not Order.objects.exists()


def test_what_one_may_not_see_can_not_be_ordered(as_admin, access_admin, extendable):
    access_admin.sees = User.Sees.ONLY
    access_admin.save()

    answer = as_admin.post(
        URL, {"action": "TERMINATE", "relationships": [extendable[0].pk], "reason": "x"}, "application/json"
    )

    assert answer.status_code == 400
    assert not Order.objects.exists()

"""Programs ask for exports and fetch them by the rules of the pages; deleting is left to people."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from support.erasing import exports
from support.models import DataDeletion
from tests.support.erasing.test_export import Plant

pytestmark = pytest.mark.django_db
JSON = "application/json"


def test_a_program_asks_once_waits_and_fetches_the_file(as_agent: Client, as_viewer: Client, plant: Plant) -> None:
    planted = plant("alpha")
    path, key = f"/api/v1/customers/{planted.customer.tenant_id}/data-exports/", {"Idempotency-Key": "one"}
    made = [as_agent.post(path, {}, JSON, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    [told] = as_agent.get(path).json()
    assert told["made_at"] is None
    assert as_agent.get(f"{path}{told['id']}/").status_code == 404
    exports.make_due(now=timezone.now())
    got = as_agent.get(f"{path}{told['id']}/")
    content = b"".join(got.streaming_content)  # type: ignore[attr-defined]
    with ZipFile(BytesIO(content)) as archive:
        assert "index.html" in archive.namelist()
    assert AuditEntry.objects.filter(action="customer.data_read").count() == 1
    assert as_agent.post(path, {"person_address": "nobody"}, JSON).status_code == 400


def test_who_may_not_see_the_customer_finds_nothing(as_agent: Client, support_agent: User, plant: Plant) -> None:
    planted = plant("alpha")
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    path = f"/api/v1/customers/{planted.customer.tenant_id}/data-exports/"
    assert as_agent.get(path).status_code == as_agent.post(path, {}, JSON).status_code == 404


def test_owners_see_how_deletions_go(as_owner: Client, as_agent: Client, plant: Plant) -> None:
    tenant = plant("alpha").customer.tenant_id
    now = timezone.now()
    DataDeletion.objects.create(tenant_id=tenant, asked_at=now, due_at=now, rows=7, deleted={"support.Ticket": 2})
    [told] = as_owner.get("/api/v1/data-deletions/").json()
    assert (told["tenant_id"], told["rows"], told["rows_deleted"]) == (str(tenant), 7, 2)
    assert as_agent.get("/api/v1/data-deletions/").status_code == 403

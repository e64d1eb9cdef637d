"""Suspected incidents, notice runs and the matrix as files: harmless, filtered, of one's own customers."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from customers.models import Customer
from health.models import NoticeRun, Service, Suspicion
from tests.rights.conftest import Trade, only_north, trade

__all__ = ["only_north", "trade"]


def rows_of(client: Client, address: str) -> list[list[str]]:
    """The lines below the header."""
    answer: Any = client.get(address)
    assert answer.status_code == 200, address
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.fixture
def as_north(only_north: Any, access_admin: User, signed_in: Callable[..., Client]) -> Client:
    return signed_in(only_north(access_admin))


def suspect(seen: str, *customers: Customer, by) -> Suspicion:
    row = Suspicion.objects.create(
        service=Service.objects.get(), seen=seen, reported_by=by, reported_at=timezone.now() - timedelta(hours=1)
    )
    row.customers.set(customers)
    return row


def test_suspicions_name_only_customers_one_sees(trade: Trade, support_agent, as_agent, as_north):
    suspect("=cmd()", trade.own, trade.foreign, by=support_agent)
    suspect("Theirs", trade.foreign, by=support_agent)

    assert {row[4] for row in rows_of(as_agent, "/suspicions/export.csv")} == {"Fabrikam; Northwind", "Fabrikam"}
    (row,) = rows_of(as_north, "/suspicions/export.csv")
    assert (row[3], row[4], row[6]) == ("'=cmd()", "Northwind", support_agent.name)
    assert rows_of(as_agent, f"/suspicions/export.csv?group={trade.south.pk}&not_group={trade.north.pk}") != []
    assert Entry.objects.filter(action="suspicions.exported").count() == 3


def test_notice_runs_in_the_state_that_the_page_shows(trade: Trade, support_agent, as_agent, as_north):
    for title, state, issue in (("+Own", "DRAFT", trade.own_issue), ("Foreign", "WAITING", trade.foreign_issue)):
        NoticeRun.objects.create(
            kind="MANUAL",
            topic="INCIDENTS",
            title=title,
            audience="ALL",
            author=support_agent,
            state=state,
            issue=issue,
        )

    assert {row[0] for row in rows_of(as_agent, "/notice-runs/export.csv")} == {"'+Own", "Foreign"}
    assert [row[0] for row in rows_of(as_agent, "/notice-runs/export.csv?state=WAITING")] == ["Foreign"]
    assert [row[0] for row in rows_of(as_north, "/notice-runs/export.csv")] == ["'+Own"]


def test_the_matrix_holds_what_is_not_healthy_of_ones_own_customers(trade: Trade, as_agent, as_north):
    Customer.objects.filter(pk=trade.own.pk).update(name="@Northwind")

    assert len(rows_of(as_agent, "/matrix/export.csv")) == 2
    (row,) = rows_of(as_north, "/matrix/export.csv")
    assert row[:5] == ["'@Northwind", str(trade.own.tenant_id), trade.own.domain, "Exchange Online", "Incident"]
    assert rows_of(as_agent, "/matrix/export.csv?q=Fabrikam")[0][0] == "Fabrikam"
    assert rows_of(as_agent, "/matrix/export.csv?state=healthy") == []


def test_groups_rules_and_targets_are_files_for_owners(trade: Trade, as_owner):
    assert ["North", "", "Northwind"] in [row[:3] for row in rows_of(as_owner, "/settings/groups/export.csv")]
    assert rows_of(as_owner, "/settings/alerts/rules/export.csv") == []
    assert rows_of(as_owner, "/settings/alerts/targets/export.csv") == []


def test_each_page_leads_to_its_file_with_its_filters(trade: Trade, as_agent, as_viewer):
    for address in ("/suspicions/", "/notice-runs/", "/matrix/"):
        link = f'href="{address}export.csv?state=x"'
        assert link in as_agent.get(f"{address}?state=x&page=2").content.decode()
        assert "export.csv" not in as_viewer.get(address).content.decode()

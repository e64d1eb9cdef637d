"""The audit in the browser: who may read it, what is found, and that acts leave entries."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.audit.actions import Action
from csp_portal.audit.chain import breaks_of
from csp_portal.audit.log import record
from csp_portal.audit.models import Entry
from customers.models import PortalLink


@pytest.fixture
def auditor(db):
    return User.objects.create_local("auditor@partner.example", name="Ada", role=Role.AUDITOR, password="x" * 20)


@pytest.fixture
def as_auditor(auditor, signed_in):
    return signed_in(auditor)


def _titles(page):
    return [entry.action for entry, _ in page.context["rows"]]


def test_an_auditor_reads_who_did_what_and_others_do_not(as_auditor, as_agent, owner):
    record(Action.CONNECTION_PAUSED, by=owner, before={"is_paused": False}, after={"is_paused": True})

    page = as_auditor.get("/audit/").content.decode()

    assert "Connection paused" in page
    assert "is paused" in page and "<del>False</del>" in page and "<ins>True</ins>" in page
    assert as_agent.get("/audit/").status_code == 403
    assert as_agent.get("/audit/export.csv").status_code == 403


def test_what_an_act_said_is_never_html(as_auditor, owner):
    record(Action.LINK_CHANGED, by=owner, after={"<script>": "<script>alert(1)</script>"})

    assert "<script>alert" not in as_auditor.get("/audit/").content.decode()


def test_entries_are_found_by_person_action_day_and_request(as_auditor, owner, support_agent):
    record(Action.LINK_CHANGED, by=owner)
    entry = record(Action.CUSTOMER_TAGS_CHANGED, by=support_agent)
    today = datetime.now(UTC).date()

    assert _titles(as_auditor.get("/audit/?q=owner@partner")) == ["link.changed"]
    assert _titles(as_auditor.get("/audit/?action=customer.tags_changed")) == [entry.action]
    assert len(_titles(as_auditor.get(f"/audit/?since={today}&until={today}"))) == 2
    assert _titles(as_auditor.get(f"/audit/?until={today - timedelta(days=1)}")) == []
    assert "No entry fits" in as_auditor.get("/audit/?q=nobody-at-all").content.decode()
    assert len(_titles(as_auditor.get("/audit/?since=2026-02-31&action=nonsense&customer=x&page=x"))) == 2


def test_a_page_holds_fifty_entries_and_leads_to_the_older_ones(as_auditor, owner, django_assert_max_num_queries):
    for _ in range(60):
        record(Action.LINK_CHANGED, by=owner)

    with django_assert_max_num_queries(8):
        first = as_auditor.get("/audit/")
    older = as_auditor.get("/audit/", {"page": first.context["page"].next_page_number})

    assert [entry.number for entry, _ in older.context["rows"]] == list(range(10, 0, -1))


def test_the_file_holds_what_the_filters_leave_and_is_an_entry_itself(as_auditor, owner, auditor):
    record(Action.LINK_CHANGED, by=owner, after={"title": "=1+1"})
    record(Action.CONNECTION_PAUSED, by=owner)

    answer = as_auditor.get("/audit/export.csv?action=link.changed")
    rows = list(csv.reader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert [row[2] for row in rows[1:]] == ["link.changed"]
    last = Entry.objects.latest("number")
    assert (last.action, last.person_id, last.after) == (
        "audit.exported",
        auditor.pk,
        {"filters": {"action": ["link.changed"]}},
    )


def test_an_entry_names_address_and_request_as_the_answer_does(as_agent, customers):
    answer = as_agent.post(f"/customers/{customers[0].tenant_id}/tags/", {"tags": "vip"}, REMOTE_ADDR="198.51.100.7")

    entry = Entry.objects.get(action="customer.tags_changed")
    assert (entry.address, entry.request_id) == ("198.51.100.7", answer["X-Request-Id"])
    assert str(entry.customer) == str(customers[0].tenant_id)
    assert (entry.before, entry.after) == ({"tags": []}, {"tags": ["vip"]})


def test_a_changed_link_says_what_was_changed(as_owner):
    link = PortalLink.objects.earliest("pk")
    data = {name: value for name, value in vars(link).items() if isinstance(value, str | int)}
    as_owner.post(f"/settings/links/{link.pk}/", {**data, "title": "Another title"})

    entry = Entry.objects.get(action="link.changed")
    assert entry.before["title"] == link.title
    assert entry.after["title"] == "Another title"


def test_every_export_is_an_entry(as_agent, customers):
    as_agent.get("/customers/export.csv?state=unknown")
    as_agent.get("/issues/export.csv")

    assert list(Entry.objects.order_by("number").values_list("action", flat=True)) == [
        "customers.exported",
        "issues.exported",
    ]


@pytest.mark.django_db(transaction=True)
def test_an_audit_that_cannot_be_written_takes_the_act_back(as_agent, customers):
    """A disk that is full, a right that was taken away: nothing is done that nobody could find later."""
    as_agent.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry ADD CONSTRAINT refuses_all CHECK (number < 0) NOT VALID")
    try:
        answer = as_agent.post(f"/customers/{customers[0].tenant_id}/tags/", {"tags": "vip"})
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE audit_entry DROP CONSTRAINT refuses_all")

    customers[0].refresh_from_db()
    assert answer.status_code == 500
    assert customers[0].tags == []
    assert not Entry.objects.exists()


def test_the_chain_holds_over_what_pages_wrote(as_agent, customers):
    for tag in ("one", "two", "three"):
        as_agent.post(f"/customers/{customers[0].tenant_id}/tags/", {"tags": tag})

    assert list(breaks_of(Entry.objects.order_by("number"))) == []
    assert Entry.objects.filter(at__lte=timezone.now()).count() == 3

"""All escalations in one place: who waits for a person first, of customers that one may see alone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup
from support.models import Escalation, EscalationWatch
from tests.rights.conftest import give_scope
from tests.support.escalation.azure import draft_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PAGE = "/escalations/"


@pytest.fixture
def rows(contoso: Customer, fabrikam: Customer, support_agent: User) -> dict[str, Escalation]:
    """One of each state, the last one of another customer."""
    made = {}
    for state in ("OPERATOR", "DRAFT", "SENDING", "FILED", "CLOSED"):
        made[state] = draft_of(contoso, by=support_agent, now=NOW)
        Escalation.objects.filter(pk=made[state].pk).update(state=state)
    made["foreign"] = draft_of(fabrikam, by=support_agent, now=NOW)
    return made


def shown(client: Client, query: str = "") -> list[int]:
    return [row.pk for row in client.get(f"{PAGE}{query}").context["page"].rows]


def test_what_waits_for_a_person_comes_first_and_closed_ones_are_asked_for(
    as_agent: Client, rows: dict[str, Escalation]
) -> None:
    assert shown(as_agent)[0] == rows["OPERATOR"].pk
    assert set(shown(as_agent)) == {row.pk for state, row in rows.items() if state != "CLOSED"}
    for query, state in (("decide", "OPERATOR"), ("filing", "SENDING"), ("filed", "FILED"), ("closed", "CLOSED")):
        assert shown(as_agent, f"?state={query}") == [rows[state].pk]
    assert len(shown(as_agent, "?state=nonsense")) == 5
    views = as_agent.get("/tickets/views/").content.decode()
    assert PAGE in views and 'wait for one of us">1</span>' in views


def test_that_microsoft_is_late_is_seen_in_the_list(as_agent: Client, rows: dict[str, Escalation]) -> None:
    late = timezone.now() - timedelta(hours=1)
    EscalationWatch.objects.create(escalation=rows["FILED"], status="Open", answer_due_at=late)
    assert shown(as_agent, "?state=late") == [rows["FILED"].pk]
    assert "Microsoft is late" in as_agent.get(PAGE).content.decode()
    EscalationWatch.objects.update(answered_at=timezone.now())
    assert shown(as_agent, "?state=late") == []


def test_nobody_sees_escalations_of_foreign_customers(
    as_agent: Client, support_agent: User, contoso: Customer, rows: dict[str, Escalation]
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(tags=["north"])
    give_scope(support_agent, User.Sees.ONLY, CustomerGroup.objects.create(name="North", tags=["north"]))
    assert rows["foreign"].pk not in shown(as_agent)
    assert len(shown(as_agent)) == 4


def test_the_file_has_what_the_page_shows(as_owner: Client, rows: dict[str, Escalation]) -> None:
    answer = as_owner.get(f"{PAGE}export.csv?state=decide")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a stream
    assert text.count("VM is gone") == 1 and "A person has to decide" in text


def test_many_cost_as_many_statements_as_few(
    as_agent: Client, contoso: Customer, support_agent: User, rows: dict[str, Escalation]
) -> None:
    def statements() -> int:
        as_agent.get(PAGE)
        with CaptureQueriesContext(connection) as captured:
            as_agent.get(PAGE)
        return len(captured)

    few = statements()
    for _row in range(10):
        draft_of(contoso, by=support_agent, now=NOW)
    assert statements() == few <= 12

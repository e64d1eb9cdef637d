"""One change of many tickets: previewed, carried out row by row, refused row by row, stopped."""

from datetime import datetime

import pytest
from django.test import Client

from csp_portal.accounts.models import Role, User
from customers.models import Customer, CustomerGroup
from support.lists.bulk import carry_out, start, stop
from support.models import BulkRow, Queue, Status, Ticket
from tests.support.test_lists import make

pytestmark = pytest.mark.django_db


def start_on_page(client: Client, numbers: list[int], change: str) -> str:
    preview = client.post("/tickets/bulk/", {"ticket": numbers, "change": change})
    fields = {name: preview.context[name] for name in ("numbers", "change")}
    return str(client.post("/tickets/bulk/start/", fields)["Location"])


def test_a_thousand_are_changed_but_the_five_that_are_not_ours_which_are_named(
    *, support_agent: User, contoso: Customer, fabrikam: Customer, queue: Queue, now: datetime
) -> None:
    foreign = {make(queue, now=now, customer=fabrikam).pk for _ in range(5)}
    last = Ticket.objects.latest("pk").pk
    Ticket.objects.bulk_create(
        Ticket(pk=last + n, customer=contoso, queue=queue, subject="Help", updated_at=now) for n in range(1, 996)
    )
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set([contoso])
    User.objects.filter(pk=support_agent.pk).update(sees=User.Sees.ONLY)
    support_agent.scope_groups.set([group])
    numbers = list(Ticket.objects.values_list("pk", flat=True))

    bulk = start(numbers, chosen="severity:A", by=support_agent, now=now)
    assert carry_out(now=now, most=400) == 400
    assert carry_out(now=now, most=4000) == 600

    assert bulk.rows.filter(state=BulkRow.State.DONE).count() == 995
    assert set(bulk.rows.filter(state=BulkRow.State.REFUSED).values_list("number", flat=True)) == foreign
    assert set(Ticket.objects.filter(severity="C").values_list("pk", flat=True)) == foreign
    bulk.refresh_from_db()
    assert bulk.due_at is None


def test_the_preview_writes_nothing_and_the_page_says_what_became_of_each(
    as_agent: Client, ticket: Ticket, support_agent: User, now: datetime
) -> None:
    preview = as_agent.post("/tickets/bulk/", {"ticket": [ticket.pk, 999_999], "change": "owner:me"})
    assert (preview.context["count"], preview.context["refused"]) == (1, 1)
    assert not BulkRow.objects.exists()

    address = start_on_page(as_agent, [ticket.pk, 999_999], "owner:me")
    assert as_agent.get(address).context["done"] == 0
    bulk_row = BulkRow.objects.first()
    assert bulk_row is not None
    carry_out(now=bulk_row.bulk.asked_at)

    states = {row.number: row.state for row in as_agent.get(address).context["page"].rows}
    assert states == {ticket.pk: "DONE", 999_999: "REFUSED"}
    ticket.refresh_from_db()
    assert ticket.owner == support_agent
    assert ticket.changes.get().by == support_agent


def test_all_that_the_filters_leave_can_be_chosen_and_put_to_sleep(
    *, as_agent: Client, ticket: Ticket, contoso: Customer, queue: Queue, now: datetime
) -> None:
    azure = make(queue, now=now, customer=contoso, family="AZURE", subject="Outlook")

    sent = {"all": "yes", "filters": "family=azure&q=outlook", "change": "snooze:24"}
    preview = as_agent.post("/tickets/bulk/", sent)

    assert preview.context["numbers"] == str(azure.pk)
    as_agent.post("/tickets/bulk/start/", {"numbers": azure.pk, "change": "snooze:24"})
    row = BulkRow.objects.get()
    carry_out(now=row.bulk.asked_at)
    azure.refresh_from_db()
    assert azure.snoozed_until is not None and azure.snoozed_until > row.bulk.asked_at
    assert [found.pk for found in as_agent.get("/tickets/").context["page"].rows] == [ticket.pk]


def test_a_stopped_change_begins_no_further_row_and_keeps_what_is_done(
    contoso: Customer, queue: Queue, support_agent: User, now: datetime
) -> None:
    numbers = [make(queue, now=now, customer=contoso).pk for _ in range(3)]
    bulk = start(numbers, chosen="status:SOLVED", by=support_agent, now=now)
    carry_out(now=now, most=1)

    stop(bulk, now=now)

    assert carry_out(now=now) == 0
    assert list(Ticket.objects.filter(status=Status.SOLVED).values_list("pk", flat=True)) == [min(numbers)]


def test_who_lost_the_right_meanwhile_changes_nothing_more(ticket: Ticket, support_agent: User, now: datetime) -> None:
    bulk = start([ticket.pk], chosen="status:SOLVED", by=support_agent, now=now)
    User.objects.filter(pk=support_agent.pk).update(role=Role.VIEWER)

    carry_out(now=now)

    assert bulk.rows.get().state == BulkRow.State.REFUSED


@pytest.mark.parametrize("change", ["", "status:GONE", "owner:0", "owner:x", "queue:99999", "subject:Mine"])
def test_a_change_that_means_nothing_is_refused_with_a_sentence(change: str, as_agent: Client, ticket: Ticket) -> None:
    answer = as_agent.post("/tickets/bulk/", {"ticket": ticket.pk, "change": change}, follow=True)

    assert "Choose tickets and what they shall become." in answer.content.decode()


def test_nobody_else_sees_or_stops_it(as_owner: Client, ticket: Ticket, support_agent: User, now: datetime) -> None:
    bulk = start([ticket.pk], chosen="status:SOLVED", by=support_agent, now=now)

    assert as_owner.get(f"/tickets/bulk/{bulk.pk}/").status_code == 404
    assert as_owner.post(f"/tickets/bulk/{bulk.pk}/stop/").status_code == 404

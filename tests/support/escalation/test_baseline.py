"""Checklists before Microsoft: ticked with evidence, in versions that stay as they were."""

from datetime import datetime

import pytest

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from support.escalation.baseline import NoEvidence, checklists_of, publish, tick_item
from support.models import Area, Baseline, BaselineTick, Family, Ticket
from tests.support.escalation.conftest import Desk

pytestmark = pytest.mark.django_db
DONE = BaselineTick.Outcome.DONE


def items(*texts: str) -> list[dict[str, object]]:
    return [{"key": text.lower(), "en": text, "zh-hant": "", "required": True} for text in texts]


def test_three_families_have_a_first_version_for_each_area() -> None:
    assert Baseline.objects.filter(version=1).count() == 9
    assert set(Baseline.objects.values_list("area", flat=True)) == set(Area.values)


def test_a_technical_ticket_has_the_technical_list_and_a_commercial_one_the_two_others(ticket: Ticket) -> None:
    assert [one.baseline.area for one in checklists_of(ticket)] == ["TECHNICAL"]
    ticket.kind = "COMMERCIAL"
    assert [one.baseline.area for one in checklists_of(ticket)] == ["BILLING", "SUBSCRIPTIONS"]
    ticket.family = Family.OTHER
    assert checklists_of(ticket) == []


def test_an_item_is_ticked_only_with_what_shows_it(ticket: Ticket, support_agent: User, now: datetime) -> None:
    checklist = checklists_of(ticket)[0]
    item = checklist.open_items[0]
    for outcome in BaselineTick.Outcome:
        with pytest.raises(NoEvidence):
            tick_item(
                ticket,
                baseline=checklist.baseline,
                key=item.key,
                outcome=outcome,
                evidence="  ",
                by=support_agent,
                now=now,
            )
    tick_item(
        ticket,
        baseline=checklist.baseline,
        key=item.key,
        outcome=DONE,
        evidence="Three users",
        by=support_agent,
        now=now,
    )

    again = checklists_of(ticket)[0]
    assert len(again.open_items) == len(checklist.open_items) - 1
    assert again.items[0].tick == BaselineTick.objects.get(evidence="Three users")


def test_version_two_leaves_version_one_as_it_was_and_a_ticket_keeps_the_one_it_began_with(
    desk: Desk, owner: User, now: datetime
) -> None:
    first = checklists_of(desk.ticket)[0].baseline
    written = list(first.items)
    desk.tick_all(now)
    second = publish(Family.MICROSOFT_365, Area.TECHNICAL, items=items("Ask", "Look"), by=owner, now=now)

    kept = checklists_of(desk.ticket)[0]
    assert (kept.baseline, kept.newest, kept.open_items) == (first, 2, [])
    assert Baseline.objects.get(pk=first.pk).items == written
    other = Ticket.objects.create(subject="Other", queue=desk.ticket.queue, customer=desk.contoso)
    assert [item.text for item in checklists_of(other)[0].items] == ["Ask", "Look"]
    audit = AuditEntry.objects.get(action="baseline.published")
    assert (audit.before["version"], audit.after["version"]) == (1, 2)
    assert second.published_by == owner

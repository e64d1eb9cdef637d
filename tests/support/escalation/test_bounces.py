"""What Microsoft sends back is noted with its reason, counted in the report, and asked for from then on."""

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer
from support.escalation.baseline import checklists_of
from support.escalation.beginning import Refused
from support.escalation.bouncing import ITEMS, ask_from_now_on, note_bounce
from support.escalation.ordering import settle_as_filed
from support.models import Baseline, Entry, Escalation, EscalationBounce, Ticket
from tests.support.escalation.azure import draft_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def filed(contoso: Customer, support_agent: User) -> Escalation:
    draft = draft_of(contoso, by=support_agent, now=timezone.now())
    Escalation.objects.filter(pk=draft.pk).update(way="DEEP_LINK")
    return settle_as_filed(draft.pk, number="2611230000123456", by=support_agent, now=timezone.now())


def test_it_is_noted_inside_and_the_ball_is_ours_again(filed: Escalation, support_agent: User) -> None:
    note_bounce(filed.pk, reason="WRONG_PLAN", words="Needs  Premier.", by=support_agent, now=NOW)
    entry = Entry.objects.get(text__contains="sent escalation 1 back")
    assert (entry.is_public, entry.text) == (
        False,
        "Microsoft sent escalation 1 back: Wrong support plan. Needs Premier.",
    )
    assert Ticket.objects.get().status == "OPEN"


def test_what_was_never_asked_comes_not_back_and_a_reason_is_needed(
    contoso: Customer, filed: Escalation, support_agent: User
) -> None:
    draft = draft_of(contoso, by=support_agent, now=NOW)
    for pk, reason, words in ((draft.pk, "WRONG_PLAN", ""), (filed.pk, "WEATHER", ""), (filed.pk, "OTHER", " ")):
        with pytest.raises(Refused):
            note_bounce(pk, reason=reason, words=words, by=support_agent, now=NOW)
    assert not EscalationBounce.objects.exists()


def test_the_next_ticket_is_asked_for_it_once(
    contoso: Customer, filed: Escalation, support_agent: User, owner: User
) -> None:
    former = Baseline.objects.filter(family="AZURE", area="TECHNICAL").latest("version")
    one = note_bounce(filed.pk, reason="MISSING_ID", words="", by=support_agent, now=NOW)
    two = note_bounce(filed.pk, reason="MISSING_ID", words="again", by=support_agent, now=NOW)
    made = ask_from_now_on(one, by=owner, now=NOW)
    assert (made.version, len(made.items)) == (former.version + 1, len(former.items) + 1)
    assert ask_from_now_on(two, by=owner, now=NOW) == made
    later = draft_of(contoso, by=support_agent, now=NOW).ticket
    (item,) = [item for item in checklists_of(later)[0].open_items if item.key == "bounced-missing_id"]
    assert item.texts["en"] == ITEMS["MISSING_ID"][0] and item.texts["zh-hant"]


def test_the_page_and_the_report_show_it(
    as_agent: Client, as_owner: Client, filed: Escalation, support_agent: User
) -> None:
    address = f"/tickets/{filed.ticket_id}/escalations/{filed.pk}/"
    as_agent.post(f"{address}bounced/", {"reason": "NO_REPRODUCTION", "words": "We can't see it"})
    shown = as_agent.get(address).content.decode()
    assert "We can&#x27;t see it" in shown and "from now on" not in shown
    assert "from now on" in as_owner.get(address).content.decode()
    bounce = EscalationBounce.objects.get()
    assert as_agent.post(f"{address}bounced/{bounce.pk}/item/").status_code == 403
    as_owner.post(f"{address}bounced/{bounce.pk}/item/")
    assert "asks for it since version" in as_owner.get(address).content.decode()
    report = as_agent.get("/desk/reports/").content.decode()
    assert "Tickets that were escalated: 1." in report and "among=bounced.no_reproduction" in report
    behind = as_agent.get("/tickets/?state=all&among=bounced.no_reproduction").context["page"]
    assert [row.pk for row in behind.rows] == [filed.ticket_id]
    assert not as_agent.get("/tickets/?state=all&among=bounced.duplicate").context["page"].rows

"""What owners set: partner type, plans, disputed rules and checklists, each in the audit."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.audit.models import Entry as AuditEntry
from support.escalation.entitling import current_rules, entitlement_of, plans_of
from support.models import Baseline, EntitlementChoice, MicrosoftTarget, PartnerStanding, Purchase, SupportPlan
from tests.support.escalation.conftest import Desk

pytestmark = pytest.mark.django_db
SETTINGS = "/settings/desk/escalations/"


def entitled(desk: Desk) -> Any:
    return entitlement_of(desk.ticket, purchase=Purchase.CSP, now=timezone.now())


def test_the_page_shows_every_rule_with_its_source_and_what_may_be_decided(as_owner: Client, desk: Desk) -> None:
    shown = as_owner.get(SETTINGS).content.decode()
    assert shown.count("<tr data-row>") == len(current_rules()) + 1
    assert f"{SETTINGS}rules/cost-azure-csp/" in shown
    assert f"{SETTINGS}rules/who-direct/" not in shown
    assert f"{SETTINGS}rules/target-a/" not in shown
    assert "Premier Support for Partners" in shown


def test_the_partner_type_of_a_connection_decides_who_files(as_owner: Client, desk: Desk) -> None:
    connection = desk.contoso.connection
    assert connection is not None
    name = f"{connection.pk}-partner_type"
    as_owner.post(f"{SETTINGS}partner/", {name: "INDIRECT_RESELLER", f"{connection.pk}-provider": "Ingram"})
    assert PartnerStanding.objects.get().provider == "Ingram"
    desk.ticket.family = "AZURE"
    assert entitled(desk).who == "PROVIDER"
    kept = AuditEntry.objects.get(action="partner_type.changed")
    assert (kept.before["partner_type"], kept.after["partner_type"]) == ("DIRECT", "INDIRECT_RESELLER")


def test_a_plan_counts_in_its_time_for_its_customer_and_while_incidents_are_left(as_owner: Client, desk: Desk) -> None:
    SupportPlan.objects.all().delete()
    said = {"kind": "ADVANCED", "valid_from": "2026-01-01", "valid_to": "2026-12-31", "incidents_left": "2"}
    wrong = as_owner.post(f"{SETTINGS}plans/new/", {**said, "valid_to": "2025-01-01"})
    assert "before the first" in wrong.content.decode()
    as_owner.post(f"{SETTINGS}plans/new/", {**said, "customer": "contoso.example"})
    plan = SupportPlan.objects.get()
    assert plan.customer == desk.contoso
    on = date(2026, 12, 31)
    assert plans_of(desk.contoso, on=on) == [plan]
    assert plans_of(desk.contoso, on=on + timedelta(days=1)) == []

    as_owner.post(f"{SETTINGS}plans/{plan.pk}/", {**said, "incidents_left": "0"})
    assert plans_of(desk.contoso, on=on) == []
    as_owner.post(f"{SETTINGS}plans/{plan.pk}/delete/")
    actions = AuditEntry.objects.filter(action__startswith="support_plan.").order_by("number")
    assert [entry.action.split(".")[1] for entry in actions] == ["added", "changed", "deleted"]


def test_an_owner_decides_a_disputed_rule_and_takes_it_back(as_owner: Client, desk: Desk) -> None:
    SupportPlan.objects.all().delete()
    assert entitled(desk).plan == "CSP_INCLUDED"
    address = f"{SETTINGS}rules/plan-m365-none/"
    as_owner.post(address, {"value": "MISSING", "reason": "short"})
    assert not EntitlementChoice.objects.exists()
    as_owner.post(address, {"value": "MISSING", "reason": "Microsoft refused request 2611 without a plan"})
    found = entitled(desk)
    assert (found.plan, found.cost, found.rules[2].is_ours) == ("MISSING", "PLAN_TO_BUY", True)
    assert [rule.key for rule in found.obstacles] == ["note-plan-missing"]

    as_owner.post(address, {"shipped": "yes"})
    assert entitled(desk).plan == "CSP_INCLUDED"
    assert AuditEntry.objects.filter(action="entitlement.chosen").count() == 2
    assert as_owner.get(f"{SETTINGS}rules/who-direct/").status_code == 404


def test_microsofts_general_times_are_those_of_the_promises(desk: Desk) -> None:
    MicrosoftTarget.objects.update_or_create(severity="C", defaults={"minutes": 600})
    assert entitled(desk).target_minutes == 600


def test_a_checklist_is_published_as_the_next_version_and_never_over_a_newer_one(as_owner: Client) -> None:
    first = Baseline.objects.get(family="AZURE", area="TECHNICAL")
    address = f"{SETTINGS}checklists/{first.pk}/"
    said = {"form-TOTAL_FORMS": "3", "form-INITIAL_FORMS": "2"}
    said |= {"form-0-key": first.items[0]["key"], "form-0-en": "Note the subscription", "form-0-required": "on"}
    said |= {"form-1-key": first.items[1]["key"], "form-1-en": "", "form-2-en": "Look", "form-2-zh": "查看"}
    as_owner.post(address, said)
    second = Baseline.objects.get(family="AZURE", area="TECHNICAL", version=2)
    assert [item["en"] for item in second.items] == ["Note the subscription", "Look"]
    assert (second.items[0]["key"], second.items[1]["required"]) == (first.items[0]["key"], False)

    assert "There is a newer version" in as_owner.post(address, said).content.decode()
    assert Baseline.objects.filter(family="AZURE", area="TECHNICAL").count() == 2
    shown = as_owner.get(f"{SETTINGS}checklists/{second.pk}/").content.decode()
    assert first.items[0]["en"] in shown

"""The consent of the Secure Application Model, on the real sandbox."""

import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import requests
from django.urls import reverse
from django.utils import timezone

from csp_portal.audit.actions import Action
from csp_portal.audit.models import Entry
from customers.connection_check import check_connection
from customers.models import Connection
from tests.conftest import PASSKEY

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")


@pytest.fixture
def delegated(connection):
    connection.auth_model = Connection.AuthModel.SECURE_APP_MODEL
    connection.save()
    return connection


@pytest.fixture
def consent(delegated, sandbox):
    def give(client, person):
        started = client.get(reverse("settings:connection_consent", args=[delegated.pk]))
        chosen = {"person": person.object_id}
        answer = requests.post(
            started["Location"], data=chosen, verify=sandbox.ca_bundle, allow_redirects=False, timeout=60
        )
        back = urlsplit(answer.headers["Location"])
        return client.get(f"{back.path}?{back.query}", follow=True)

    return give


def sentences(answer):
    return " ".join(str(message) for message in answer.context["messages"])


def test_after_the_consent_customers_are_read_on_the_agents_behalf(as_owner, consent, delegated, sandbox_world):
    answer = consent(as_owner, sandbox_world.partner.people[0])

    delegated.refresh_from_db()
    assert "has consented" in sentences(answer)
    assert delegated.refresh_token_at is not None
    token = delegated.open_secret("refresh_token")
    assert token and token not in answer.content.decode()
    entry = Entry.objects.get(action=Action.CONNECTION_CONSENTED)
    assert (entry.about_id, entry.after["admin_agent"]["object_id"]) == (
        str(delegated.pk),
        sandbox_world.partner.people[0].object_id,
    )
    assert token not in str(entry.after)
    assert [finding.name for finding in check_connection(delegated, now=timezone.now()) if not finding.ok] == []


def test_a_renewed_refresh_token_of_the_test_is_kept(as_owner, consent, delegated, sandbox_world):
    consent(as_owner, sandbox_world.partner.people[0])
    delegated.refresh_from_db()
    before = delegated.open_secret("refresh_token")

    check_connection(delegated, now=timezone.now())

    delegated.refresh_from_db()
    assert delegated.open_secret("refresh_token") != before


def test_a_second_consent_is_told_apart_in_the_audit(as_owner, consent, sandbox_world):
    for agent in sandbox_world.partner.people[:2]:
        consent(as_owner, agent)

    told = Entry.objects.filter(about_kind="customers.connection").order_by("number")
    assert [entry.action for entry in told] == [Action.CONNECTION_CONSENTED, Action.REFRESH_TOKEN_REPLACED]


def test_a_consent_is_asked_for_only_with_a_fresh_proof(owner, signed_in, delegated):
    client = signed_in(owner, proofs=({**PASSKEY, "at": time.time() - 3600},))

    answer = client.get(reverse("settings:connection_consent", args=[delegated.pk]))

    assert answer["Location"].startswith(reverse("account_confirm"))


def test_a_sign_in_without_mfa_is_no_consent(as_owner, consent, delegated, sandbox_world):
    people = sandbox_world.partner.people
    people[0] = replace(people[0], methods=("pwd",))

    answer = consent(as_owner, people[0])

    delegated.refresh_from_db()
    assert "did not confirm a second factor" in sentences(answer)
    assert delegated.sealed_refresh_token == ""


def test_a_person_of_another_tenant_gives_no_consent(as_owner, consent, delegated, sandbox_world):
    answer = consent(as_owner, sandbox_world.partner.people[-1])

    delegated.refresh_from_db()
    assert "another organization" in sentences(answer)
    assert delegated.sealed_refresh_token == ""


def test_an_answer_that_nobody_waits_for_changes_nothing(as_owner, delegated):
    answer = as_owner.get(reverse("settings:connection_consent_callback"), {"code": "x", "state": "y"}, follow=True)

    assert "no longer waited for" in sentences(answer)


def test_an_app_only_connection_asks_nobody_for_consent(as_owner, connection):
    assert as_owner.get(reverse("settings:connection_consent", args=[connection.pk])).status_code == 404


def test_only_owners_start_a_consent(as_agent, delegated):
    assert as_agent.get(reverse("settings:connection_consent", args=[delegated.pk])).status_code == 403

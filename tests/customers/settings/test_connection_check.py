"""What the test of a connection finds, on the real sandbox: exactly what is missing and how to mend it."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from customers.connection_check import check_connection
from customers.models import Connection


@pytest.fixture
def findings(connection):
    def check():
        return check_connection(connection, now=timezone.now())

    return check


def about(findings, words):
    (found,) = [finding for finding in findings if words in finding.name]
    return found


def certificate(*, ends_at):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, ends_at - timedelta(days=365), ends_at)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()


def test_a_connection_with_everything_has_only_good_findings(findings, customers):
    found = findings()

    assert [finding.name for finding in found if finding.ok is not True] == []
    assert len(found) == 5


def test_before_the_first_import_health_is_tried_with_a_customer_of_microsofts_list(findings, sandbox_world, sandbox):
    health = about(findings(), "Service health")

    assert health.ok is True
    assert sandbox.requests_to("healthOverviews", tenant_id=sandbox_world.tenants[0].tenant_id)


def test_a_missing_permission_for_health_is_named_exactly(findings, customers, sandbox_world):
    sandbox_world.partner.permissions.discard("ServiceHealth.Read.All")

    health = about(findings(), "Service health")

    assert health.ok is False
    assert "application permission ServiceHealth.Read.All" in health.how_to_mend


def test_missing_permissions_for_lists_are_worth_knowing_while_another_list_answers(findings, sandbox_world):
    sandbox_world.partner.permissions -= {"Directory.Read.All", "DelegatedAdminRelationship.Read.All"}

    found = findings()

    assert about(found, "Partner Center").ok is True
    contracts, delegated = about(found, "Contracts"), about(found, "Delegated admin customers")
    assert (contracts.ok, delegated.ok) == (None, None)
    assert "Directory.Read.All" in contracts.how_to_mend
    assert "DelegatedAdminRelationship.Read.All" in delegated.how_to_mend


def test_without_any_list_of_customers_each_way_is_broken(findings, sandbox_world):
    sandbox_world.partner.tenant.fail(403)

    found = [finding for finding in findings() if "List of customers" in finding.name]

    assert [finding.ok for finding in found] == [False, False, False]
    assert all(finding.how_to_mend for finding in found)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AADSTS7000222", "The secret of our connection has expired"),
        ("AADSTS7000215", "Microsoft refuses the secret"),
        ("AADSTS700016", "Our application is not known"),
        ("AADSTS90002", "Microsoft does not know this tenant"),
    ],
)
def test_a_refused_token_says_why_and_stops_the_test(findings, sandbox_world, code, words):
    sandbox_world.token_endpoint_fault = code

    (token,) = findings()

    assert token.ok is False
    assert words in token.sentence
    assert code in token.sentence
    assert token.how_to_mend


def test_a_secret_that_was_just_entered_is_really_tried(findings, connection):
    assert findings()[0].ok is True
    connection.seal_secret("client_secret", "wrong")

    assert findings()[0].ok is False


def test_a_secret_whose_key_is_gone_says_so(findings, connection):
    connection.sealed_client_secret = "9" + connection.sealed_client_secret

    (token,) = findings()

    assert token.ok is False
    assert "can't be opened" in token.sentence


def test_a_customer_without_consent_is_told_from_a_missing_permission(findings, customers, sandbox_world):
    for tenant in sandbox_world.tenants:
        tenant.consent_missing = True

    health = about(findings(), "Service health")

    assert health.ok is False
    assert "Let an administrator of that customer consent" in health.how_to_mend


def test_throttling_says_nothing_about_the_connection(findings, sandbox_world):
    sandbox_world.partner.tenant.throttled_for = 120

    contracts = about(findings(), "Contracts")

    assert contracts.ok is None
    assert "asks us to wait" in contracts.sentence


def test_microsoft_that_is_down_says_nothing_about_the_connection(findings, sandbox):
    sandbox.stop()

    (token,) = findings()

    assert token.ok is None
    assert "Microsoft can't be reached" in token.sentence


@pytest.mark.parametrize(("days", "ok"), [(-1, False), (10, None), (200, True)])
def test_a_certificate_that_ends_is_told_in_time(findings, connection, days, ok):
    connection.certificate = certificate(ends_at=datetime.now(UTC) + timedelta(days=days))

    assert about(findings(), "Certificate").ok is ok


def test_delegated_access_without_consent_asks_for_it(findings, connection):
    connection.auth_model = Connection.AuthModel.SECURE_APP_MODEL

    (token,) = findings()

    assert token.ok is False
    assert "admin agent consent" in token.how_to_mend

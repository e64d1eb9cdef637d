"""A connection that proves who it is by a token file: read anew each time, from one directory only."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from csp_portal.microsoft.auth import MemoryTokenStore
from csp_portal.microsoft.errors import AccessDenied, Cause
from csp_portal.microsoft.sandbox.federated import FederatedIssuer
from customers.connection_check import check_connection
from customers.connections import Access
from customers.federated import FederatedTokenError, token_path
from customers.models import Connection
from customers.revocation import revoke_all


@pytest.fixture(scope="module")
def issuer():
    return FederatedIssuer()


@pytest.fixture
def tokens(tmp_path, settings):
    """The directory that others write tokens into."""
    home = tmp_path / "tokens"
    home.mkdir()
    settings.PORTAL_FEDERATED_TOKEN_DIR = str(home)
    return home


@pytest.fixture
def write_token(tokens, issuer):
    def write(name="azure", **bent):
        (tokens / name).write_text(issuer.token(now=datetime.now(UTC).timestamp(), **bent) + "\n")

    return write


@pytest.fixture
def federated(connection, sandbox_world, issuer, write_token):
    sandbox_world.partner.federated.append(issuer)
    write_token()
    connection.seal_secret("client_secret", "")
    connection.federated_token_file = "azure"
    connection.save()
    return connection


def token_of(connection, sandbox_world):
    return Access(connection, store=MemoryTokenStore()).graph_token(sandbox_world.tenants[0].tenant_id)


def finding(connection):
    return next(one for one in check_connection(connection, now=timezone.now()) if one.name == "Token file")


def test_microsoft_takes_the_token_in_the_file(federated, sandbox_world):
    assert token_of(federated, sandbox_world).value


def test_the_file_is_read_anew_for_each_request(federated, sandbox_world, write_token):
    access = Access(federated, store=MemoryTokenStore())
    write_token(life=-10)
    with pytest.raises(AccessDenied) as refused:
        access.graph_token(sandbox_world.tenants[0].tenant_id)
    assert (refused.value.code, refused.value.cause) == ("AADSTS700024", Cause.SECRET_EXPIRED)

    write_token()

    assert access.graph_token(sandbox_world.tenants[0].tenant_id).value


@pytest.mark.parametrize(
    ("bent", "code"),
    [({"subject": "somebody-else"}, "AADSTS700213"), ({"audience": "https://vault.example"}, "AADSTS700212")],
)
def test_what_entra_does_not_trust_is_a_cause_that_says_so(federated, sandbox_world, write_token, bent, code):
    write_token(**bent)

    with pytest.raises(AccessDenied) as refused:
        token_of(federated, sandbox_world)

    assert (refused.value.code, refused.value.cause) == (code, Cause.SECRET_WRONG)


def test_an_issuer_that_nobody_registered_is_refused(federated, sandbox_world, tokens):
    stranger = FederatedIssuer(issuer="https://evil.example/")
    (tokens / "azure").write_text(stranger.token(now=datetime.now(UTC).timestamp()))

    with pytest.raises(AccessDenied) as refused:
        token_of(federated, sandbox_world)

    assert refused.value.code == "AADSTS700211"


def test_a_file_that_is_gone_sends_nothing_and_says_what_is_missing(federated, sandbox_world, sandbox, tokens):
    (tokens / "azure").unlink()
    sandbox.forget_requests()

    with pytest.raises(AccessDenied, match="can't be read") as refused:
        token_of(federated, sandbox_world)

    assert refused.value.cause == Cause.SECRET_WRONG
    assert sandbox.requests_to("/token") == []


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "link", "a/../../outside", "", ".", "x\x00y"])
def test_no_file_outside_of_the_directory_is_ever_read(tokens, tmp_path, name):
    (tmp_path / "outside").write_text("head.body.signature")
    (tokens / "link").symlink_to(tmp_path / "outside")

    with pytest.raises(FederatedTokenError):
        token_path(name)


def test_a_link_within_the_directory_is_how_kubernetes_renews_a_token(tokens):
    (tokens / "..2026_11_22").mkdir()
    (tokens / "..2026_11_22" / "azure").write_text("head.body.signature")
    (tokens / "azure").symlink_to("..2026_11_22/azure")

    assert token_path("azure").read_text() == "head.body.signature"


def test_without_a_directory_no_file_is_read(settings):
    settings.PORTAL_FEDERATED_TOKEN_DIR = ""

    with pytest.raises(FederatedTokenError, match="is not set"):
        token_path("azure")


class TestCheck:
    def test_it_tells_what_entra_compares(self, federated, issuer):
        found = finding(federated)
        assert found.ok
        assert issuer.issuer in found.sentence and issuer.subject in found.sentence

    def test_an_expired_token_is_broken(self, federated, write_token):
        write_token(life=-10)
        assert finding(federated).ok is False

    def test_another_audience_is_worth_knowing(self, federated, write_token):
        write_token(audience="https://vault.example")
        assert finding(federated).ok is None

    def test_a_missing_file_is_broken(self, federated, tokens):
        (tokens / "azure").unlink()
        assert finding(federated).ok is False


class TestForm:
    @pytest.fixture
    def submit(self, as_owner, connection):
        def post(**changes):
            fields = ("name", "cloud", "partner_tenant_id", "client_id", "auth_model")
            form = {name: str(getattr(connection, name)) for name in fields}
            return as_owner.post(reverse("settings:connection_edit", args=[connection.pk]), {**form, **changes})

        return post

    def test_a_token_file_takes_the_place_of_the_secret(self, connection, submit, write_token):
        write_token()

        answer = submit(federated_token_file="azure")

        assert answer.status_code == 302
        stored = Connection.objects.get(pk=connection.pk)
        assert (stored.federated_token_file, stored.sealed_client_secret) == ("azure", "")

    def test_a_secret_takes_the_place_of_the_token_file(self, federated, submit):
        submit(client_secret="a-new-secret", federated_token_file="")

        stored = Connection.objects.get(pk=federated.pk)
        assert (stored.federated_token_file, stored.open_secret("client_secret")) == ("", "a-new-secret")

    def test_saving_something_else_keeps_it(self, federated, submit):
        submit(name="Renamed", federated_token_file="azure")

        stored = Connection.objects.get(pk=federated.pk)
        assert (stored.name, stored.federated_token_file) == ("Renamed", "azure")

    @pytest.mark.parametrize(
        ("entered", "field"),
        [
            ({"federated_token_file": "../azure"}, "federated_token_file"),
            ({"federated_token_file": "none"}, "federated_token_file"),
            ({"federated_token_file": "azure", "client_secret": "a"}, "client_secret"),
        ],
    )
    def test_what_cannot_work_is_refused_beside_the_field(self, submit, write_token, entered, field):
        write_token()

        answer = submit(**entered)

        assert field in answer.context["form"].errors

    def test_a_connection_is_not_left_without_any(self, federated, submit):
        assert "client_secret" in submit(federated_token_file="").context["form"].errors

    def test_it_is_offered_only_where_there_is_a_directory(self, as_owner, connection, settings):
        settings.PORTAL_FEDERATED_TOKEN_DIR = ""

        page = as_owner.get(reverse("settings:connection_edit", args=[connection.pk]))

        assert "federated_token_file" not in page.context["form"].fields

    def test_the_secret_is_marked_as_the_weaker_choice(self, as_owner, connection):
        page = as_owner.get(reverse("settings:connection_edit", args=[connection.pk])).content.decode()

        assert "weaker: it is sent each time" in page


def test_a_revocation_forgets_the_token_file_too(federated, owner):
    revoke_all(federated, by=owner, now=timezone.now() + timedelta(seconds=1))

    assert Connection.objects.get(pk=federated.pk).federated_token_file == ""

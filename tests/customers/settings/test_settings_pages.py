"""The pages on which owners make, change, try out and pause connections."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.urls import reverse
from django.utils import timezone

from customers.connection_forms import ConnectionForm
from customers.models import Connection, Feed

SECRET = "s3cret~value-that-is-nowhere-else"


def pem_pair(key=None):
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "portal")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=365))
    return (
        builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(),
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
    )


@pytest.fixture
def form_of():
    def fill(connection, **changes):
        return {
            "name": connection.name,
            "cloud": connection.cloud,
            "partner_tenant_id": str(connection.partner_tenant_id),
            "client_id": str(connection.client_id),
            "auth_model": connection.auth_model,
            "client_secret": "",
            "certificate": "",
            "private_key": "",
            **changes,
        }

    return fill


@pytest.fixture
def edit(connection):
    return reverse("settings:connection_edit", args=[connection.pk])


@pytest.fixture
def submit(as_owner, connection, edit, form_of):
    return lambda **changes: as_owner.post(edit, form_of(connection, **changes))


NEW = {
    "name": "Global partner",
    "cloud": "global",
    "partner_tenant_id": str(uuid4()),
    "client_id": str(uuid4()),
    "auth_model": "APP_ONLY",
}


def test_an_owner_makes_a_connection_whose_secret_is_sealed_and_never_shown(as_owner):
    answer = as_owner.post(reverse("settings:connection_new"), {**NEW, "client_secret": SECRET}, follow=True)

    connection = Connection.objects.get(name="Global partner")
    assert connection.open_secret("client_secret") == SECRET
    assert SECRET not in connection.sealed_client_secret
    page = answer.content.decode()
    assert SECRET not in page
    assert "A secret is stored" in page


def test_an_id_that_is_none_is_refused_with_what_to_write_instead(as_owner):
    answer = as_owner.post(reverse("settings:connection_new"), {**NEW, "partner_tenant_id": "contoso.com"})
    assert "32 hexadecimal digits with dashes" in answer.content.decode()
    assert "A secret has to be entered again" in answer.content.decode()
    assert not Connection.objects.exists()


def test_a_connection_needs_a_secret_or_a_certificate(as_owner):
    answer = as_owner.post(reverse("settings:connection_new"), NEW)

    assert "Enter a certificate with its key" in str(answer.context["form"].errors["client_secret"])
    assert not Connection.objects.exists()


def test_only_clouds_that_the_settings_describe_can_be_chosen(as_owner, settings):
    settings.MICROSOFT_CLOUDS = {name: c for name, c in settings.MICROSOFT_CLOUDS.items() if name != "custom"}

    answer = as_owner.post(reverse("settings:connection_new"), {**NEW, "cloud": "custom", "client_secret": SECRET})

    assert "cloud" in answer.context["form"].errors


def test_an_empty_secret_keeps_the_stored_one(as_owner, connection, edit, form_of, sandbox_world):
    as_owner.post(edit, form_of(connection, name="Renamed"))

    connection.refresh_from_db()
    assert connection.name == "Renamed"
    assert connection.open_secret("client_secret") == sandbox_world.partner.client_secret


def test_a_certificate_with_its_key_replaces_the_secret_and_works(as_owner, connection, edit, form_of, sandbox_world):
    certificate, key = pem_pair()
    sandbox_world.partner.certificates.append(certificate)

    as_owner.post(edit, form_of(connection, certificate=certificate, private_key=key))

    connection.refresh_from_db()
    assert connection.sealed_client_secret == ""
    assert connection.open_secret("private_key") == key.strip()
    page = as_owner.post(reverse("settings:connection_test", args=[connection.pk]))
    assert page.context["findings"][1].ok is True
    assert "PRIVATE KEY" not in as_owner.get(edit).content.decode().replace("BEGIN CERTIFICATE", "")


def test_the_certificate_stays_when_only_the_name_changes(as_owner, connection, edit, form_of):
    certificate, key = pem_pair()
    as_owner.post(edit, form_of(connection, certificate=certificate, private_key=key))

    as_owner.post(edit, form_of(connection, name="Renamed"))

    connection.refresh_from_db()
    assert (connection.name, connection.certificate) == ("Renamed", certificate.strip())


def test_a_key_of_another_certificate_is_refused_and_not_sent_back(as_owner, connection, edit, form_of):
    certificate, _key = pem_pair()
    _certificate, foreign = pem_pair()

    answer = as_owner.post(edit, form_of(connection, certificate=certificate, private_key=foreign))

    assert "does not belong" in str(answer.context["form"].errors["private_key"])
    assert foreign.splitlines()[1] not in answer.content.decode()


def test_a_key_that_microsoft_takes_from_nobody_is_refused_and_not_sent_back(as_owner, connection, edit, form_of):
    certificate, key = pem_pair(ec.generate_private_key(ec.SECP256R1()))

    answer = as_owner.post(edit, form_of(connection, certificate=certificate, private_key=key))

    assert "no RSA key" in str(answer.context["form"].errors["private_key"])
    assert key.splitlines()[1] not in answer.content.decode()


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        ({"certificate": "no pem", "private_key": "no pem"}, "certificate"),
        ({"certificate": "-----BEGIN CERTIFICATE-----"}, "private_key"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----"}, "certificate"),
        ({"client_secret": "a", "certificate": "b", "private_key": "c"}, "client_secret"),
        ({"partner_tenant_id": "contoso"}, "partner_tenant_id"),
    ],
)
def test_what_cannot_work_is_refused_beside_the_field(submit, entered, field):
    answer = submit(**entered)

    assert field in answer.context["form"].errors


def test_a_connection_with_customers_stays_in_its_cloud(as_owner, connection, customers, edit, form_of):
    answer = as_owner.post(edit, form_of(connection, cloud="global"))

    assert "cloud" in answer.context["form"].errors


def test_another_application_ends_the_stored_consent(as_owner, connection, edit, form_of):
    connection.seal_secret("refresh_token", "0.abc")
    connection.refresh_token_at = timezone.now()
    connection.save()

    as_owner.post(edit, form_of(connection, client_id=str(uuid4())))

    connection.refresh_from_db()
    assert (connection.sealed_refresh_token, connection.refresh_token_at) == ("", None)


def test_what_waited_for_the_mended_connection_is_due_at_once(as_owner, connection, customers, edit, form_of):
    later = timezone.now() + timedelta(hours=6)
    Feed.objects.update(due_at=later)
    waiting = Feed.objects.filter(customer=customers[0], kind=Feed.Kind.HEALTH)
    waiting.update(paused_because=Feed.Problem.SECRET_EXPIRED)

    as_owner.post(edit, form_of(connection, client_secret=SECRET))

    assert waiting.get().due_at <= timezone.now()
    assert Feed.objects.filter(due_at=later).count() == len(Feed.Kind) * len(customers) - 1


def test_a_paused_connection_is_resumed_with_the_same_button(as_owner, connection):
    address = reverse("settings:connection_pause", args=[connection.pk])

    as_owner.post(address)
    connection.refresh_from_db()
    was_paused = connection.is_paused
    as_owner.post(address)
    connection.refresh_from_db()

    assert (was_paused, connection.is_paused) == (True, False)


def test_the_test_answers_a_page_or_for_htmx_a_fragment(as_owner, connection):
    address = reverse("settings:connection_test", args=[connection.pk])

    page = as_owner.post(address).content.decode()
    part = as_owner.post(address, headers={"HX-Request": "true"}).content.decode()

    assert "<html" in page
    assert "<html" not in part
    assert "Microsoft accepts our application." in part


def test_the_overview_shows_every_connection_with_its_customers(as_owner, connection, customers):
    answer = as_owner.get(reverse("settings:overview"))

    assert [row.customer_count for row in answer.context["connections"]] == [len(customers)]


def test_a_new_portal_says_what_to_do_first(as_owner):
    assert "No connection yet" in as_owner.get(reverse("settings:overview")).content.decode()


def test_nobody_but_owners_gets_to_the_settings(as_agent, as_viewer, connection):
    names = [("overview", []), ("connection_new", []), ("connection_edit", [connection.pk]), ("links", [])]
    addresses = [reverse(f"settings:{name}", args=args) for name, args in names]

    assert {client.get(address).status_code for client in (as_agent, as_viewer) for address in addresses} == {403}


def test_an_owner_starts_the_import_by_hand(as_owner, connection):
    Connection.objects.update(customers_due_at=timezone.now() + timedelta(hours=6))

    as_owner.post(f"/settings/connections/{connection.pk}/import/")

    connection.refresh_from_db()
    assert connection.customers_due_at <= timezone.now()


def test_saving_the_form_leaves_a_refresh_token_that_was_renewed_meanwhile(connection, sandbox):
    connection.seal_secret("refresh_token", "old")
    connection.save()
    data = {
        **{name: str(getattr(connection, name)) for name in ("cloud", "partner_tenant_id", "client_id", "auth_model")},
        "name": "Renamed",
    }
    form = ConnectionForm(data, instance=Connection.objects.get(pk=connection.pk))
    assert form.is_valid(), form.errors
    connection.seal_secret("refresh_token", "renewed by a worker")
    connection.save(update_fields=["sealed_refresh_token"])

    form.save()

    stored = Connection.objects.get(pk=connection.pk)
    assert (stored.name, stored.open_secret("refresh_token")) == ("Renamed", "renewed by a worker")

"""Contacts: who is written to at a customer, by hand, from a file, and by their own wish."""

import io

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.audit.models import Entry
from customers.models import Contact
from customers.opt_out import token_of
from tests.rights.conftest import make_connection, make_customer


@pytest.fixture
def northwind(db):
    return make_customer("Northwind", connection=make_connection())


@pytest.fixture
def ana(northwind):
    return Contact.objects.create(customer=northwind, name="Ana", address="ana@northwind.example", wants=["INCIDENTS"])


def page_of(customer):
    return f"/customers/{customer.tenant_id}/contacts/"


def test_a_contact_is_added_once_per_address_and_kept_in_small_letters(northwind, as_agent):
    told = {"name": "Ana  Silva", "address": "Ana@Northwind.example", "language": "zh-hant", "wants": ["INCIDENTS"]}
    assert as_agent.post(f"{page_of(northwind)}new/", told).status_code == 302
    again = as_agent.post(f"{page_of(northwind)}new/", told)

    contact = Contact.objects.get()
    assert (contact.name, contact.address, contact.language) == ("Ana Silva", "ana@northwind.example", "zh-hant")
    assert "has a contact with this address already" in again.content.decode()
    assert Entry.objects.filter(action="contact.added", customer=northwind.tenant_id).count() == 1


def test_a_removed_contact_comes_back_with_one_click(ana, as_agent):
    answer = as_agent.post(f"{page_of(ana.customer)}{ana.pk}/remove/", follow=True)
    assert "Ana was removed" in answer.content.decode()
    as_agent.post(f"{page_of(ana.customer)}{ana.pk}/restore/")

    ana.refresh_from_db()
    assert ana.removed_at is None


def test_following_the_link_in_a_mail_shows_and_only_the_button_opts_out(ana):
    stranger = Client(enforce_csrf_checks=True)
    address = f"/customers/opt-out/{token_of(ana)}/"

    assert b"ana@northwind.example" in stranger.get(address).content
    assert not Contact.objects.filter(opted_out_at__isnull=False).exists()
    assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200  # RFC 8058, without a cookie
    ana.refresh_from_db()
    assert ana.opted_out_at is not None
    assert Entry.objects.get(action="contact.opted_out").person == ""
    stranger.post(address, {"again": "1"})
    ana.refresh_from_db()
    assert ana.opted_out_at is None


def test_an_invented_opt_out_link_leads_nowhere(ana):
    assert Client().get(f"/customers/opt-out/{ana.pk}:abc/").status_code == 404


def test_who_opted_out_stays_so_when_added_again(ana, as_agent):
    Contact.objects.update(opted_out_at=timezone.now(), removed_at=timezone.now())
    told = {"name": "Ana", "address": ana.address, "language": "en", "wants": ["INCIDENTS"]}
    as_agent.post(f"{page_of(ana.customer)}new/", told)

    assert Contact.objects.kept().get().opted_out_at is not None


def test_a_new_address_is_written_to_whatever_bounced_at_the_old_one(ana, as_agent):
    Contact.objects.update(bounced_at=timezone.now(), bounce_reason="550 no such user")
    told = {"name": "Ana", "address": "a.silva@northwind.example", "language": "en", "wants": ["INCIDENTS"]}
    as_agent.post(f"{page_of(ana.customer)}{ana.pk}/", told)

    ana.refresh_from_db()
    assert (ana.address, ana.bounced_at) == ("a.silva@northwind.example", None)


def send_file(client, text):
    return client.post("/customers/contacts/import/", {"file": io.BytesIO(text.encode())}, follow=True)


def test_a_file_adds_and_changes_contacts_and_reads_its_own_export(northwind, ana, as_agent):
    send_file(
        as_agent,
        f"customer;name;mail;language;wants\n{northwind.tenant_id};Ana Silva;ANA@northwind.example;zh-Hant;\n"
        "northwind.example;Bo;bo@northwind.example;;incidents changes\n",
    )
    export = b"".join(as_agent.get("/customers/contacts/export.csv").streaming_content).decode()
    send_file(as_agent, export)

    ana.refresh_from_db()
    assert (ana.name, ana.language) == ("Ana Silva", "zh-hant")
    assert Contact.objects.get(name="Bo").wants == ["INCIDENTS", "CHANGES"]
    assert Contact.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nowhere.example,Bo,bo@x.example,,", "Line 3: no customer of yours"),
        ("northwind.example,Bo,bo at x,,", "no mail address"),
        ("northwind.example,Bo,bo@x.example,xx,", "no language"),
        ("northwind.example,Bo,bo@x.example,,gossip", "no topic"),
        ("northwind.example,,bo@x.example,,", "write a name"),
    ],
)
def test_one_wrong_line_and_nothing_is_taken_over(northwind, as_agent, line, words):
    good = "northwind.example,Ana,ana@northwind.example,,"
    answer = send_file(as_agent, f"customer,name,mail,language,wants\n{good}\n{line}\n")

    assert words in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_formula_in_a_name_is_harmless_in_the_export(ana, as_agent):
    Contact.objects.update(name="=HYPERLINK(1)")

    assert b'"\'=HYPERLINK(1)"' in b"".join(as_agent.get(f"{page_of(ana.customer)}export.csv").streaming_content)


def test_the_tab_asks_the_same_number_of_statements_however_many_contacts(ana, as_agent, django_assert_max_num_queries):
    Contact.objects.bulk_create(
        Contact(customer=ana.customer, name=f"C{n}", address=f"c{n}@x.example") for n in range(40)
    )
    with django_assert_max_num_queries(12):
        assert b"C39" in as_agent.get(page_of(ana.customer)).content

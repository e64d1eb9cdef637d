"""Phone numbers of contacts: written in many ways, dialed from the call list, and shown to no customer."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customers.models import Contact
from customers.opt_out import token_of
from customers.phones import plain_phone, tel_of
from health.models import Share
from health.shares.keeping import make_share
from tests.rights.conftest import make_connection, make_customer, make_issue

NUMBER = "+886 2 2345-6789 #42"


@pytest.fixture
def ana(db):
    northwind = make_customer("Northwind", connection=make_connection())
    return Contact.objects.create(customer=northwind, name="Ana", address="ana@northwind.example", phone=NUMBER)


@pytest.mark.parametrize(
    ("written", "dialed"),
    [
        (NUMBER, "tel:+886223456789;ext=42"),
        ("＋886  912 345 678", "tel:+886912345678"),
        ("'+44 (0)20 7946 0958", "tel:+442079460958"),
        ("(02) 2345-6789 分機 7", "tel:0223456789;ext=7"),
        ("02.2345.6789 ext. 12", "tel:0223456789;ext=12"),
        ("112", "tel:112"),
        ("", ""),
    ],
)
def test_a_number_as_people_write_it_is_dialed(written, dialed):
    assert tel_of(plain_phone(written)) == dialed


@pytest.mark.parametrize(
    "wrong", ["call me", "+", "12", "javascript:alert(1)", "+1234567890123456", "1" * 41, "12345\x006"]
)
def test_what_nobody_can_dial_is_refused(wrong):
    with pytest.raises(ValueError, match=re.escape(wrong.strip())):
        plain_phone(wrong)
    assert tel_of(wrong) == ""


def test_the_form_keeps_a_number_and_names_what_is_none(ana, as_agent):
    address = f"/customers/{ana.customer.tenant_id}/contacts/{ana.pk}/"
    told = {"name": "Ana", "address": ana.address, "language": "en", "wants": ["INCIDENTS"]}
    assert "is no phone number" in as_agent.post(address, {**told, "phone": "later"}).content.decode()
    assert as_agent.post(address, {**told, "phone": "02  2345 6789"}).status_code == 302

    ana.refresh_from_db()
    assert ana.phone == "02 2345 6789"
    assert 'href="tel:0223456789"' in as_agent.get(address.removesuffix(f"{ana.pk}/")).content.decode()


def test_a_number_survives_export_and_import_and_a_file_without_the_column(ana, as_agent):
    export = b"".join(as_agent.get("/customers/contacts/export.csv").streaming_content).decode()
    assert f'"\'{NUMBER}"' in export  # a spreadsheet must not reckon with it
    Contact.objects.update(phone="")
    _send(as_agent, export)
    _send(as_agent, f"customer,name,mail\n{ana.customer.domain},Ana,{ana.address}\n")
    ana.refresh_from_db()
    assert ana.phone == NUMBER

    refused = _send(as_agent, f"customer,name,mail,phone\n{ana.customer.domain},Ana,{ana.address},soon\n")
    assert "Line 2: “soon” is no phone number" in refused.content.decode()


def test_the_call_list_dials_and_says_whom(ana, as_agent):
    make_issue("EX1", hits=[ana.customer])
    page = as_agent.get("/issues/global/EX1/calls/").content.decode()

    assert 'href="tel:+886223456789;ext=42"' in page
    assert f'aria-label="Call Ana: {NUMBER}"' in page
    file = b"".join(as_agent.get("/issues/global/EX1/calls.csv").streaming_content).decode()
    assert f"Ana <ana@northwind.example> {NUMBER}" in file


def test_no_page_that_customers_open_shows_a_number(ana, owner):
    make_issue("EX1", hits=[ana.customer])
    told: dict[str, Any] = {"name": "Ours", "language": "en", "lifetime": timedelta(days=1), "now": timezone.now()}
    shares = [
        make_share(owner, kind=kind, customer=ana.customer, **told)[1]
        for kind in (Share.Kind.STATUS_PAGE, Share.Kind.FEED)
    ]
    pages = [f"/customers/opt-out/{token_of(ana)}/", *(f"/shared/{token}/" for token in shares)]
    pages += [f"/shared/{shares[0]}/{tail}" for tail in ("badge.svg", "atom.xml", "rss.xml", "calendar.ics")]

    for page in pages:
        text = Client().get(page).content.decode()
        assert "2345" not in text, page
        assert "tel:" not in text, page


def _send(client, text):
    return client.post("/customers/contacts/import/", {"file": io.BytesIO(text.encode())}, follow=True)

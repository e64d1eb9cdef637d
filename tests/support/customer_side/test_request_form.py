"""The request form behind a signed link."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer
from health.models import Share
from health.shares.keeping import make_share, revoke_share
from support.models import Queue, Ticket

pytestmark = pytest.mark.django_db
SAID = {
    "name": "Kim",
    "address": "kim@contoso.example",
    "subject": "No mail",
    "text": "Since nine.",
    "family": "MICROSOFT_365",
    "severity": "C",
}


@pytest.fixture
def link(owner: User, contoso: Customer, queue: Queue) -> tuple[Share, str]:
    share, token = make_share(
        owner,
        kind=Share.Kind.REQUEST_FORM,
        name="Ask us",
        language="en",
        lifetime=timedelta(days=30),
        now=timezone.now(),
        customer=contoso,
    )
    return share, f"/ask/{token}/"


def test_the_form_opens_a_ticket_of_its_customer_with_its_files(client: Client, link: tuple[Share, str]) -> None:
    file = SimpleUploadedFile("log.txt", b"one line", content_type="text/plain")
    answer = client.post(link[1], {**SAID, "files": [file]})
    ticket = Ticket.objects.get()
    assert f"it is #{ticket.pk}" in answer.content.decode()
    assert (ticket.customer, ticket.channel, ticket.requester_address) == (link[0].customer, "FORM", SAID["address"])
    assert ticket.entries.get().files.count() == 1


def test_we_answer_only_at_addresses_of_the_customer(client: Client, link: tuple[Share, str]) -> None:
    for address in ("thief@elsewhere.example", "kim@contoso.example.elsewhere.example"):
        answer = client.post(link[1], {**SAID, "address": address})
        assert "we answer only there" in answer.content.decode()
    assert not Ticket.objects.exists()


def test_severity_a_asks_who_cannot_work_and_a_bad_file_keeps_the_words(
    client: Client, link: tuple[Share, str]
) -> None:
    answer = client.post(link[1], {**SAID, "severity": "A"}).content.decode()
    assert "Say who can" in answer
    bad = SimpleUploadedFile("tool.exe", b"MZ\x90\x00", content_type="text/plain")
    answer = client.post(link[1], {**SAID, "files": [bad]}).content.decode()
    assert "Since nine." in answer
    assert not Ticket.objects.exists()


def test_a_revoked_link_takes_no_words(client: Client, link: tuple[Share, str], owner: User) -> None:
    revoke_share(link[0].pk, by=owner, now=timezone.now())
    assert client.post(link[1], SAID).status_code == 410
    assert client.get("/ask/csp_nothing/").status_code == 410
    assert not Ticket.objects.exists()

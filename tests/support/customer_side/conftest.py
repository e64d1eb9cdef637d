"""A customer's person who has come in."""

from collections.abc import Callable

import pytest
from django.core import mail
from django.test import Client

from customers.models import Customer
from support.customer_side.links import person_of, send_links
from support.models import CustomerPerson


@pytest.fixture
def kim(contoso: Customer) -> CustomerPerson:
    return person_of(contoso, address="kim@contoso.example", name="Kim", language="en")


def link_in(body: str) -> str:
    """The path of the link in a mail."""
    (line,) = [line for line in body.splitlines() if "/my/link/" in line]
    return "/my/link/" + line.partition("/my/link/")[2]


@pytest.fixture
def come_in(db: None) -> Callable[[str], Client]:
    """A browser that came in by the link mailed to this address."""

    def enter(address: str) -> Client:
        browser = Client()
        browser.post("/my/", {"address": address})
        send_links()
        browser.post(link_in(str(mail.outbox[-1].body)))
        return browser

    return enter

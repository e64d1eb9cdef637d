"""The browser of somebody who signs in with Microsoft: our pages by Django's client, Microsoft's by requests."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse

from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.tenants import Person
from customers.models import Connection


@pytest.fixture
def choose(sandbox: SandboxServer) -> Callable[[str, Person | None], str]:
    """Pick a person (or Cancel) in the sandbox's account picker; returns the path it sends the browser back to."""

    def pick(address: str, person: Person | None) -> str:
        answer = requests.post(
            address,
            data={"person": person.object_id if person else ""},
            verify=sandbox.ca_bundle,
            allow_redirects=False,
            timeout=60,
        )
        assert answer.status_code == 302, answer.text
        back = urlsplit(answer.headers["Location"])
        return f"{back.path}?{back.query}"

    return pick


@pytest.fixture
def microsoft_sign_in(connection: Connection, choose: Callable[[str, Person | None], str]) -> Callable[..., object]:
    """The whole way: start here, choose there, come back; returns our last answer, redirects followed."""

    def sign_in(client: Client, person: Person | None, *, address: str = "") -> object:
        query = {"next": address} if address else {}
        started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]), query)
        assert started.status_code == 302
        return client.get(choose(started["Location"], person), follow=True)

    return sign_in

"""What tests of health's pages share: a page's text, and how many statements it costs."""

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

MOST_STATEMENTS = 12


def text_of(client: Client, address: str) -> str:
    """What a person reads on a page, in one line."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    return re.sub(r"\s+", " ", strip_tags(answer.content.decode()))


@pytest.fixture
def statements() -> Callable[[Client, str], int]:
    """How many statements the second look at a page costs."""

    def count(client: Client, address: str) -> int:
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        assert len(captured) <= MOST_STATEMENTS
        return len(captured)

    return count

"""A link of any kind, made by somebody, and opened by somebody without an account."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from health.models import Share
from health.shares.keeping import make_share
from tests.rights.conftest import only_north, trade

__all__ = ["only_north", "trade"]  # fixtures


@pytest.fixture
def link() -> Callable[..., str]:
    """Make a link and return its address."""

    def make(by: User, kind: Share.Kind = Share.Kind.WALLBOARD, *, tail: str = "", **told) -> str:
        facts = {"name": "Operations", "language": "en", "lifetime": timedelta(days=1), "now": timezone.now(), **told}
        return f"/shared/{make_share(by, kind=kind, **facts)[1]}/{tail}"

    return make


@pytest.fixture
def anybody() -> Client:
    return Client()

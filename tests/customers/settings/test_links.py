"""The catalog of admin portals, edited by owners."""

import pytest
from django.urls import reverse

from customers.models import PortalLink


@pytest.fixture
def link(db):
    return PortalLink.objects.get(cloud="global", service="exchange")


def test_the_catalog_is_shown_cloud_by_cloud(as_owner, link):
    answer = as_owner.get(reverse("settings:links"), {"cloud": "china"})

    assert {row.cloud for row in answer.context["links"]} == {"china"}
    assert [tab["is_current"] for tab in answer.context["tabs"]].count(True) == 1


def test_an_owner_corrects_title_and_address_and_hides_it(as_owner, link):
    address = "https://admin.example.com/{tid}/{initial}?d={default}"

    answer = as_owner.post(reverse("settings:link_edit", args=[link.pk]), {"title": "Mail", "url_template": address})

    link.refresh_from_db()
    assert (link.title, link.url_template, link.is_enabled) == ("Mail", address, False)
    assert answer["Location"].endswith("?cloud=global")


@pytest.mark.parametrize(
    "address",
    [
        "http://admin.example.com/",
        "javascript:alert(1)",
        "https://user@evil.example/",
        "//admin.example.com/",
        "https://admin.example.com/{tenant}",
        "https://admin.example.com/{tid",
        "https://admin.example.com/{}",
        "https://admin.example.com/{tid.secret}",
        "https://admin.example.com/{tid!r}",
        "https://{tid}.example.com/",
        "https://admin.example.com/a b",
    ],
)
def test_an_address_that_would_mislead_is_refused(as_owner, link, address):
    before = link.url_template

    answer = as_owner.post(reverse("settings:link_edit", args=[link.pk]), {"title": "Mail", "url_template": address})

    link.refresh_from_db()
    assert "url_template" in answer.context["form"].errors
    assert link.url_template == before

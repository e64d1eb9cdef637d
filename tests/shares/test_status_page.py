"""A customer's status page: its own services and Microsoft's words, and nothing that is ours or another's."""

from datetime import timedelta
from xml.etree import ElementTree as ET

import pytest
from django.utils import timezone

from customers.models import Customer, Feed, State
from health.models import Issue, Post, Service, ServiceState, Share, Suspicion
from tests.health.pages.conftest import statements, text_of
from tests.rights.conftest import make_message

__all__ = ["statements"]
PAGE = Share.Kind.STATUS_PAGE


@pytest.fixture
def address(link, owner, trade):
    return link(owner, PAGE, customer=trade.own)


def test_it_tells_state_issues_text_and_history(address, anybody, trade):
    text = text_of(anybody, address)

    for words in ("Northwind", "Exchange Online", "Microsoft reports an incident", "EX2", "Looking.", "Last checked:"):
        assert words in text
    assert "The last 90 days" in text


def test_nothing_internal_and_nobody_else_is_on_it(address, anybody, trade, owner):
    now = timezone.now()
    owner.name = "CANARY-PERSON"
    owner.save()
    service = Service.objects.get()
    suspicion = Suspicion.objects.create(service=service, seen="CANARY-SEEN", reported_at=now, reported_by=owner)
    suspicion.customers.add(trade.own)
    Customer.objects.filter(pk=trade.own.pk).update(
        tags=["CANARY-TAG"], paused_at=now, paused_by=owner, paused_reason="CANARY-REASON"
    )
    Issue.objects.update(exposed_customers=424242)

    for tail in ("", "badge.svg", "atom.xml", "rss.xml", "calendar.ics"):
        page = anybody.get(address + tail).content.decode()
        for word in ("CANARY", "Fabrikam", "EX3", "424242", str(trade.own.tenant_id), str(trade.foreign.tenant_id)):
            assert word not in page, (tail, word)


def test_what_can_not_be_read_is_not_known_and_never_well(address, anybody, trade):
    ServiceState.objects.update(state=State.HEALTHY)
    Customer.objects.update(health=State.HEALTHY)
    Issue.objects.update(is_resolved=True)
    assert "Works normally" in text_of(anybody, address)
    Feed.objects.update(read_at=timezone.now() - timedelta(days=1))

    text = text_of(anybody, address)
    assert "Works normally" not in text
    assert "Not known at the moment" in text
    assert "Whether there are any is not known" in text
    assert "Not known at the moment" in anybody.get(f"{address}badge.svg").content.decode()


def test_it_speaks_the_customers_language(link, owner, anybody, trade):
    page = anybody.get(link(owner, PAGE, customer=trade.own, language="zh-hant")).content.decode()

    assert 'lang="zh-hant"' in page
    assert "Microsoft 回報事件" in page


def test_microsofts_html_does_nothing(address, anybody, trade):
    Post.objects.update(html="<p>Fine<script>alert(1)</script></p>")

    assert "alert(1)" not in anybody.get(address).content.decode()


def test_the_badge_is_a_picture_others_may_embed(link, owner, anybody, trade):
    answer = anybody.get(link(owner, PAGE, customer=trade.own, name='<b>"&', tail="badge.svg"))

    assert answer["Content-Type"] == "image/svg+xml"
    assert answer["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert ET.fromstring(answer.content).get("aria-label") == '<b>"&: Microsoft reports an incident'


def test_a_page_names_its_feeds_and_they_open(address, anybody, trade):
    page = anybody.get(address).content.decode()

    for tail, kind in (("atom.xml", "application/atom+xml"), ("rss.xml", "application/rss+xml")):
        assert f'<link rel="alternate" type="{kind}"' in page
        assert anybody.get(address + tail).status_code == 200


def test_it_costs_few_statements(address, anybody, statements, trade):
    assert statements(anybody, address) <= 12


def test_it_tells_what_microsoft_announces_to_this_customer(address, anybody, trade):
    assert "What Microsoft announces" not in text_of(anybody, address)
    make_message("MC1", seen_by=[trade.own])
    make_message("MC2", seen_by=[trade.foreign])

    text = text_of(anybody, address)

    assert "Title of MC1" in text
    assert "MC2" not in text

"""Signed links show what their maker may see now, and nothing once they have ended."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.audit.models import Entry
from health.models import Share


def _make(client, **more):
    return client.post("/shares/new/", {"kind": "WALLBOARD", "name": "Wall", "language": "en", "days": 30, **more})


def test_a_link_is_shown_once_and_kept_as_a_hash(as_agent, anybody, trade):
    page = _make(as_agent).content.decode()
    address = re.search(r"/shared/(csp_\w+)/", page)
    assert address is not None
    assert address[1] not in as_agent.get("/shares/").content.decode()
    assert Share.objects.get().token_hash not in page
    assert not Share.objects.filter(token_hash__contains=address[1][4:]).exists()
    assert anybody.get(address[0]).status_code == 200
    assert Entry.objects.filter(action="share.made").count() == 1


@pytest.mark.parametrize(
    "end",
    [
        lambda share: Share.objects.update(revoked_at=timezone.now()),
        lambda share: Share.objects.update(expires_at=timezone.now()),
        lambda share: User.objects.filter(pk=share.made_by_id).update(is_active=False),
        lambda share: User.objects.filter(pk=share.made_by_id).update(role=Role.VIEWER),
        lambda share: share.delete(),
    ],
    ids=["revoked", "expired", "maker disabled", "maker may no longer", "never was"],
)
def test_an_ended_link_says_so_and_nothing_of_what_it_was(link, support_agent, anybody, trade, end):
    address = link(support_agent, name="Secret title")
    assert "Secret title" in anybody.get(address).content.decode()
    end(Share.objects.get())

    answer = anybody.get(address)

    assert answer.status_code == 410
    assert "This link has ended" in answer.content.decode()
    assert "Secret title" not in answer.content.decode()
    assert "Northwind" not in answer.content.decode()


def test_a_link_shrinks_with_the_scope_of_its_maker(link, support_agent, only_north, anybody, trade):
    address = link(support_agent)
    assert "Fabrikam" in anybody.get(address).content.decode()
    only_north(support_agent)

    page = anybody.get(address).content.decode()

    assert "Northwind" in page
    assert "Fabrikam" not in page


def test_a_link_of_one_customer_ends_when_its_maker_no_longer_sees_it(link, support_agent, only_north, anybody, trade):
    address = link(support_agent, customer=trade.foreign)
    only_north(support_agent)

    assert anybody.get(address).status_code == 410


def test_a_link_of_a_group_speaks_of_nobody_else(link, owner, anybody, trade):
    page = anybody.get(link(owner, group=trade.north)).content.decode()

    assert "Northwind" in page
    assert "Fabrikam" not in page


def test_it_sets_no_cookie_and_is_kept_out_of_search_engines(link, owner, anybody, trade):
    answer = anybody.get(link(owner))

    assert answer.cookies == {}
    assert anybody.cookies == {}
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Cache-Control"].startswith("private")


def test_its_use_is_noted_to_the_hour(link, owner, anybody, trade):
    address = link(owner)
    anybody.get(address)
    first = Share.objects.get().used_at
    anybody.get(address)
    assert first
    assert Share.objects.get().used_at == first
    Share.objects.update(used_at=first - timedelta(hours=2))
    anybody.get(address)

    used_at = Share.objects.get().used_at
    assert used_at is not None
    assert used_at > first


def test_people_revoke_their_own_links_and_owners_all(as_agent, as_owner, link, owner, support_agent):
    link(owner)
    link(support_agent)
    of_owner, of_agent = (Share.objects.get(made_by=person).pk for person in (owner, support_agent))

    assert as_agent.post(f"/shares/{of_owner}/revoke/").status_code == 404
    assert as_agent.post(f"/shares/{of_agent}/revoke/").status_code == 302
    assert as_owner.post(f"/shares/{of_owner}/revoke/").status_code == 302
    assert Share.objects.filter(revoked_at__isnull=True).count() == 0
    assert Entry.objects.filter(action="share.revoked").count() == 2


def test_nobody_shares_what_they_do_not_see(as_agent, support_agent, only_north, trade):
    only_north(support_agent)

    page = _make(as_agent, customer=str(trade.foreign.tenant_id)).content.decode()
    other = _make(as_agent, group=trade.south.pk)

    assert "No customer that you see" in page
    assert other.context["form"].errors["group"]
    assert not Share.objects.exists()


def test_a_status_page_needs_a_customer(as_agent, trade):
    assert "It is of one customer" in _make(as_agent, kind="STATUS_PAGE").content.decode()


def test_the_list_and_its_file_hold_no_token(as_owner, link, owner, trade):
    token = link(owner).split("/")[2]
    file = b"".join(as_owner.get("/shares/export.csv").streaming_content).decode()

    assert "Operations" in file
    assert token not in file + as_owner.get("/shares/").content.decode()


def test_a_link_opens_only_for_reading(link, owner, trade):
    assert Client().post(link(owner)).status_code == 405

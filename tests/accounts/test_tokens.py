"""API tokens: shown once, kept only as a hash, opening no more than their person may and their scopes say."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import ApiToken, Role, User
from csp_portal.accounts.people import change_role, shut_out
from csp_portal.audit.models import Entry

TOKEN = re.compile(r'id="new-token">([^<]+)<')
FORM = {"name": "Reporting", "scopes": ["READ"], "days": "30"}


def make_token(client: Client, **said: Any) -> str:
    found = TOKEN.search(client.post("/people/me/tokens/new/", {**FORM, **said}).content.decode())
    assert found
    return found[1]


def status(client: Client, token: str, address: str = "/api/v1/customers/") -> int:
    return client.get(address, headers={"Authorization": f"Token {token}"}).status_code


@pytest.fixture
def new_token(as_viewer: Client) -> str:
    return make_token(as_viewer)


def test_a_new_token_opens_the_api(new_token, client):
    assert status(client, new_token) == 200


def test_a_token_is_shown_once_and_kept_as_a_hash(new_token, as_viewer):
    page = as_viewer.get("/people/me/tokens/").content.decode()

    assert new_token not in page
    assert new_token[:8] in page
    assert new_token.startswith("csp_")
    assert new_token not in str(ApiToken.objects.values_list("digest", "token_key", "name"))


def test_a_revoked_token_opens_nothing(new_token, as_viewer, client):
    revoked = as_viewer.post(f"/people/me/tokens/{ApiToken.objects.get().token_key}/revoke/")
    assert "The token is revoked" in revoked.content.decode()

    assert status(client, new_token) == 401


def test_nobody_revokes_somebody_elses_token_on_their_own_page(new_token, as_owner):
    as_owner.post(f"/people/me/tokens/{ApiToken.objects.get().token_key}/revoke/")

    assert ApiToken.objects.count() == 1


def test_owners_see_all_tokens_and_revoke_them(new_token, as_owner, client):
    key = ApiToken.objects.get().token_key
    assert "Reporting" in as_owner.get("/people/tokens/").content.decode()

    as_owner.post(f"/people/tokens/{key}/revoke/")

    assert status(client, new_token) == 401
    assert list(Entry.objects.order_by("number").values_list("action", flat=True)) == ["token.made", "token.revoked"]


def test_one_person_has_ten_tokens_at_most(as_viewer, viewer):
    for _ in range(10):
        as_viewer.post("/people/me/tokens/new/", FORM)

    page = as_viewer.post("/people/me/tokens/new/", FORM).content.decode()

    assert "Revoke one first" in page
    assert ApiToken.objects.filter(user=viewer).count() == 10


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["WRITE"]}, {"scopes": ["ALL"]}, {"days": "366"}]
)
def test_a_viewer_is_offered_what_a_viewer_may_do_and_nothing_else(as_viewer, wrong):
    as_viewer.post("/people/me/tokens/new/", {**FORM, **wrong})

    assert not ApiToken.objects.exists()


def test_making_a_token_asks_for_a_fresh_proof(viewer, signed_in):
    answer = signed_in(viewer, proofs=()).post("/people/me/tokens/new/", FORM)

    assert answer.status_code == 403
    assert not ApiToken.objects.exists()


def test_no_token_outlives_a_year(viewer):
    with pytest.raises(IntegrityError, match="a_token_ends_within_a_year"), transaction.atomic():
        ApiToken.objects.create(user=viewer, expiry=timedelta(days=400), name="For ever", scopes=["READ"])


def test_an_expired_token_opens_nothing_and_stays_in_the_list(viewer, as_viewer, client):
    plain = ApiToken.objects.create(user=viewer, expiry=timedelta(seconds=-1), name="Old", scopes=["READ"])[1]

    assert status(client, plain) == 401
    assert "has expired" in as_viewer.get("/people/me/tokens/").content.decode()


def test_a_token_can_do_no_more_than_its_person_now(support_agent, owner, signed_in, client):
    token = make_token(signed_in(support_agent), scopes=["READ", "WRITE"])
    assert status(client, token) == 200

    change_role(support_agent, Role.NONE, by=owner)
    assert status(client, token) == 403

    change_role(support_agent, Role.VIEWER, by=owner)
    assert status(client, token) == 200
    headers = {"Authorization": f"Token {token}"}
    assert client.post("/api/v1/customers/", {}, "application/json", headers=headers).status_code == 403


def test_a_disabled_persons_tokens_end_at_once_and_for_good(viewer, owner, new_token, client):
    shut_out(viewer, by=owner)
    User.objects.filter(pk=viewer.pk).update(is_active=True)

    assert status(client, new_token) == 401


def test_the_use_of_a_token_is_noted_once_a_minute(new_token, client):
    status(client, new_token)
    first = ApiToken.objects.get()
    assert (first.last_used_from, first.made_from) == ("127.0.0.1", "127.0.0.1")

    status(client, new_token)
    assert ApiToken.objects.get().last_used_at == first.last_used_at

    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    status(client, new_token)
    assert ApiToken.objects.get().last_used_at > first.last_used_at


@pytest.mark.parametrize("sent", ["x", "csp_" + "0" * 64, "\x00", "csp_\u00e9", "a b", "", "\u00ff\u00fe" * 40])
def test_what_is_no_token_is_refused(db, client, sent):
    assert client.get("/api/v1/customers/", headers={"Authorization": f"Token {sent}"}).status_code == 401


def test_the_tokens_opened_directly_are_a_whole_page_and_within_the_profile_a_part(as_viewer):
    whole = as_viewer.get("/people/me/tokens/").content.decode()
    part = as_viewer.get("/people/me/tokens/", headers={"HX-Request": "true"}).content.decode()

    assert "</html>" in whole and 'id="tokens"' in whole
    assert "<html" not in part and 'id="tokens"' in part

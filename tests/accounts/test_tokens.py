"""API tokens: shown once, kept only as a hash, and nobody else's business."""

import re

import pytest
from knox.models import AuthToken

TOKEN = re.compile(r'id="new-token">([^<]+)<')


@pytest.fixture
def new_token(as_viewer):
    return TOKEN.search(as_viewer.post("/people/me/tokens/new/").content.decode()).group(1)


def test_a_new_token_opens_the_api(new_token, client):
    assert client.get("/api/v1/customers/", headers={"Authorization": f"Token {new_token}"}).status_code == 200


def test_a_token_is_shown_once_and_kept_as_a_hash(new_token, as_viewer):
    page = as_viewer.get("/people/me/tokens/").content.decode()

    assert new_token not in page
    assert new_token[:8] in page
    assert new_token not in str(AuthToken.objects.values_list("digest", "token_key"))


def test_a_revoked_token_opens_nothing(new_token, as_viewer, client):
    as_viewer.post(f"/people/me/tokens/{AuthToken.objects.get().token_key}/revoke/")

    assert client.get("/api/v1/customers/", headers={"Authorization": f"Token {new_token}"}).status_code == 401


def test_nobody_revokes_somebody_elses_token(new_token, as_owner):
    as_owner.post(f"/people/me/tokens/{AuthToken.objects.get().token_key}/revoke/")

    assert AuthToken.objects.count() == 1


def test_one_person_has_ten_tokens_at_most(as_viewer, viewer):
    for _ in range(10):
        as_viewer.post("/people/me/tokens/new/")

    page = as_viewer.post("/people/me/tokens/new/").content.decode()

    assert "Revoke one first" in page
    assert AuthToken.objects.filter(user=viewer).count() == 10

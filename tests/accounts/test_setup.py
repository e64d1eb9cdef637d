"""The first owner: a one-time address of the console, and afterwards nothing, for good."""

import io
import threading
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import Role, SetupToken, User
from csp_portal.accounts.setup import make_first_owner, make_token
from csp_portal.audit.models import Entry

FACTS = {"name": "Olivia", "email": "Olivia@Partner.example", "password": "correct horse battery"}


@pytest.fixture
def address(db, settings) -> str:
    printed = io.StringIO()
    call_command("create_owner", stdout=printed)
    return printed.getvalue().split()[-1].removeprefix(settings.PORTAL_URL)


def test_the_address_makes_the_owner_signs_them_in_and_leads_to_a_passkey(address):
    client = Client()
    assert client.get(address).status_code == 200

    answer = client.post(address, FACTS)

    owner = User.objects.get()
    assert (owner.email, owner.role) == ("olivia@partner.example", Role.OWNER)
    assert client.get(answer["Location"]).status_code == 200
    assert answer["Location"] == "/accounts/security/passkeys/add/"
    assert "portal.set_up" in Entry.objects.values_list("action", flat=True)


def test_the_database_holds_only_a_hash_of_the_token(address):
    token = address.rstrip("/").rsplit("/", 1)[1]

    assert len(token) >= 22  # 128 bits in base64
    assert token not in str(SetupToken.objects.values_list().get())


@pytest.mark.parametrize("variant", ["{}", "{}?x=1", "/{}", "{}/", "{}%2e", "/setup/x/../..{}", "/setup/", "/setup//"])
def test_afterwards_there_is_nothing_at_the_address_whatever_its_spelling(address, variant):
    Client().post(address, FACTS)

    for method in ("get", "post", "put", "head"):
        answer = getattr(Client(), method)(variant.format(address), FACTS if method == "post" else {}, follow=True)
        assert answer.status_code in (400, 404, 405), f"{method}: {answer.status_code}"
    assert User.objects.count() == 1


@pytest.mark.parametrize("token", ["x", "None", "%00", "' or 1=1 --", "a" * 200])
def test_an_invented_token_opens_nothing(address, token):
    assert Client().get(f"/setup/{token}/").status_code in (400, 404)


def test_the_address_is_good_for_an_hour(address):
    SetupToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert Client().get(address).status_code == 404
    assert Client().post(address, FACTS).status_code == 404


def test_a_second_address_makes_the_first_worthless(address):
    make_token(now=timezone.now())

    assert Client().get(address).status_code == 404


def test_no_address_is_made_where_there_is_an_owner_even_a_disabled_one(owner):
    User.objects.update(is_active=False)

    with pytest.raises(CommandError, match="owner already"):
        call_command("create_owner")


def test_an_address_from_before_is_dead_when_an_owner_came_in_another_way(address, owner):
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("password", ["short", "Olivia@Partner.example"])
def test_a_weak_password_is_refused_and_the_address_stays_good(address, password):
    answer = Client().post(address, {**FACTS, "password": password})

    assert answer.context["form"].errors["password"]
    assert Client().get(address).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_owner():
    token, made, start = make_token(now=timezone.now()), [], threading.Barrier(4)

    def run(number: int) -> None:
        start.wait()
        facts = {"email": f"o{number}@partner.example", "name": "O", "password": "correct horse battery"}
        made.append(make_first_owner(token, now=timezone.now(), **facts))
        connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len([owner for owner in made if owner]) == User.objects.filter(role=Role.OWNER).count() == 1

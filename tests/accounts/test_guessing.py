"""Guessing passwords and codes: few tries, whoever asks from wherever at once, and nothing learnt from the answers."""

import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from allauth.account.forms import LoginForm
from allauth.core.context import request_context
from django.conf import global_settings
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts import throttle
from csp_portal.accounts.models import Role, Throttle, User
from tests.counting_hasher import CountingHasher

PASSWORD = "correct horse battery"
GUESSES, ADDRESSES, AT_ONCE = 10_000, 200, 4


def guess(email: str, password: str, *, address: str) -> bool:
    """Whether this guess opened a session."""
    client = Client(REMOTE_ADDR=address)
    client.post(reverse("account_login"), {"login": email, "password": password})
    return "_auth_user_id" in client.session


def guess_without_a_page(email: str, password: str, *, address: str) -> bool:
    """The form of the sign-in page, filled in and checked."""
    request = RequestFactory(REMOTE_ADDR=address).post(reverse("account_login"))
    with request_context(request):
        return bool(LoginForm({"login": email, "password": password}, request=request).is_valid())


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_ten_thousand_guesses_from_200_addresses_get_ten_tries(settings):
    person = User.objects.create_local("o@partner.example", name="O", role=Role.OWNER, password=PASSWORD)
    CountingHasher.start_counting()

    def run(part: int) -> int:
        opened = 0
        for n in range(part, GUESSES, AT_ONCE):
            by_page = n % 100 < AT_ONCE  # the others leave out only the drawing of the page
            try_one = guess if by_page else guess_without_a_page
            opened += try_one(person.address, f"guess {n}", address=f"203.0.113.{n % ADDRESSES}")
        connection.close()
        return opened

    with ThreadPoolExecutor(AT_ONCE) as threads:
        opened = sum(threads.map(run, range(AT_ONCE)))

    assert (opened, CountingHasher.compared) == (0, 10)
    assert not guess(person.address, PASSWORD, address="198.51.100.9"), (
        "an eleventh try, even a right one, is not taken"
    )


@pytest.mark.django_db(transaction=True)
def test_tries_at_the_same_moment_are_counted_one_by_one():
    now = timezone.now()

    def run(_: int) -> bool:
        allowed = throttle.take_try(throttle.PASSWORD, "o@partner.example", now=now)
        connection.close()
        return allowed

    with ThreadPoolExecutor(16) as threads:
        outcomes = Counter(threads.map(run, range(64)))

    assert outcomes == {True: 10, False: 54}


def test_any_15_minutes_hold_at_most_ten_tries_and_refused_ones_do_not_prolong_it(db):
    start = timezone.now()
    moments = [start + timedelta(minutes=minute) for minute in range(60)]

    taken = [moment for moment in moments for _ in range(5) if throttle.take_try(throttle.PASSWORD, "o", now=moment)]

    assert max(sum(one <= t < one + throttle.WINDOW for t in taken) for one in moments) == 10
    assert len(taken) == 40


def test_a_right_password_is_not_held_against_the_person_and_forgives_no_wrong_one(viewer):
    for _ in range(9):
        guess(viewer.email, "wrong", address="203.0.113.1")
    for _ in range(5):
        assert guess(viewer.email, PASSWORD, address="203.0.113.2")
    guess(viewer.email, "wrong", address="203.0.113.1")

    assert not guess(viewer.email, PASSWORD, address="203.0.113.2")


@pytest.mark.parametrize("address", ["203.0.113.1", "2001:db8:1:2::{:x}"], ids=["IPv4", "a subscriber's IPv6 network"])
def test_one_address_tries_no_hundred_accounts_in_a_row(db, settings, address):
    CountingHasher.start_counting()
    User.objects.bulk_create(User(email=f"p{n}@partner.example", name="P") for n in range(120))
    User.objects.update(password=CountingHasher().encode(PASSWORD, "salt"))

    for number in range(120):
        guess(f"p{number}@partner.example", "Winter2026!", address=address.format(number + 1))

    assert CountingHasher.compared == 100


def test_spelling_the_address_otherwise_gives_no_further_tries(viewer):
    for spelling in ("Viewer@Partner.example", "viewer@partner.example", " VIEWER@PARTNER.EXAMPLE "):
        for _ in range(4):
            guess(spelling, "wrong", address="203.0.113.1")

    assert not guess(viewer.email, PASSWORD, address="203.0.113.2")


def test_old_tries_are_forgotten_and_names_are_never_kept(viewer):
    guess(viewer.email, "wrong", address="203.0.113.1")
    assert "viewer" not in str(list(Throttle.objects.values_list()))

    throttle.forget_old_tries(now=timezone.now() + timedelta(minutes=16))

    assert not Throttle.objects.exists()


def test_the_answer_is_the_same_for_the_unknown_the_disabled_and_those_with_microsoft_only(viewer, nobody):
    User.objects.filter(pk=nobody.pk).update(is_active=False)
    answers = []
    for email in (viewer.email, nobody.email, "stranger@elsewhere.example"):
        page = Client().post(reverse("account_login"), {"login": email, "password": "wrong"})
        answers.append((page.status_code, page.content.decode().replace(email, "").partition("csrf")[0], errors(page)))

    assert len({(status, sentence) for status, _, sentence in answers}) == 1


def errors(page) -> str:
    return str(page.context["form"].errors)


@pytest.mark.slow
def test_the_time_tells_nothing_of_who_is_known(viewer, nobody, settings):
    """With Django's real hasher; the quickest of interleaved tries differ by far less than a hash takes.

    Other work on the machine makes a try slower, never quicker.
    """
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS
    for person in (viewer, nobody):
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
    User.objects.filter(pk=nobody.pk).update(is_active=False)
    times: dict[str, list[float]] = {viewer.email: [], nobody.email: [], "stranger@elsewhere.example": []}
    for number in range(8):
        for email, taken in times.items():
            client = Client(REMOTE_ADDR=f"203.0.113.{number}")
            begun = time.perf_counter()
            client.post(reverse("account_login"), {"login": email, "password": "wrong"})
            taken.append(time.perf_counter() - begun)

    quickest = [min(taken) for taken in times.values()]

    assert max(quickest) < 1.4 * min(quickest), quickest


def test_redis_down_sign_in_works(viewer, settings):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.REDIS_URL = settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"
        client = Client()
        begun = time.perf_counter()

        client.post(reverse("account_login"), {"login": viewer.email, "password": PASSWORD})

        assert "_auth_user_id" in client.session
        assert client.get(reverse("accounts:profile")).status_code == 200
        assert time.perf_counter() - begun < 5


def test_asking_for_reset_mails_in_a_row_ends_soon_whoever_is_meant(client, db):
    answers = [client.post(reverse("account_reset_password"), {"email": f"p{n}@partner.example"}) for n in range(11)]

    assert [answer.status_code for answer in answers] == [302] * 10 + [429]

"""Every answer that is not Microsoft's word about this person, this app and this moment opens no session."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.models import Entry

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")


@pytest.fixture
def owner_there(sandbox_world):
    return sandbox_world.partner.people[0]


@pytest.fixture
def careless(sandbox_world):
    return next(person for person in sandbox_world.partner.people if not person.has_mfa)


def signed_in_pk(client):
    return client.session.get("_auth_user_id")


def sentences(answer):
    return " ".join(str(message) for message in answer.context["messages"])


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("alg-none", "is not signed the way Microsoft signs"),
        ("hs256-with-public-key", "is not signed the way Microsoft signs"),
        ("foreign-key", "signature of the sign-in is not Microsoft"),
        ("unknown-key", "a key that Microsoft does not publish"),
        ("no-id-token", "holds no readable token"),
        ("wrong-nonce", "does not belong to the sign-in that was started here"),
        ("wrong-audience", "made for another application"),
        ("wrong-issuer", "issued by somebody else"),
        ("foreign-tenant", "belongs to another organization"),
        ("expired", "has expired"),
        ("no-expiry", "has expired"),
        ("not-yet-valid", "is not valid yet"),
        ("no-object-id", "names no account"),
    ],
)
def test_a_bad_token_is_refused_with_its_own_sentence(microsoft_sign_in, sandbox_world, owner_there, fault, sentence):
    client = Client()
    sandbox_world.sign_in_fault = fault

    answer = microsoft_sign_in(client, owner_there)

    assert signed_in_pk(client) is None
    assert sentence in sentences(answer)
    assert not User.objects.exists()


def test_after_the_fault_the_same_person_gets_in(microsoft_sign_in, sandbox_world, owner_there):
    client = Client()
    sandbox_world.sign_in_fault = "unknown-key"
    microsoft_sign_in(client, owner_there)
    sandbox_world.sign_in_fault = None

    microsoft_sign_in(client, owner_there)

    assert signed_in_pk(client) is not None


def test_an_answer_with_a_made_up_state_is_refused_before_the_code_is_used(connection, choose, owner_there, sandbox):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]))
    back = choose(started["Location"], owner_there)
    sandbox.forget_requests()

    answer = client.get(back.replace("state=", "state=x"), follow=True)

    assert signed_in_pk(client) is None
    assert "no longer waited for" in sentences(answer)
    assert sandbox.requests_to("/token") == []


def test_a_code_that_has_expired_is_refused(connection, choose, owner_there, sandbox_world):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]))
    back = choose(started["Location"], owner_there)
    later = sandbox_world.clock() + timedelta(minutes=10, seconds=1)
    sandbox_world.clock = lambda: later

    answer = client.get(back, follow=True)

    assert signed_in_pk(client) is None
    assert "AADSTS70008" in sentences(answer)


class TestSecondFactor:
    """Microsoft's word that a second factor was shown is demanded of everybody."""

    def test_without_it_nobody_gets_in_and_reads_what_to_do(self, microsoft_sign_in, careless):
        client = Client()

        answer = microsoft_sign_in(client, careless)

        assert signed_in_pk(client) is None
        assert "Conditional Access" in sentences(answer)
        assert not User.objects.exists()

    def test_a_known_person_without_it_is_refused_and_that_is_recorded(
        self, microsoft_sign_in, owner_there, sandbox_world
    ):
        microsoft_sign_in(Client(), owner_there)
        person = User.objects.get()
        sandbox_world.partner.people[0] = replace(owner_there, methods=("pwd",))
        client = Client()

        microsoft_sign_in(client, owner_there)

        assert signed_in_pk(client) is None
        entry = Entry.objects.get(action=Action.PERSON_SIGN_IN_FAILED)
        assert (entry.about_id, entry.after) == (
            str(person.pk),
            {"with": "microsoft", "because": "no second factor"},
        )

    def test_an_authentication_context_is_asked_for_and_counts(
        self, connection, microsoft_sign_in, owner_there, careless
    ):
        connection.authentication_context = "c7"
        connection.save()
        inside, outside = Client(), Client()

        microsoft_sign_in(inside, owner_there)
        answer = microsoft_sign_in(outside, careless)

        assert signed_in_pk(inside) is not None
        assert signed_in_pk(outside) is None
        assert "(authentication context c7)" in sentences(answer)

    def test_whoever_gets_in_has_given_a_fresh_proof(self, microsoft_sign_in, owner_there):
        client = Client()

        microsoft_sign_in(client, owner_there)

        (proof,) = client.session["account_authentication_methods"]
        assert (proof["method"], proof["mfa"]) == ("microsoft", True)
        entry = Entry.objects.get(action=Action.PERSON_SIGNED_IN)
        assert (str(entry.person_id), entry.after["with"]) == (signed_in_pk(client), "microsoft")


class TestTwoTabs:
    def test_two_sign_ins_in_one_browser_do_not_cancel_each_other(self, connection, choose, owner_there):
        client = Client()
        start = reverse("accounts:microsoft_start", args=[connection.pk])
        backs = [choose(client.get(start, {"next": page})["Location"], owner_there) for page in ("/people/me/", "/")]

        first = client.get(backs[0])
        second = client.get(backs[1])

        assert (first["Location"], second["Location"]) == ("/people/me/", "/")
        assert signed_in_pk(client) is not None

    def test_only_the_newest_few_wait(self, connection, choose, owner_there):
        client = Client()
        start = reverse("accounts:microsoft_start", args=[connection.pk])
        oldest = choose(client.get(start)["Location"], owner_there)
        for _ in range(5):
            client.get(start)

        answer = client.get(oldest, follow=True)

        assert len(client.session["microsoft_sign_ins"]) == 5
        assert "no longer waited for" in sentences(answer)

    def test_one_that_waited_too_long_is_refused(self, connection, choose, owner_there):
        client = Client()
        back = choose(client.get(reverse("accounts:microsoft_start", args=[connection.pk]))["Location"], owner_there)
        session = client.session
        for waiting in session["microsoft_sign_ins"].values():
            waiting["until"] -= 15 * 60
        session.save()

        answer = client.get(back, follow=True)

        assert signed_in_pk(client) is None
        assert "no longer waited for" in sentences(answer)


class TestStepUp:
    """A fresh proof of who sits there, by whoever is signed in already."""

    @pytest.fixture
    def client(self, microsoft_sign_in, owner_there):
        client = Client()
        microsoft_sign_in(client, owner_there)
        session = client.session
        session["account_authentication_methods"] = []
        session.save()
        return client

    @pytest.fixture
    def step_up(self, connection, choose):
        def prove(client, person):
            query = {"step_up": "1", "next": reverse("settings:overview")}
            started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]), query)
            return client.get(choose(started["Location"], person))

        return prove

    def test_whoever_signs_in_anew_at_microsoft_has_proved_it(self, client, step_up, owner_there):
        key = client.session.session_key

        answer = step_up(client, owner_there)

        assert answer["Location"] == reverse("settings:overview")
        assert [proof["method"] for proof in client.session["account_authentication_methods"]] == ["microsoft"]
        assert client.session.session_key == key

    def test_another_account_proves_nothing_and_changes_nothing(self, client, step_up, sandbox_world):
        before = signed_in_pk(client)

        step_up(client, sandbox_world.partner.people[1])
        answer = client.get(reverse("accounts:profile"))

        assert signed_in_pk(client) == before
        assert client.session["account_authentication_methods"] == []
        assert "another account than the one you are signed in with" in sentences(answer)
        assert User.objects.count() == 1

    @pytest.mark.parametrize("fault", ["old-auth-time", "no-auth-time"])
    def test_the_session_at_microsoft_is_no_proof(self, client, step_up, owner_there, sandbox_world, fault):
        before = signed_in_pk(client)
        sandbox_world.sign_in_fault = fault

        answer = step_up(client, owner_there)

        assert answer["Location"] == reverse("accounts:profile")
        assert client.session["account_authentication_methods"] == []
        assert signed_in_pk(client) == before

    def test_after_signing_out_it_proves_nothing(self, client, connection, choose, owner_there):
        query = {"step_up": "1"}
        started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]), query)
        back = choose(started["Location"], owner_there)
        kept = client.session["microsoft_sign_ins"]
        client.logout()
        session = client.session
        session["microsoft_sign_ins"] = kept
        session.save()

        client.get(back)

        assert signed_in_pk(client) is None

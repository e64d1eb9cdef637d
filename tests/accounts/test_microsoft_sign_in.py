"""Sign-in with Microsoft, on the real sandbox: who gets in, who does not, and by what a person is known."""

from dataclasses import replace
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.people import change_role
from tests.accounts.test_local_sign_in import sent_mails

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")


@pytest.fixture
def partner(sandbox_world):
    return sandbox_world.partner


@pytest.fixture
def person_of(partner):
    def find(role):
        return next(one for one in partner.people if one.roles == ((role,) if role else ()))

    return find


def signed_in_person(client):
    pk = client.session.get("_auth_user_id")
    return User.objects.get(pk=pk) if pk else None


def sentences(answer):
    return [str(message) for message in answer.context["messages"]]


def test_a_person_of_the_partner_tenant_gets_in_with_the_role_that_the_directory_names(microsoft_sign_in, person_of):
    client, chosen = Client(), person_of("Portal.Owner")

    microsoft_sign_in(client, chosen)

    person = signed_in_person(client)
    assert (person.microsoft_tenant_id, person.microsoft_object_id) == (UUID(chosen.tenant_id), UUID(chosen.object_id))
    assert (person.name, person.microsoft_mail, person.role) == (chosen.name, chosen.email, Role.OWNER)
    assert person.email is None
    assert not person.has_usable_password()


def test_the_second_sign_in_finds_the_same_person_with_what_the_directory_says_now(
    microsoft_sign_in, person_of, partner
):
    chosen = person_of("Portal.Viewer")
    microsoft_sign_in(Client(), chosen)
    changed = replace(
        chosen, name="Amara Weber", email="amara.weber@formosanord.example", roles=("Portal.AccessAdmin",)
    )
    partner.people[partner.people.index(chosen)] = changed
    client = Client()

    microsoft_sign_in(client, changed)

    assert User.objects.count() == 1
    person = signed_in_person(client)
    assert (person.name, person.microsoft_mail, person.role) == (changed.name, changed.email, Role.ACCESS_ADMIN)


def test_without_a_role_in_the_directory_the_role_given_here_stays(microsoft_sign_in, person_of, owner):
    chosen = person_of("")
    microsoft_sign_in(Client(), chosen)
    change_role(User.objects.get(microsoft_object_id=chosen.object_id), Role.SUPPORT_AGENT, by=owner)
    client = Client()

    microsoft_sign_in(client, chosen)

    assert signed_in_person(client).role == Role.SUPPORT_AGENT


def test_somebody_without_a_role_reads_what_to_do_instead_of_a_bare_refusal(microsoft_sign_in, person_of):
    client = Client()

    answer = microsoft_sign_in(client, person_of(""))

    assert answer.redirect_chain[-1][0] == reverse("accounts:no_access")
    assert signed_in_person(client).role == Role.NONE
    assert "An owner of this portal has to give you a role." in " ".join(answer.content.decode().split())
    refused = client.get(reverse("settings:overview"))
    assert refused.status_code == 403
    assert "accounts/no_access.html" in [template.name for template in refused.templates]


def test_the_same_mail_address_with_another_object_id_is_another_person(microsoft_sign_in, person_of, partner):
    chosen = person_of("Portal.Viewer")
    local = User.objects.create_local(chosen.email, name="Local", role=Role.OWNER, password="correct horse battery")
    microsoft_sign_in(Client(), chosen)
    twin = replace(chosen, object_id="11111111-2222-4333-8444-555555555555")
    partner.people[partner.people.index(chosen)] = twin
    client = Client()

    microsoft_sign_in(client, twin)

    assert User.objects.count() == 3
    assert signed_in_person(client).microsoft_object_id == UUID(twin.object_id)
    local.refresh_from_db()
    assert (local.microsoft_object_id, local.name) == (None, "Local")


def test_a_person_of_another_tenant_is_refused(microsoft_sign_in, partner):
    client = Client()

    answer = microsoft_sign_in(client, partner.people[-1])

    assert partner.people[-1].tenant_id != partner.tenant_id
    assert signed_in_person(client) is None
    assert not User.objects.exists()
    assert any("another organization" in sentence for sentence in sentences(answer))


def test_an_answer_with_another_state_is_refused(connection, choose, person_of):
    client, somebody = Client(), Client()
    start = reverse("accounts:microsoft_start", args=[connection.pk])
    client.get(start)
    foreign = choose(somebody.get(start)["Location"], person_of("Portal.Owner"))

    answer = client.get(foreign, follow=True)

    assert signed_in_person(client) is None
    assert any("no longer waited for" in sentence for sentence in sentences(answer))
    assert not User.objects.exists()


def test_an_answer_that_nobody_waits_for_is_refused(connection, choose, person_of):
    started = Client().get(reverse("accounts:microsoft_start", args=[connection.pk]))
    somebody = Client()

    answer = somebody.get(choose(started["Location"], person_of("Portal.Owner")), follow=True)

    assert signed_in_person(somebody) is None
    assert any("no longer waited for" in sentence for sentence in sentences(answer))


def test_an_answer_works_only_once(connection, choose, person_of):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]))
    back = choose(started["Location"], person_of("Portal.Owner"))
    client.get(back)
    client.logout()

    answer = client.get(back, follow=True)

    assert signed_in_person(client) is None
    assert any("no longer waited for" in sentence for sentence in sentences(answer))


def test_a_code_that_was_redeemed_is_refused_by_microsoft_too(connection, choose, person_of, sandbox):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]))
    session = dict(client.session.items())
    back = choose(started["Location"], person_of("Portal.Owner"))
    client.get(back)
    client.logout()
    stolen = client.session
    stolen.update(session)
    stolen.save()

    answer = client.get(back, follow=True)

    assert signed_in_person(client) is None
    assert any("AADSTS70008" in sentence for sentence in sentences(answer))


def test_whoever_cancels_at_microsoft_reads_so(microsoft_sign_in):
    client = Client()

    answer = microsoft_sign_in(client, None)

    assert signed_in_person(client) is None
    assert sentences(answer) == ["The sign-in at Microsoft was cancelled."]


def test_a_disabled_person_is_refused_with_a_sentence(microsoft_sign_in, person_of):
    chosen = person_of("Portal.Viewer")
    microsoft_sign_in(Client(), chosen)
    User.objects.update(is_active=False)
    client = Client()

    answer = microsoft_sign_in(client, chosen)

    assert signed_in_person(client) is None
    assert any("switched off" in sentence for sentence in sentences(answer))


def test_the_session_gets_a_new_key_at_the_sign_in(connection, choose, person_of):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]))
    before = client.session.session_key

    client.get(choose(started["Location"], person_of("Portal.Owner")))

    assert signed_in_person(client) is not None
    assert client.session.session_key != before


@pytest.mark.parametrize(
    "address",
    ["https://evil.example/", "//evil.example/", "/\\evil.example/", "https:evil.example", "javascript:alert(1)"],
)
def test_nobody_is_sent_to_another_site_after_the_sign_in(connection, choose, person_of, address):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]), {"next": address})

    answer = client.get(choose(started["Location"], person_of("Portal.Owner")))

    assert answer["Location"] == "/"


def test_whoever_wanted_a_page_gets_to_it_after_the_sign_in(connection, choose, person_of):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]), {"next": "/people/me/"})

    answer = client.get(choose(started["Location"], person_of("Portal.Owner")))

    assert answer["Location"] == "/people/me/"


def test_a_connection_that_signs_in_nobody_starts_nothing(connection):
    connection.signs_in_staff = False
    connection.save()

    answer = Client().get(reverse("accounts:microsoft_start", args=[connection.pk]), follow=True)

    assert sentences(answer) == ["Nobody signs in through this connection."]


def test_while_microsoft_is_down_the_way_with_a_password_is_named(connection, choose, person_of, sandbox_world):
    client = Client()
    started = client.get(reverse("accounts:microsoft_start", args=[connection.pk]))
    back = choose(started["Location"], person_of("Portal.Owner"))
    sandbox_world.token_endpoint_fault = "503"

    answer = client.get(back, follow=True)

    assert any("sign in with a password" in sentence for sentence in sentences(answer))


def test_the_sign_in_page_offers_the_connections_that_sign_staff_in(connection):
    answer = Client().get(reverse("account_login"))

    assert list(answer.context["microsoft_connections"]) == [connection]


def test_the_last_owner_stays_owner_whatever_the_directory_says(microsoft_sign_in, person_of, partner):
    chosen = person_of("Portal.Owner")
    microsoft_sign_in(Client(), chosen)
    demoted = replace(chosen, roles=("Portal.Viewer",))
    partner.people[partner.people.index(chosen)] = demoted
    client = Client()

    microsoft_sign_in(client, demoted)

    assert signed_in_person(client).role == Role.OWNER


@pytest.mark.parametrize("fault", ["old-auth-time", "no-auth-time"])
def test_a_session_that_microsoft_remembers_signs_in_but_is_no_fresh_proof(
    microsoft_sign_in, person_of, sandbox_world, fault
):
    client = Client()
    sandbox_world.sign_in_fault = fault

    microsoft_sign_in(client, person_of("Portal.Owner"))

    assert client.get("/settings/").status_code == 200
    assert client.get("/people/")["Location"].startswith(reverse("account_confirm"))


def test_a_sign_in_with_microsoft_just_now_is_a_fresh_proof(microsoft_sign_in, person_of):
    client = Client()

    microsoft_sign_in(client, person_of("Portal.Owner"))

    assert client.get("/people/").status_code == 200


def test_a_sign_in_from_a_new_address_is_told_by_mail(microsoft_sign_in, person_of):
    chosen = person_of("Portal.Owner")
    microsoft_sign_in(Client(REMOTE_ADDR="203.0.113.1"), chosen)
    assert sent_mails() == []

    microsoft_sign_in(Client(REMOTE_ADDR="198.51.100.7"), chosen)

    (message,) = sent_mails()
    assert (message.to, message.subject) == ([chosen.email], "A sign-in from a new device or address")

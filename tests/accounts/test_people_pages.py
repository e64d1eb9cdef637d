"""What owners do with people, and what people choose for themselves."""

import pytest
from django.conf import settings
from django.urls import reverse

from csp_portal.accounts.models import ApiToken, Role, User


def sentences(answer):
    return " ".join(str(message) for message in answer.context["messages"])


def test_owners_see_everybody_with_role_and_way_of_signing_in(as_owner, viewer):
    answer = as_owner.get(reverse("accounts:people"))

    assert viewer.email in answer.content.decode()
    assert set(answer.context["people"]) == set(User.objects.all())


@pytest.mark.parametrize("name", ["accounts:people", "accounts:person_new"])
def test_nobody_else_sees_them(as_viewer, as_agent, name):
    assert [client.get(reverse(name)).status_code for client in (as_viewer, as_agent)] == [403, 403]


def test_a_new_person_signs_in_with_the_password_that_is_shown_once(as_owner, client):
    answer = as_owner.post(
        reverse("accounts:person_new"), {"name": "Nora New", "email": "Nora@Partner.example", "role": "VIEWER"}
    )

    password = answer.context["password"]
    assert password in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert password not in as_owner.get(reverse("accounts:people")).content.decode()
    client.post(reverse("account_login"), {"login": "nora@partner.example", "password": password})
    assert client.session["_auth_user_id"] == str(User.objects.get(email="nora@partner.example").pk)


def test_an_address_belongs_to_one_person(as_owner, viewer):
    answer = as_owner.post(
        reverse("accounts:person_new"), {"name": "Twin", "email": viewer.email.upper(), "role": "VIEWER"}
    )

    assert "already" in str(answer.context["form"].errors["email"])


def test_another_role_counts_from_the_next_request_on(as_owner, viewer, as_viewer):
    as_owner.post(reverse("accounts:person_role", args=[viewer.pk]), {"role": "OWNER"})

    assert as_viewer.get(reverse("accounts:people")).status_code == 200


def test_nobody_changes_their_own_role(as_owner, owner):
    User.objects.create_local("second@partner.example", name="Second", role=Role.OWNER, password="x" * 20)

    answer = as_owner.post(reverse("accounts:person_role", args=[owner.pk]), {"role": "VIEWER"}, follow=True)

    owner.refresh_from_db()
    assert owner.role == Role.OWNER
    assert "Nobody changes their own role" in sentences(answer)


def test_a_role_that_does_not_exist_is_refused(as_owner, viewer):
    as_owner.post(reverse("accounts:person_role", args=[viewer.pk]), {"role": "GOD"})

    viewer.refresh_from_db()
    assert viewer.role == Role.VIEWER


def test_nobody_disables_themselves(as_owner, owner):
    answer = as_owner.post(reverse("accounts:person_disable", args=[owner.pk]), follow=True)

    owner.refresh_from_db()
    assert owner.is_active
    assert "Nobody disables themselves" in sentences(answer)


def test_two_owners_cannot_demote_each_other_into_a_portal_without_owner(signed_in, owner):
    second = User.objects.create_local("second@partner.example", name="Second", role=Role.OWNER, password="x" * 20)
    first_client, second_client = signed_in(owner), signed_in(second)

    first_client.post(reverse("accounts:person_role", args=[second.pk]), {"role": "VIEWER"})
    second_client.post(reverse("accounts:person_role", args=[owner.pk]), {"role": "VIEWER"})
    second_client.post(reverse("accounts:person_disable", args=[owner.pk]))

    assert list(User.objects.filter(role=Role.OWNER, is_active=True)) == [owner]


def test_disabling_ends_sessions_and_api_tokens_at_once_and_for_good(as_owner, viewer, as_viewer):
    token = ApiToken.objects.create(user=viewer, name="Test", scopes=["READ"])[1]
    header = {"Authorization": f"Token {token}"}
    profile = reverse("accounts:profile")
    assert as_viewer.get(profile).status_code == 200

    as_owner.post(reverse("accounts:person_disable", args=[viewer.pk]))
    refused = as_viewer.get(profile)
    as_owner.post(reverse("accounts:person_enable", args=[viewer.pk]))

    assert refused["Location"].startswith(reverse("account_login"))
    assert as_viewer.get(profile).status_code == 302
    assert as_owner.get(profile).status_code == 200
    assert as_viewer.get("/api/v1/customers/", headers=header).status_code in (401, 403)


def test_a_session_of_a_person_who_is_not_active_lets_nobody_in(viewer, as_viewer):
    User.objects.filter(pk=viewer.pk).update(is_active=False)

    assert as_viewer.get(reverse("accounts:profile")).status_code == 302


def test_the_chosen_language_is_kept_for_the_person_and_in_the_cookie(as_viewer, viewer):
    answer = as_viewer.post(reverse("accounts:preferences"), {"language": "zh-hant", "next": "/people/me/"})

    viewer.refresh_from_db()
    assert (viewer.language, viewer.theme) == ("zh-hant", "SYSTEM")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hant"
    assert answer["Location"] == "/people/me/"
    assert '<html lang="zh-hant"' in as_viewer.get("/people/me/").content.decode()


def test_the_sign_in_page_speaks_the_language_that_was_chosen_on_it(db, client):
    client.post(reverse("system:language"), {"language": "zh-hant", "next": reverse("account_login")})

    assert '<html lang="zh-hant"' in client.get(reverse("account_login")).content.decode()


def test_whoever_is_signed_in_keeps_the_language_chosen_on_a_narrow_page(as_nobody, nobody):
    nobody.keep_preferences(language="en")

    as_nobody.post(reverse("system:language"), {"language": "zh-hant"})

    nobody.refresh_from_db()
    assert nobody.language == "zh-hant"


def test_the_chosen_theme_is_in_the_next_page(as_viewer, viewer):
    answer = as_viewer.post(reverse("accounts:preferences"), {"theme": "DARK"}, headers={"HX-Request": "true"})

    assert answer.status_code == 204
    assert 'data-bs-theme="dark"' in as_viewer.get("/people/me/").content.decode()


@pytest.mark.parametrize("chosen", [{"language": "xx"}, {"theme": "PINK"}])
def test_what_does_not_exist_is_not_kept(as_viewer, viewer, chosen):
    assert as_viewer.post(reverse("accounts:preferences"), chosen).status_code == 400

    viewer.refresh_from_db()
    assert (viewer.language, viewer.theme) == ("", "SYSTEM")


def test_preferences_lead_to_no_other_site(as_viewer):
    answer = as_viewer.post(reverse("accounts:preferences"), {"theme": "DARK", "next": "https://evil.example/"})

    assert answer["Location"] == "/"


def test_whoever_has_a_role_is_not_held_up_by_the_page_for_those_without(as_viewer, as_nobody):
    assert as_viewer.get(reverse("accounts:no_access"))["Location"] == "/"
    assert as_nobody.get(reverse("accounts:no_access")).status_code == 200


def test_people_stay_people_when_names_hold_markup(as_owner):
    User.objects.create_local(
        "x@partner.example", name="<script>alert(1)</script>", role=Role.VIEWER, password="x" * 20
    )

    assert "<script>alert" not in as_owner.get(reverse("accounts:people")).content.decode()

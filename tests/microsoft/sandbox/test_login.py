"""Signing in at the sandbox: discovery, the account picker, codes, refresh tokens, consent, and every refusal."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import msal
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

BACK = "https://portal.example/callback"
pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")  # the portal's callback takes a query


@pytest.fixture
def partner_id(world):
    return world.partner.tenant_id


def client(wire, tenant: str, *, credential=None) -> msal.ConfidentialClientApplication:
    partner = wire.server.world.partner
    return msal.ConfidentialClientApplication(
        partner.client_id,
        client_credential=credential or partner.client_secret,
        authority=f"{wire.server.url}/{tenant}",
        instance_discovery=False,
        http_client=wire.session,
    )


def pick(wire, flow, person) -> dict[str, str]:
    """Choose a person on the authorize page; returns what the browser carries back."""
    answer = wire.call("POST", flow["auth_uri"], data={"person": person.object_id})
    assert answer.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


def start(wire, tenant: str, *, scopes=()):
    app = client(wire, tenant)
    return app, app.initiate_auth_code_flow(list(scopes), redirect_uri=BACK, response_mode="query")


def code_of(answer) -> str:
    return str(answer.json()["error_description"]).split(":", maxsplit=1)[0]


def test_a_person_signs_in_with_microsofts_own_library(wire, world, partner_id):
    person = world.partner.people[0]
    app, flow = start(wire, partner_id)

    result = app.acquire_token_by_auth_code_flow(flow, pick(wire, flow, person))

    claims = result["id_token_claims"]
    assert (claims["tid"], claims["oid"], claims["name"]) == (partner_id, person.object_id, person.name)
    assert (claims["aud"], claims["roles"]) == (world.partner.client_id, ["Portal.Owner"])
    assert {"amr", "acrs", "auth_time", "groups"}.isdisjoint(claims)


@pytest.mark.parametrize(
    ("asked", "methods", "told"),
    [
        ({"amr": {"essential": True}}, ("pwd", "mfa"), {"amr": ["pwd", "mfa"]}),
        ({"amr": {"essential": True}}, ("pwd",), {"amr": ["pwd"]}),
        ({"acrs": {"essential": True, "value": "c1"}}, ("pwd", "mfa"), {"acrs": ["c1"]}),
        ({"acrs": {"essential": True, "value": "c1"}}, ("pwd",), {}),
        ({"auth_time": {"essential": True}}, ("pwd",), {"auth_time": 1_794_994_200}),
    ],
)
def test_how_somebody_signed_in_is_told_where_it_is_asked_for(wire, world, asked, methods, told):
    person = replace(world.partner.people[0], methods=methods)
    world.partner.people[0] = person
    app = client(wire, world.partner.tenant_id)
    flow = app.initiate_auth_code_flow(
        [], redirect_uri=BACK, response_mode="query", claims_challenge=json.dumps({"id_token": asked})
    )

    claims = app.acquire_token_by_auth_code_flow(flow, pick(wire, flow, person))["id_token_claims"]

    assert {name: claims[name] for name in ("amr", "acrs", "auth_time") if name in claims} == told


def test_groups_are_told_or_hidden_where_there_are_too_many(wire, world, partner_id):
    person = replace(world.partner.people[0], groups=("g-1", "g-2"))
    world.partner.people[0] = person

    def claims():
        app, flow = start(wire, partner_id)
        return app.acquire_token_by_auth_code_flow(flow, pick(wire, flow, person))["id_token_claims"]

    assert claims()["groups"] == ["g-1", "g-2"]
    world.sign_in_fault = "hidden-groups"
    assert "groups" not in claims()
    assert claims()["_claim_names"] == {"groups": "src1"}


def test_the_id_token_verifies_against_the_published_keys(wire, world, partner_id):
    app, flow = start(wire, partner_id)
    result = app.acquire_token_by_auth_code_flow(flow, pick(wire, flow, world.partner.people[1]))
    keys = wire.call("GET", f"/{partner_id}/discovery/v2.0/keys").json()

    key = jwt.PyJWKSet.from_dict(keys)[jwt.get_unverified_header(result["id_token"])["kid"]]

    options: Any = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}  # the test has a clock of its own
    claims = jwt.decode(
        result["id_token"], key, algorithms=["RS256"], audience=world.partner.client_id, options=options
    )
    assert claims["email"] == world.partner.people[1].email


def test_a_stranger_signs_in_with_the_tenant_he_belongs_to(wire, world, partner_id):
    app, flow = start(wire, partner_id)

    result = app.acquire_token_by_auth_code_flow(flow, pick(wire, flow, world.partner.people[-1]))

    assert result["id_token_claims"]["tid"] not in (partner_id, "")


def test_a_code_is_good_once(wire, world, partner_id):
    app, flow = start(wire, partner_id)
    answer = pick(wire, flow, world.partner.people[0])
    app.acquire_token_by_auth_code_flow(flow, dict(answer))

    again = client(wire, partner_id).acquire_token_by_auth_code_flow(flow, dict(answer))

    assert again["error"] == "invalid_grant"
    assert "AADSTS70008" in again["error_description"]


def test_a_code_is_worth_nothing_without_its_verifier(wire, world, partner_id):
    _, flow = start(wire, partner_id)
    code = pick(wire, flow, world.partner.people[0])["code"]

    form = {"grant_type": "authorization_code", "redirect_uri": BACK, "scope": "openid"}
    answer = wire.ask_token(partner_id, code=code, code_verifier="somebody else's", **form)

    assert code_of(answer) == "AADSTS50148"


def test_an_old_code_is_refused(wire, world, partner_id, clock):
    app, flow = start(wire, partner_id)
    answer = pick(wire, flow, world.partner.people[0])
    clock.move(601)

    assert "AADSTS70008" in app.acquire_token_by_auth_code_flow(flow, answer)["error_description"]


def test_who_cancels_comes_back_with_access_denied(wire, partner_id):
    _, flow = start(wire, partner_id)

    answer = wire.call("POST", flow["auth_uri"], data={"person": ""})

    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert (query["error"], query["state"]) == (["access_denied"], [flow["state"]])


def test_the_account_picker_has_a_button_for_each_person(wire, world, partner_id):
    _, flow = start(wire, partner_id)

    page = wire.call("GET", flow["auth_uri"])

    for person in world.partner.people:
        assert f'name="person" value="{person.object_id}"' in page.text
        assert person.name in page.text
        assert person.email in page.text
    marks = re.findall(r'<span class="role">([^<]+)<', page.text)
    assert marks[:2] == ["Owner", "Access admin"]
    assert marks.count("No second factor") == 1
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"client_id": "somebody"}, "AADSTS700016"),
        ({"redirect_uri": "javascript:alert(1)"}, "AADSTS50011"),
        ({"response_type": "token"}, "AADSTS900144"),
    ],
)
def test_the_authorize_page_refuses_what_microsoft_refuses(wire, world, partner_id, query, code):
    asked = {"client_id": world.partner.client_id, "redirect_uri": BACK, "response_type": "code", **query}

    page = wire.call("GET", f"/{partner_id}/oauth2/v2.0/authorize", params=asked)

    assert page.status_code == 400
    assert code in page.text
    assert "Location" not in page.headers


def test_a_refresh_token_is_redeemed_at_a_customer_and_rotates(wire, world, partner_id, contoso):
    scope = f"{wire.server.url}/.default"
    app, flow = start(wire, partner_id, scopes=[scope])
    first = app.acquire_token_by_auth_code_flow(flow, pick(wire, flow, world.partner.people[0]))["refresh_token"]

    second = client(wire, contoso).acquire_token_by_refresh_token(first, [scope])

    assert jwt.decode(second["access_token"], options={"verify_signature": False})["tid"] == contoso
    assert second["refresh_token"] != first
    headers = {"Authorization": f"Bearer {second['access_token']}"}
    assert wire.call("GET", "/v1.0/admin/serviceAnnouncement/healthOverviews", headers=headers).status_code == 200


@pytest.fixture
def redeem(wire, world, partner_id, contoso):
    """Signs a person in, lets something happen, and redeems the refresh token at the customer."""

    def _redeem(person, *, after=lambda: None):
        scope = f"{wire.server.url}/.default"
        app, flow = start(wire, partner_id, scopes=[scope])
        token = app.acquire_token_by_auth_code_flow(flow, pick(wire, flow, person))["refresh_token"]
        after()
        return wire.ask_token(contoso, grant_type="refresh_token", refresh_token=token, scope=scope)

    return _redeem


def test_a_refresh_token_of_91_days_has_expired(redeem, world, clock):
    answer = redeem(world.partner.people[0], after=lambda: clock.move(91 * 86_400))

    assert code_of(answer) == "AADSTS700082"


@pytest.mark.parametrize(
    ("fault", "value", "code"),
    [("consent_missing", True, "AADSTS65001"), ("token_fault", "AADSTS50173", "AADSTS50173")],
)
def test_a_refresh_token_fails_at_a_customer_with_a_fault(redeem, world, fault, value, code):
    answer = redeem(world.partner.people[0], after=lambda: setattr(world.tenants[0], fault, value))

    assert code_of(answer) == code


def test_a_sign_in_without_mfa_is_no_good_at_customers(redeem, world):
    newcomer = next(person for person in world.partner.people if not person.has_mfa)

    assert code_of(redeem(newcomer)) == "AADSTS50076"


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"client_secret": "wrong"}, "AADSTS7000215"),
        ({"client_id": "11111111-2222-4333-8444-555555555555"}, "AADSTS700016"),
        ({"scope": "https://graph.microsoft.com/.default"}, "AADSTS500011"),
        ({"scope": "User.Read"}, "AADSTS1002012"),
        ({"grant_type": "password"}, "AADSTS70003"),
    ],
)
def test_a_wrong_token_request_fails_in_microsofts_words(wire, contoso, form, code):
    right = {"grant_type": "client_credentials", "scope": f"{wire.server.url}/.default"}

    answer = wire.ask_token(contoso, **{**right, **form})

    assert code_of(answer) == code
    assert answer.json()["error_codes"] == [int(code.removeprefix("AADSTS"))]


def test_an_unknown_tenant_is_not_found(wire):
    form = {"grant_type": "client_credentials", "scope": f"{wire.server.url}/.default"}

    assert code_of(wire.ask_token("00000000-0000-4000-8000-000000000000", **form)) == "AADSTS90002"


def test_a_fault_of_the_token_endpoint_hits_every_tenant(wire, world, contoso):
    world.token_endpoint_fault = "AADSTS7000222"
    form = {"grant_type": "client_credentials", "scope": f"{wire.server.url}/.default"}

    assert code_of(wire.ask_token(contoso, **form)) == "AADSTS7000222"


def test_a_customer_without_consent_gives_no_token_until_an_admin_consents(wire, world, contoso):
    world.tenants[0].consent_missing = True
    form = {"grant_type": "client_credentials", "scope": f"{wire.server.url}/.default"}
    assert code_of(wire.ask_token(contoso, **form)) == "AADSTS65001"

    asked = {"client_id": world.partner.client_id, "redirect_uri": BACK, "state": "s1"}
    page = wire.call("GET", f"/{contoso}/adminconsent", params=asked)
    answer = wire.call("POST", f"/{contoso}/adminconsent", params=asked, data={"decision": "accept"})

    assert world.tenants[0].name in page.text
    assert "admin_consent=True" in answer.headers["Location"]
    assert wire.ask_token(contoso, **form).status_code == 200


def test_a_client_is_known_by_its_certificate(wire, world, contoso):
    key, certificate = make_certificate()
    world.partner.certificates.append(certificate)

    app = client(wire, contoso, credential={"private_key": key, "public_certificate": certificate})

    assert app.acquire_token_for_client([f"{wire.server.url}/.default"])["token_type"] == "Bearer"


def test_a_certificate_that_was_not_registered_is_refused(wire, contoso):
    key, certificate = make_certificate()

    app = client(wire, contoso, credential={"private_key": key, "public_certificate": certificate})

    assert "AADSTS700027" in app.acquire_token_for_client([f"{wire.server.url}/.default"])["error_description"]


def make_certificate() -> tuple[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "portal")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, certificate.public_bytes(Encoding.PEM).decode()

"""The matrix: every route × everybody × own, foreign and unknown × every method, against the reviewed table."""

import logging
from collections.abc import Iterator, Mapping

import pytest
from django.http import HttpResponseBase
from django.test import Client

from csp_portal.accounts.api_models import TokenScope
from csp_portal.accounts.models import Role, User
from csp_portal.accounts.rights import CAPABILITIES, TOKEN_CAPABILITIES, Capability
from tests.rights.matrix_world import SCOPED, World, world  # noqa: F401
from tests.rights.routes import ANYBODY, METHODS, SIGNED_IN, Row, declared, roles, routes, table

ROWS = table()
PROTECTED = {route: row for route, row in ROWS.items() if row.who != ANYBODY}
ASKED = {route: row for route, row in PROTECTED.items() if row.who != SIGNED_IN}
THREE = ("own", "foreign", "unknown")
WHICH = {
    "customer": THREE,
    "issue": THREE,
    "ticket": THREE,
    "part": THREE,
}  # a part of a customer: here always an unknown one


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of refusals would each write a traceback."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def is_turned_away(answer: HttpResponseBase) -> bool:
    """As whoever is not signed in is: to the sign-in page, or with 401."""
    return answer.status_code == 401 or (
        answer.status_code == 302 and answer["Location"].startswith("/accounts/login/")
    )


def cells(row: Row) -> list[tuple[str, str]]:
    return [(which, method) for which in WHICH.get(row.kind, ("own",)) for method in METHODS]


def wrong_cells(
    world: World,  # noqa: F811
    client: Client,
    may: frozenset[str],
    *,
    sees_foreign: bool,
    rows: Mapping[str, Row] = ASKED,
) -> list[str]:
    """Where the portal answers otherwise than the table says to somebody with these capabilities."""
    wrong = []
    for route, row in rows.items():
        for which, method in cells(row):
            status = world.ask(client, method, world.address(route, which)).status_code
            expected = _expected(row, method, may, is_there=which == "own" or (which == "foreign" and sees_foreign))
            if not expected(status):
                wrong.append(f"{method} {route} ({which}): {status}")
    return wrong


def _expected(row, method, may, *, is_there):
    is_api = row.route.startswith("/api/")
    if method not in row.methods:  # the API asks for the right to read before it says what it takes
        return lambda status: status == 405 or (is_api and row.who not in may and status == 403)
    if row.capability_for(method) not in may:
        return lambda status: status == 403
    if is_api and method == "OPTIONS":
        return lambda status: status == 200
    if row.kind in WHICH and not is_there:
        return lambda status: status == 404
    if row.kind in {"other", "part"}:
        return lambda status: status not in {401, 403, 405} and status < 500
    return lambda status: status not in {401, 403, 404, 405} and status < 500


def test_every_route_stands_in_the_table_and_nothing_else_does():
    assert set(routes()) == set(ROWS)


def test_every_route_declares_what_the_table_says():
    differing = {}
    for route, entry in routes().items():
        view, row = entry.callback, ROWS[route]
        says = (declared(view, "capability"), declared(view, "capability_to_write"), bool(declared(view, "step_up")))
        if row.who in {ANYBODY, SIGNED_IN}:
            fits = says[:2] == (None, None) and says[2] == row.step_up
        else:
            writes = says[1] or says[0] if row.methods & {"POST", "PUT", "PATCH", "DELETE"} else row.writes
            fits = says[0] == Capability(row.who) and writes == row.writes and says[2] == row.step_up
        if not fits:
            differing[route] = says

    assert differing == {}


def test_only_what_the_table_opens_to_anybody_asks_for_no_sign_in():
    open_routes = {
        route
        for route, entry in routes().items()
        if any(getattr(part, "login_required", True) is False for part in (entry.callback,))
    }

    assert {route for route in open_routes if not route.startswith("/api/")} == set(ROWS) - set(PROTECTED)


def test_roles_and_scopes_hold_just_what_the_table_says():
    said = roles()

    assert {f"role {role}": frozenset(map(str, found)) for role, found in CAPABILITIES.items()} == {
        name: words for name, words in said.items() if name.startswith("role ")
    }
    assert {f"token {scope}": frozenset(map(str, found)) for scope, found in TOKEN_CAPABILITIES.items()} == {
        name: words for name, words in said.items() if name.startswith("token ")
    }
    assert set(CAPABILITIES) == set(Role)
    assert set(TOKEN_CAPABILITIES) == set(TokenScope)


def test_the_openapi_names_just_the_routes_of_the_api(world):  # noqa: F811
    schema = world.client("VIEWER").get("/api/v1/schema/?format=json").json()
    described = {
        (path.replace("{", "<").replace("}", ">"), method.upper())
        for path, item in schema["paths"].items()
        for method in item
    }
    known = {
        (route, method)
        for route, row in ROWS.items()
        for method in row.methods - {"HEAD", "OPTIONS"}
        if route.startswith("/api/v1/") and route not in {"/api/v1/", "/api/v1/schema/"}
    }

    assert described == known


@pytest.mark.parametrize("role", [role.value for role in Role])
def test_a_role_may_do_just_what_the_table_says(world, role):  # noqa: F811
    assert wrong_cells(world, world.client(role), roles()[f"role {role}"], sees_foreign=True) == []


@pytest.mark.parametrize("scope", ["only", "all-except"])
@pytest.mark.parametrize("role", SCOPED)
def test_who_sees_a_part_finds_the_rest_as_absent_as_what_never_was(world, role, scope):  # noqa: F811
    client, may = world.client(f"{role} {scope}"), roles()[f"role {role}"]
    rows = {route: row for route, row in ASKED.items() if row.kind in WHICH or role == "SUPPORT_AGENT"}

    assert wrong_cells(world, client, may, sees_foreign=False, rows=rows) == []


@pytest.mark.parametrize("who", ["anonymous", "disabled"])
def test_who_is_not_signed_in_gets_nowhere(world, who):  # noqa: F811
    client = Client(raise_request_exception=False)
    if who == "disabled":
        client = world.client("OWNER")
        User.objects.filter(pk=world.person("OWNER").pk).update(is_active=False)
    wrong = [
        f"{method} {route} ({which})"
        for route, row in PROTECTED.items()
        for which, method in cells(row)
        if not is_turned_away(world.ask(client, method, world.address(route, which)))
    ]

    assert wrong == []


@pytest.mark.parametrize("role", ["OWNER", "AUDITOR", "SUPPORT_AGENT"])
def test_an_old_proof_opens_nothing_that_asks_for_a_fresh_one(world, role):  # noqa: F811
    client, wrong = world.client(role, proven_at=1_000_000_000.0), []
    may = roles()[f"role {role}"]
    for route, row in ASKED.items():
        if not row.step_up or row.who not in may:
            continue
        for method in row.methods:
            answer = world.ask(client, method, world.address(route, "own"))
            asks = answer.status_code == 302 and answer["Location"].startswith("/accounts/confirm/")
            if not (asks if method in {"GET", "HEAD"} else answer.status_code == 403):
                wrong.append(f"{method} {route}: {answer.status_code}")

    assert wrong == []


@pytest.mark.parametrize("scopes", [("READ",), ("WRITE",), ()])
@pytest.mark.parametrize(
    "name", ["NONE", "VIEWER", "SUPPORT_AGENT", "SUPPORT_AGENT only", "VIEWER all-except", "OWNER"]
)
def test_a_token_opens_what_its_person_may_and_its_scopes_say(world, name, scopes):  # noqa: F811
    said, client = roles(), world.program(name, *scopes)
    opened = frozenset().union(*(said[f"token {scope}"] for scope in scopes))
    may = said[f"role {name.split()[0]}"] & opened
    rows = {route: row for route, row in ASKED.items() if route.startswith("/api/")}

    assert wrong_cells(world, client, may, sees_foreign=" " not in name, rows=rows) == []


def test_a_token_is_a_key_to_the_api_and_to_nothing_else(world):  # noqa: F811
    client = world.program("OWNER", "READ", "WRITE")
    wrong = [
        f"{method} {route}"
        for route in PROTECTED
        for method in METHODS
        if not route.startswith("/api/") and not is_turned_away(world.ask(client, method, world.address(route, "own")))
    ]

    assert wrong == []


def test_no_other_way_to_write_an_address_leads_further(world):  # noqa: F811
    client, may = world.client("VIEWER only"), roles()["role VIEWER"]
    wrong = []
    for route, row in ASKED.items():
        if row.who in may and row.kind not in WHICH:
            continue
        for written in variants(world.address(route, "foreign")):
            status = world.ask(client, "GET", "/", PATH_INFO=written).status_code
            if status < 300 or status >= 500:
                wrong.append(f"{written}: {status}")

    assert wrong == []


def variants(address: str) -> list[str]:
    """The same place written otherwise, as a server hands it on: with what was percent-encoded decoded."""
    last = address.rstrip("/")
    return [
        *(f"/{address}", f"/.{address}", f"/x/..{address}", f"/..{address}", f"/healthz/..{address}"),
        *(last, f"{last}//", f"{last};x/", f"{last};/", f"{last} /", f"{address}.json", f"{last}.css"),
        *(address.upper(), address.replace("/", "//"), address.replace("/", "/./"), address.replace("/", "\\")),
        *(f"/static/..{address}", f"{last}\x00/", f"{last}\n"),
    ]

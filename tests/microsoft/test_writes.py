"""What a write sends, whom it asks for leave, and where its token never goes."""

import ast
import json
from pathlib import Path

import pytest
from werkzeug import Response

from csp_portal.microsoft.errors import AccessDenied, Cause, Conflict, Throttled, Unavailable, UnexpectedAnswer
from csp_portal.microsoft.http import Http

TOKEN = "the-token-nobody-else-may-see"
PRODUCT = Path(__file__).resolve().parents[2]


class Stopped(Exception):
    pass


def allow() -> None:
    """Everybody may write."""


def refuse() -> None:
    raise Stopped


def write(http: Http, microsoft, *, method="PATCH", may_write=allow, url="", json=None, headers=None, cloud=None):
    return http.write(
        method,
        url or f"{microsoft.url}/v1.0/things/1",
        cloud=cloud or microsoft.cloud(),
        token=TOKEN,
        may_write=may_write,
        json=json,
        headers=headers,
    )


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_write_carries_token_body_etag_and_an_id_of_its_own(http, microsoft, method, status):
    bodies = []

    def answer(request):
        bodies.append(request.get_data())
        return Response("", status=status, headers={"Location": "/operations/7", "request-id": "of-microsoft"})

    microsoft.routes["/v1.0/things/1"] = answer
    done = write(http, microsoft, method=method, json={"name": "é"}, headers={"If-Match": 'W/"1"'})

    seen = microsoft.seen[0]
    assert (seen.method, seen.headers["authorization"], seen.headers["if-match"]) == (
        method,
        f"Bearer {TOKEN}",
        'W/"1"',
    )
    assert (json.loads(bodies[0]), seen.headers["content-type"]) == ({"name": "é"}, "application/json")
    assert len(seen.headers["client-request-id"]) == 36
    assert (done.status, done.headers["Location"], done.correlation_id) == (status, "/operations/7", "of-microsoft")


def test_a_write_without_leave_sends_nothing_at_all(http, microsoft):
    with pytest.raises(Stopped):
        write(http, microsoft, may_write=refuse)

    assert microsoft.seen == []


def test_leave_is_asked_for_every_write_anew(http, microsoft):
    microsoft.answer("/v1.0/things/1", {})
    asked = []
    for _ in range(3):
        write(http, microsoft, may_write=lambda: asked.append(len(microsoft.seen)))

    assert asked == [0, 1, 2]


@pytest.mark.parametrize("status", [409, 412])
def test_a_thing_that_changed_meanwhile_is_a_conflict(http, microsoft, status):
    body = {"error": {"code": "preconditionFailed", "message": "Changed."}}
    microsoft.answer("/v1.0/things/1", body, status=status, headers={"request-id": "abc"})
    with pytest.raises(Conflict) as caught:
        write(http, microsoft)

    assert caught.value.correlation_id == "abc"
    assert "PATCH" in caught.value.detail and "Changed." in caught.value.detail


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (401, {}, AccessDenied),
        (403, {}, AccessDenied),
        (429, {"Retry-After": "7"}, Throttled),
        (500, {}, Unavailable),
        (503, {}, Unavailable),
        (400, {}, UnexpectedAnswer),
        (404, {}, UnexpectedAnswer),
    ],
)
def test_a_failed_write_is_one_of_the_errors_and_is_sent_once(http, microsoft, status, headers, error):
    microsoft.answer("/v1.0/things/1", {}, status=status, headers=headers)
    with pytest.raises(error):
        write(http, microsoft)

    assert len(microsoft.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_a_write_is_not_followed(http, microsoft, elsewhere, status):
    elsewhere.answer("/v1.0/things/1", {})
    headers = {"Location": f"{elsewhere.url}/v1.0/things/1"}
    microsoft.answer("/v1.0/things/1", "", status=status, headers=headers)
    with pytest.raises(UnexpectedAnswer):
        write(http, microsoft, json={})

    assert elsewhere.seen == []
    assert len(microsoft.seen) == 1


def _tricks(home: str, foreign: str) -> dict[str, str]:
    host, port = home.removeprefix("https://").split(":")
    return {
        "another port": f"{foreign}/v1.0/things/1",
        "no port, which is 443": f"https://{host}/v1.0/things/1",
        "plain http": f"http://{host}:{port}/v1.0/things/1",
        "another name of the same host": f"https://localhost:{port}/v1.0/things/1",
        "a dot at the end": f"https://{host}.:{port}/v1.0/things/1",
        "a name that begins alike": f"https://{host}.evil.example:{port}/v1.0/things/1",
        "somebody before the host": f"https://{host}:{port}@{foreign.removeprefix('https://')}/v1.0/things/1",
        "somebody at our host": f"https://me@{host}:{port}/v1.0/things/1",
        "a backslash": f"https://{host}:{port}\\@{foreign.removeprefix('https://')}/v1.0/things/1",
        "a space": f" {home}/v1.0/things/1",
        "a tab": f"https://{host}\t:{port}/v1.0/things/1",
        "no scheme": f"//{host}:{port}/v1.0/things/1",
        "a decimal host": f"https://2130706433:{port}/v1.0/things/1",
    }


@pytest.mark.parametrize("trick", sorted(_tricks("https://127.0.0.1:1", "https://127.0.0.1:2")))
@pytest.mark.parametrize("kind", ["read", "write"])
def test_the_token_goes_to_exactly_the_origins_of_its_cloud(http, microsoft, elsewhere, trick, kind):
    url, asked = _tricks(microsoft.url, elsewhere.url)[trick], []
    for server in (microsoft, elsewhere):
        server.answer("/v1.0/things/1", {})
    with pytest.raises(UnexpectedAnswer, match="No token was sent"):
        if kind == "read":
            http.get(url, cloud=microsoft.cloud(), token=TOKEN)
        else:
            write(http, microsoft, url=url, may_write=lambda: asked.append(1))

    assert microsoft.seen == elsewhere.seen == asked == []


def test_upper_case_is_the_same_origin(http, microsoft):
    microsoft.answer("/v1.0/things/1", {})
    write(http, microsoft, url=f"{microsoft.url.replace('https', 'HTTPS')}/v1.0/things/1")

    assert len(microsoft.seen) == 1


def test_a_write_has_no_way_round_the_one_client():
    """`exchange` is the only thing that sends, and whoever calls it is named here with a reason."""
    callers = {
        path.relative_to(PRODUCT).as_posix()
        for app in ("csp_portal", "customers", "health", "support")
        for path in (PRODUCT / app).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "exchange"
    }

    assert callers == {
        "csp_portal/microsoft/http.py",  # reads, and writes with leave
        "csp_portal/microsoft/login.py",  # tokens
        "csp_portal/microsoft/reach.py",  # looks whether a host answers, without a token
        "csp_portal/microsoft/signing_keys.py",  # reads the published keys, without a token
    }


def test_a_refused_write_says_its_cause(http, microsoft):
    microsoft.answer("/v1.0/things/1", {"error": {"code": "Forbidden", "message": "No."}}, status=403)
    with pytest.raises(AccessDenied) as caught:
        write(http, microsoft)

    assert caught.value.cause == Cause.FORBIDDEN

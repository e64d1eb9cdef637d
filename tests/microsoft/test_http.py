"""What the HTTP layer sends, refuses, and makes of Microsoft's answers."""

import gzip
import json
import logging
import os
import socket
import time
from email.utils import formatdate

import pytest
from werkzeug import Response

from csp_portal.microsoft.clouds import load_clouds
from csp_portal.microsoft.errors import AccessDenied, Cause, Throttled, Unavailable, UnexpectedAnswer
from csp_portal.microsoft.http import Http, shared_http
from csp_portal.microsoft.refusals import error_of
from csp_portal.microsoft.wire import Reply, retry_after_of

TOKEN = "the-token-nobody-else-may-see"


def read(http, microsoft, **kwargs):
    return http.get_json(f"{microsoft.url}/v1.0/things", cloud=microsoft.cloud(), token=TOKEN, **kwargs)


def test_a_request_carries_the_token_and_an_id_of_its_own(http, microsoft):
    microsoft.answer("/v1.0/things", {"value": 1}, headers={"request-id": "of-microsoft"})
    answer = http.get(f"{microsoft.url}/v1.0/things", cloud=microsoft.cloud(), token=TOKEN, params={"$top": "1"})
    seen = microsoft.seen[0]
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert len(seen.headers["client-request-id"]) == 36
    assert seen.headers["ms-requestid"] == seen.headers["client-request-id"]
    assert seen.query == {"$top": "1"}
    assert answer.correlation_id == "of-microsoft"
    assert json.loads(answer.body) == {"value": 1}
    assert http.requests_sent == 1


def test_partner_center_headers_do_not_go_to_graph(http, microsoft, elsewhere):
    microsoft.answer("/v1.0/things", {})
    cloud = microsoft.cloud(partner_center_url=elsewhere.url)
    http.get_json(f"{microsoft.url}/v1.0/things", cloud=cloud, token=TOKEN)
    assert "ms-requestid" not in microsoft.seen[0].headers


def test_connections_are_used_again(http, keep_alive):
    for _ in range(3):
        http.get(f"{keep_alive.url}/x", cloud=keep_alive.cloud(), token=TOKEN)
    assert len(keep_alive.seen) == 3
    assert len(set(keep_alive.client_ports)) == 1


def test_cookies_are_not_kept(http, microsoft):
    microsoft.answer("/v1.0/things", {}, headers={"Set-Cookie": "who=tenant-a"})
    for _ in range(2):
        read(http, microsoft)
    assert all("cookie" not in seen.headers for seen in microsoft.seen)


def test_a_compressed_answer_is_read(http, microsoft):
    body = gzip.compress(json.dumps({"value": "x" * 300_000}).encode())
    microsoft.answer("/v1.0/things", body, headers={"Content-Encoding": "gzip"})
    assert len(read(http, microsoft)["value"]) == 300_000


@pytest.mark.parametrize(("status", "cause"), [(401, Cause.TOKEN_REFUSED), (403, Cause.FORBIDDEN)])
def test_a_refusal_names_its_cause_and_microsofts_code(http, microsoft, status, cause):
    body = {"error": {"code": "UnknownError", "message": "Not you."}}
    microsoft.answer("/v1.0/things", body, status=status, headers={"request-id": "abc"})
    with pytest.raises(AccessDenied) as caught:
        read(http, microsoft)
    assert (caught.value.cause, caught.value.code, caught.value.correlation_id) == (cause, "UnknownError", "abc")
    assert "Not you." in caught.value.detail


def test_a_refusal_writes_one_line_to_the_log_and_forges_none(http, microsoft, caplog):
    words = "No.\r\n2026-01-01 00:00:00,000 INFO django.request All is well"
    microsoft.answer("/v1.0/x", {"error": {"code": "a\nb", "message": words}}, status=403)
    with pytest.raises(AccessDenied):
        http.get(f"{microsoft.url}/v1.0/x", cloud=microsoft.cloud(), token=TOKEN)
    assert [len(record.getMessage().splitlines()) for record in caplog.records] == [1]


def test_a_refusal_without_a_body_has_its_status_as_code(http, microsoft):
    microsoft.answer("/v1.0/things", "", status=403)
    with pytest.raises(AccessDenied) as caught:
        read(http, microsoft)
    assert caught.value.code == "403"


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        ((429, {"Retry-After": "120"}, "{}"), 120),
        ((503, {"Retry-After": "7"}, "{}"), 7),
        ((429, {"Retry-After": "7200"}, "{}"), 7200),
        ((429, {"Retry-After": "999999"}, "{}"), 86_400),
        ((429, {"Retry-After": "0"}, "{}"), 1),
        ((429, {"Retry-After": "soon"}, "{}"), 30),
        ((429, {}, "{}"), 30),
        ((429, {}, '{"statusCode":429,"message":"Rate limit is exceeded. Try again in 57 seconds."}'), 57),
    ],
)
def test_a_throttled_tenant_waits_as_long_as_microsoft_said(http, microsoft, answer, seconds):
    status, headers, body = answer
    microsoft.answer("/v1.0/things", body, status=status, headers=headers)
    with pytest.raises(Throttled) as caught:
        read(http, microsoft)
    assert caught.value.retry_after == seconds


def test_a_retry_after_date_is_measured_by_the_clock_of_the_answer(http, microsoft):
    an_hour_slow = time.time() - 3600
    headers = {"Retry-After": formatdate(an_hour_slow + 90, usegmt=True), "Date": formatdate(an_hour_slow, usegmt=True)}
    assert retry_after_of(Reply(status=429, headers=headers, body=b""), now=time.time()) == 90
    microsoft.answer(
        "/v1.0/things", "{}", status=429, headers={"Retry-After": formatdate(time.time() + 200, usegmt=True)}
    )
    with pytest.raises(Throttled) as caught:
        read(http, microsoft)
    assert 195 <= caught.value.retry_after <= 201


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_server_error_is_worth_another_try(http, microsoft, status):
    microsoft.answer("/v1.0/things", "oh", status=status)
    with pytest.raises(Unavailable):
        read(http, microsoft)


@pytest.mark.parametrize("status", [400, 404, 410, 204])
def test_an_answer_outside_the_contract_is_for_a_person(http, microsoft, status):
    microsoft.answer("/v1.0/things", "", status=status)
    with pytest.raises(UnexpectedAnswer):
        read(http, microsoft)


@pytest.mark.parametrize("body", ["", '{"value": [1,', "<html>proxy</html>"])
def test_broken_json_is_worth_another_try(http, microsoft, body):
    microsoft.answer("/v1.0/things", body)
    with pytest.raises(Unavailable):
        read(http, microsoft)


def test_an_answer_cut_off_on_the_way_is_worth_another_try(http, microsoft):
    microsoft.routes["/v1.0/things"] = lambda request: Response(
        b'{"value": [', headers={"Content-Length": "5000", "Connection": "close"}
    )
    with pytest.raises(Unavailable):
        read(http, microsoft)


def test_a_connection_reset_is_worth_another_try(http, microsoft):
    def reset(request):
        request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return Response("{}")

    microsoft.routes["/v1.0/things"] = reset
    with pytest.raises(Unavailable):
        read(http, microsoft)


def test_nobody_listening_is_worth_another_try(http, microsoft):
    cloud = microsoft.cloud(arm_url="https://127.0.0.1:1")
    with pytest.raises(Unavailable):
        http.get_json("https://127.0.0.1:1/v1.0/things", cloud=cloud, token=TOKEN)


def test_a_silent_server_meets_the_read_timeout(http, microsoft):
    def slow(request):
        time.sleep(1)
        return Response("{}")

    microsoft.routes["/v1.0/things"] = slow
    with pytest.raises(Unavailable):
        http.get(f"{microsoft.url}/v1.0/things", cloud=microsoft.cloud(), token=TOKEN, timeout=(1, 0.2))


def test_a_dripping_server_meets_the_deadline(http, microsoft):
    def drip(request):
        def body():
            for _ in range(1_000):
                time.sleep(0.05)
                yield b" "

        return Response(body(), headers={"Content-Length": "1000"})

    microsoft.routes["/v1.0/things"] = drip
    started = time.monotonic()
    with pytest.raises(Unavailable, match="too long"):
        http.get(f"{microsoft.url}/v1.0/things", cloud=microsoft.cloud(), token=TOKEN, deadline=0.3)
    assert time.monotonic() - started < 20


def test_an_answer_that_is_too_large_is_not_read_to_its_end(http, microsoft):
    microsoft.answer("/v1.0/things", b" " * 500_000)
    with pytest.raises(UnexpectedAnswer, match="larger than 100000"):
        read(http, microsoft, max_bytes=100_000)


def test_an_untrusted_certificate_is_for_a_person(http, microsoft):
    cloud = load_clouds(
        {f"MICROSOFT_{name}_URL": microsoft.url for name in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    )["custom"]
    with pytest.raises(UnexpectedAnswer, match="not trusted"):
        http.get(f"{microsoft.url}/v1.0/things", cloud=cloud, token=TOKEN)
    assert microsoft.seen == []


def test_a_missing_ca_bundle_is_for_a_person(http, microsoft, tmp_path):
    settings = {f"MICROSOFT_{name}_URL": microsoft.url for name in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
    cloud = load_clouds({**settings, "MICROSOFT_CA_BUNDLE": str(tmp_path / "none.pem")})["custom"]
    with pytest.raises(UnexpectedAnswer, match=r"none\.pem"):
        http.get(f"{microsoft.url}/v1.0/things", cloud=cloud, token=TOKEN)


def test_a_redirect_is_not_followed(http, microsoft, elsewhere):
    microsoft.answer("/v1.0/things", "", status=302, headers={"Location": f"{elsewhere.url}/v1.0/things"})
    with pytest.raises(UnexpectedAnswer):
        read(http, microsoft)
    assert elsewhere.seen == []


def test_a_token_goes_to_no_host_of_another_cloud(http, microsoft, elsewhere):
    with pytest.raises(UnexpectedAnswer, match="No token was sent"):
        http.get(f"{elsewhere.url}/v1.0/things", cloud=microsoft.cloud(), token=TOKEN)
    with pytest.raises(UnexpectedAnswer, match="No token was sent"):
        http.get(f"{microsoft.url.replace('https', 'http')}/x", cloud=microsoft.cloud(), token=TOKEN)
    assert elsewhere.seen == []
    assert http.requests_sent == 0


def test_no_token_is_written_to_the_log(http, microsoft, caplog):
    caplog.set_level(logging.DEBUG)
    microsoft.answer("/v1.0/things", {}, headers={"request-id": "of-microsoft"})
    read(http, microsoft)
    microsoft.answer("/v1.0/things", {"error": {"code": "Forbidden"}}, status=403)
    with pytest.raises(AccessDenied):
        read(http, microsoft)
    assert "of-microsoft" in caplog.text
    assert microsoft.seen[1].headers["client-request-id"] in caplog.text
    assert TOKEN not in caplog.text


def test_a_proxy_or_a_netrc_of_the_environment_does_not_replace_the_token(microsoft, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    microsoft.answer("/v1.0/things", {})
    read(Http(), microsoft)
    assert microsoft.seen[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_forked_process_gets_connections_of_its_own():
    mine = shared_http()
    assert shared_http() is mine
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(sender, b"same" if shared_http() is mine else b"other")
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(receiver, 10) == b"other"


def test_what_microsoft_says_of_an_error_is_one_line_that_a_database_takes():
    body = b'{"error": {"code": "Bad\\u0000Request", "message": "first\\u0000 line\\r\\nsecond"}}'

    error = error_of(Reply(status=400, headers={}, body=body), place="PATCH /x", now=0, correlation_id="")

    assert error.detail == "PATCH /x answered 400 BadRequest: first line second"

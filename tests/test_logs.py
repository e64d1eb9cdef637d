"""What a line of the log never holds, and how it is put together."""

import io
import logging

import pytest

from csp_portal.logs import HIDDEN, Lines, hide_from_logs, redacted, request_id

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJ0aWQiOiJhIn0.c2lnbmF0dXJl"
REFRESH = "0.AXkAq1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4y5z6.AgABAAEAAAD"
CODE = "1.AXkAq1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6q7r8s9t0u1v2w3x4"
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0B\n-----END PRIVATE KEY-----"


@pytest.fixture
def log():
    """A logger with our formatter, and what it wrote."""
    stream, logger = io.StringIO(), logging.Logger("tests.logs")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("{asctime} {levelname} {name} [{work}] {message}"))
    logger.addHandler(handler)
    return logger, stream


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("client_secret=Xy8~abc.def&grant_type=x", "Xy8~abc.def"),
        ("{'client_secret': 'Xy8~abc def'}", "Xy8~abc def"),
        ('{"password": "correct horse"}', "correct horse"),
        ("password: hunter2hunter2", "hunter2hunter2"),
        ("Authorization: Bearer abcdefghijklmnop", "abcdefghijklmnop"),
        ("{'Authorization': 'Token csp_0123456789abcdef0123'}", "csp_0123456789abcdef0123"),
        ("got csp_0123456789abcdef0123 from nowhere", "csp_0123456789abcdef0123"),
        (f"token {JWT} was refused", JWT),
        (f"refresh {REFRESH} was refused", REFRESH),
        (f"GET /settings/connections/consent/?code={CODE}&state=abc", CODE),
        ("GET /callback?state=s&code=AwABAAAAvPM1KaPlrEqdFSBzjqfTGBCmLdg", "AwABAAAAvPM1KaPlrEqdFSBzjqfTGBCmLdg"),
        ("client_assertion=abc.def.ghi", "abc.def.ghi"),
        ("code_verifier=Zm9vYmFyYmF6", "Zm9vYmFyYmF6"),
        ("Cookie: __Host-session=k2jh3k4jh5k", "k2jh3k4jh5k"),
        ("'refresh_token': b'0.short'", "0.short"),
        ("postgresql://portal:s3cr3tpw@db/portal", "s3cr3tpw"),
        (f"the key is {PEM} .", "MIIEvQIBADANBgkq"),
        (f"cut off: {PEM[:50]}", "MIIEvQIBADANBgkq"),
        ("x-api-key=0123abcd", "0123abcd"),
    ],
)
def test_a_secret_is_hidden_by_its_name_or_its_look(text, secret):
    assert secret in text
    assert secret not in redacted(text)
    assert HIDDEN in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "GET graph.microsoft.com/v1.0/organization answered 403 Authorization_RequestDenied: Missing permission.",
        "PATCH x answered 412 code: preconditionFailed",
        "exit code: 1",
        "Sweep took 500 feeds in 0.3 s",
        "Read https://learn.microsoft.com/entra for more",
        "The stored secrets are sealed anew.",
    ],
)
def test_plain_words_stay(text):
    assert redacted(text) == text


def test_a_value_that_was_opened_is_hidden_wherever_it_stands(log):
    hide_from_logs("the~very~secret~value~42")
    logger, stream = log
    logger.warning("Microsoft said: %s is wrong", "the~very~secret~value~42")

    assert "the~very~secret~value~42" not in stream.getvalue()
    assert HIDDEN in stream.getvalue()


def test_the_lines_of_a_key_are_hidden_one_by_one():
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ" + "x" * 14
    hide_from_logs(f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----\n")

    assert body not in redacted(f"half a key: {body}")


@pytest.mark.parametrize("forgery", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x1b[2K", "\x85", "\u2028", "\u2029", "\x00"])
def test_a_message_can_forge_no_line(log, forgery):
    logger, stream = log
    logger.warning("name: %s", f"Eve{forgery}2026-01-01 00:00:00,000 INFO root [-] all is well")

    written = stream.getvalue()
    assert len(written.splitlines()) == 1
    assert forgery not in written.removesuffix("\n")


def test_a_traceback_stands_behind_a_mark_and_is_redacted_too(log):
    logger, stream = log
    try:
        raise ValueError("client_secret=abcdefgh\n2026-01-01 00:00:00,000 INFO root [-] all is well")
    except ValueError:
        logger.exception("it went wrong\nINFO forged")

    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("it went wrong\\nINFO forged")
    assert len(rest) > 2
    assert all(line.startswith("  | ") for line in rest)
    assert "abcdefgh" not in stream.getvalue()


def test_every_line_carries_the_id_of_its_request(log):
    logger, stream = log
    token = request_id.set("3f0c")
    logger.info("inside")
    request_id.reset(token)
    logger.info("outside")

    inside, outside = stream.getvalue().splitlines()
    assert "[3f0c] inside" in inside
    assert "[-] outside" in outside


def test_the_id_in_the_log_is_the_one_in_the_answer(client, db):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(Lines("{work} {message}"))
    logging.getLogger("django.request").addHandler(handler)
    try:
        answer = client.get("/no-such-page/")
    finally:
        logging.getLogger("django.request").removeHandler(handler)

    assert stream.getvalue() == f"{answer['X-Request-Id']} Not Found: /no-such-page/\n"


def test_letters_of_all_languages_are_left_as_they_are():
    formatter = Lines("{message}")
    record = logging.LogRecord("x", logging.INFO, "", 0, "客戶\u3000明德 – naïve é", None, None)

    assert formatter.format(record) == "客戶\u3000明德 – naïve é"

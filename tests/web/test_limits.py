"""What a request may bring: more of it is refused with a sentence, and never breaks anything."""

import json
from collections.abc import Iterator
from io import BytesIO

import pytest
from django.db import connection as database
from django.test import Client
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from csp_portal.limits.json_input import BoundedJSONParser
from csp_portal.limits.models import Count
from csp_portal.limits.rates import forget_old_counts
from customers.models import Customer
from tests.web.conftest import HOST

JSON = "application/json"


def _sentence(answer) -> str:
    """What the page or the JSON says, which tells what to do and nothing of our insides."""
    text: str = answer.content.decode()
    assert "Traceback" not in text and "site-packages" not in text
    return str(json.loads(text)["detail"]) if answer["Content-Type"] == JSON else text


def test_an_address_that_is_too_long_is_refused_with_a_page(as_viewer: Client) -> None:
    answer = as_viewer.get("/customers/?q=" + "x" * 5_000)

    assert answer.status_code == 414
    assert "Choose fewer filters" in _sentence(answer)


def test_the_page_before_sign_in_speaks_the_browsers_language(client: Client, db: None) -> None:
    answer = client.get("/customers/?q=" + "x" * 5_000, headers={"Accept-Language": "zh-Hant"})

    assert "這個網址太長" in _sentence(answer)


@pytest.mark.parametrize("kind", ["multipart", "urlencoded"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(as_owner: Client, kind: str) -> None:
    large = "x" * 1_100_000
    if kind == "multipart":
        answer = as_owner.post("/people/new/", {"email": large})
    else:
        answer = as_owner.post("/people/new/", f"email={large}", content_type="application/x-www-form-urlencoded")

    assert answer.status_code == 413
    assert "Send less" in _sentence(answer)


def test_too_many_fields_are_refused(as_owner: Client) -> None:
    answer = as_owner.post("/people/new/", {f"field{n}": "x" for n in range(300)})

    assert answer.status_code == 400
    assert "could not read that request" in _sentence(answer)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b"x", "multipart/form-data; boundary=" + "y" * 300),
        (b"--x\r\n" * 5_000, "multipart/form-data; boundary=x"),
        (b"name=%ff%fe&email=%00&role=%ed%a0%80", "application/x-www-form-urlencoded"),
        (b"name=x", "application/x-www-form-urlencoded; charset=utf-7"),
        (b"name=x", "application/x-www-form-urlencoded; charset=nonsense"),
        (b'{"a":', JSON),
        (b"", "\x7f/\x7f"),
    ],
)
def test_a_broken_body_breaks_nothing(as_owner: Client, body: bytes, kind: str) -> None:
    answer = as_owner.generic("POST", "/people/new/", body, content_type=kind)

    assert answer.status_code in {200, 400, 413}
    _sentence(answer)


def test_the_api_takes_a_quarter_of_a_megabyte(as_owner: Client) -> None:
    answer = as_owner.post("/api/v1/customers/", {"name": "x" * 300_000}, content_type=JSON)

    assert answer.status_code == 413
    assert "Send less" in _sentence(answer)


@pytest.mark.parametrize("size", ["201", "1000000", "-1", "0", "abc", "9" * 30])
def test_a_page_of_the_api_never_holds_more_than_200(as_viewer: Client, customers: list[Customer], size: str) -> None:
    answer = as_viewer.get("/api/v1/customers/", {"page_size": size})

    assert answer.status_code in {200, 400}
    assert len(answer.json().get("results", [])) <= 200


@pytest.mark.parametrize(
    "text",
    ["[" * 20 + "]" * 20, "[" * 60_000 + "]" * 60_000, '{"a":' * 17 + "1" + "}" * 17, "[1,", "NaN", r'{"a": "\ud800"}'],
)
def test_json_that_is_nested_or_broken_is_answered_with_a_sentence(text: str) -> None:
    with pytest.raises(ParseError):
        BoundedJSONParser().parse(BytesIO(text.encode()), JSON, {"encoding": "utf-8"})


def test_json_as_deep_as_ours_is_read() -> None:
    text = '{"a": [{"b": {"c": [1, "二"]}}]}'

    read = BoundedJSONParser().parse(BytesIO(text.encode()), JSON, {"encoding": "utf-8"})

    assert read == JSONParser().parse(BytesIO(text.encode()), JSON, {"encoding": "utf-8"}) == json.loads(text)


VARIANTS = [
    *("//customers/", "/customers//", "/./customers/", "/x/../customers/", "/%2e%2e/customers/", "/customers/%2e%2e/"),
    *("/customers;x=1/", "/customers%2f", "/CUSTOMERS/", "/customers/.json", "/customers\\", "/%5ccustomers/"),
    *("/api/v1/../../customers/", "/healthz/../customers/", "/static/../customers/", "/static/..%2fcustomers/"),
    *("/static/%2e%2e/%2e%2e/etc/passwd", "/customers/%c0%ae%c0%ae/", "/%ed%a0%80/", "/%ff/", "/customers/%0d%0aX:y"),
    *("//evil.example/%2f..", "/\\evil.example", "/%2f%2fevil.example", "/accounts/login/..;/customers/"),
]


@pytest.mark.parametrize("path", VARIANTS)
def test_no_variant_of_a_path_leads_past_sign_in(production, db: None, path: str) -> None:
    answer = production.ask(path)

    assert answer.status in {301, 302, 400, 404}
    target = answer.headers.get("Location", "/")
    assert target.startswith(("/accounts/login/", f"https://{HOST}/", "/")) and not target.startswith(("//", "/\\"))
    assert "root:" not in answer.text and "Traceback" not in answer.text


def test_headers_without_end_are_refused_by_the_server(production) -> None:
    many = b"".join(b"X-%d: y\r\n" % n for n in range(200))
    long = b"X-Long: " + b"y" * 20_000 + b"\r\n"
    line = b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n"
    for raw in (many, long):
        refused = production.say(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + raw + b"\r\n")
        assert refused.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
        assert b"Traceback" not in refused
    assert production.say(line).startswith((b"HTTP/1.1 400", b"HTTP/1.1 414"))


@pytest.mark.parametrize(
    "headers",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: +5\r\n",
    ],
)
def test_a_request_that_two_servers_would_cut_differently_is_refused(production, headers: bytes) -> None:
    refused = production.say(b"POST /accounts/login/ HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\nhello")

    assert refused.startswith(b"HTTP/1.1 400")


@pytest.fixture
def few_requests(settings) -> Iterator[None]:
    settings.API_REQUESTS_PER_MINUTE = 3
    yield


def test_whoever_asks_the_api_too_often_is_told_when_to_come_back(as_viewer: Client, few_requests: None) -> None:
    answers = [as_viewer.get("/api/v1/customers/") for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert "Try again in" in answers[-1].json()["detail"]


def test_another_person_is_not_held_back(as_viewer: Client, as_owner: Client, few_requests: None) -> None:
    for _ in range(4):
        as_viewer.get("/api/v1/customers/")

    assert as_owner.get("/api/v1/customers/").status_code == 200


def test_one_address_with_many_names_is_held_back(client: Client, db: None, few_requests: None) -> None:
    before = Count.objects.count()
    tokens = [{"Authorization": f"Token csp_{number}"} for number in range(40)]
    codes = [client.get("/api/v1/customers/", headers=headers).status_code for headers in tokens]

    assert codes == [401] * 30 + [429] * 10
    assert Count.objects.count() == before + 31  # nobody fills the table from one address


def test_an_old_window_is_over_and_is_forgotten_in_time(as_viewer: Client, few_requests: None) -> None:
    for _ in range(5):
        as_viewer.get("/api/v1/customers/")
    with database.cursor() as cursor:
        cursor.execute("UPDATE limits_count SET until = now() - interval '2 days'")
    forget_old_counts()

    assert not Count.objects.exists()
    assert as_viewer.get("/api/v1/customers/").status_code == 200


def test_a_file_of_everything_is_not_for_every_second(as_owner: Client) -> None:
    codes = [as_owner.get("/customers/export.csv").status_code for _ in range(12)]

    assert codes[-1] == 429
    assert 429 not in codes[:10]


def test_counting_needs_no_view_to_succeed(as_viewer: Client, few_requests: None) -> None:
    """The count is kept although the transaction of the view is rolled back or never begun."""
    codes = [as_viewer.get("/api/v1/customers/?cloud=mars").status_code for _ in range(4)]

    assert codes == [400, 400, 400, 429]


def test_an_invented_token_makes_nobody_a_newcomer(as_agent: Client) -> None:
    answers = [as_agent.get("/issues/export.csv", headers={"Authorization": f"Basic {n}"}) for n in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]


def test_only_the_costly_part_of_a_list_is_counted(as_agent: Client) -> None:
    """Whoever turns pages of tickets is not counted; whoever searches them is."""
    as_agent.get("/tickets/?state=all")
    assert not Count.objects.filter(key__startswith="search:").exists()
    as_agent.get("/tickets/?q=outlook")
    assert Count.objects.filter(key__startswith="search:").exists()

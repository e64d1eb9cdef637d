"""Naughty texts in every field of every form, every filter and every property of the API: nothing breaks."""

import json
import re
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, quote_from_bytes, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from csp_portal.accounts.models import User
from customers.changes import TagError, parsed_tags
from customers.models import Connection, Customer, CustomerGroup
from tests.web.naughty import NAUGHTY

pytestmark = pytest.mark.slow
TYPED = {"text", "email", "search", "url", "password", "number", "tel", "date", "datetime-local", "textarea", "hidden"}
NOT_FOLLOWED = re.compile(r"logout|/microsoft/|/consent|\.csv|/static/|/revoke|/test/")
FEWEST_FORMS, FEWEST_PARAMETERS = 12, 15
PROPERTIES = ("tenant_id", "name", "domain", "cloud", "tags", "connection")


@dataclass(kw_only=True)
class Form:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)


class Read(HTMLParser):
    """The links and forms of a page."""

    def __init__(self, text: str, *, address: str) -> None:
        super().__init__()
        self.address, self.links, self.forms = address, set[str](), list[Form]()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "a" and told.get("href", "").startswith(("/", "?")):
            here = urlsplit(self.address).path if told["href"].startswith("?") else ""
            self.links.add(here + unescape(told["href"]).partition("#")[0])
        elif tag == "form":
            action = told.get("action") or told.get("hx-post") or told.get("hx-get") or self.address
            self.forms.append(Form(method=told.get("method", "get").lower(), action=action))
        elif self.forms and told.get("name") and tag in {"input", "textarea", "select", "button"}:
            self.forms[-1].fields.setdefault(told["name"], told.get("value", ""))
            if tag != "button" and (tag != "input" or told.get("type", "text") in TYPED):
                self.forms[-1].typed.add(told["name"])


@dataclass(frozen=True, kw_only=True)
class Walked:
    forms: dict[tuple[str, frozenset[str]], Form]
    filters: dict[str, set[str]]


def _shape(path: str) -> str:
    """The path without what tells one customer, issue or row from another."""
    return re.sub(r"\b([A-Z]{2})?\d+\b|[0-9a-f-]{36}", "N", path)


def _walk(client: Client) -> Walked:
    """From the dashboard along every link, until nothing new is found.

    The same page with other filters, or of another customer or issue, is the same.
    """
    seen, waiting = set[str](), ["/", "/people/me/", "/people/", "/settings/", "/audit/", "/system/"]
    found: dict[str, str] = {}  # the first path of each shape
    walked = Walked(forms={}, filters={})
    while waiting:
        address = waiting.pop()
        path = urlsplit(address).path
        if _shape(path) in seen or NOT_FOLLOWED.search(address):
            continue
        seen.add(_shape(path))
        answer = client.get(address, follow=True)
        page = Read(answer.content.decode(), address=path) if answer["Content-Type"].startswith("text/html") else None
        for link in page.links if page else ():
            there = found.setdefault(_shape(urlsplit(link).path), urlsplit(link).path)
            walked.filters.setdefault(there, set()).update(n for n, _ in parse_qsl(urlsplit(link).query))
            waiting.append(link)
        for form in page.forms if page else ():
            typed = frozenset(form.typed - {"csrfmiddlewaretoken"})
            if form.method == "post" and typed and not NOT_FOLLOWED.search(form.action):
                walked.forms[_shape(form.action), typed] = form
            elif form.method == "get":
                there = found.setdefault(_shape(urlsplit(form.action).path), urlsplit(form.action).path)
                walked.filters.setdefault(there, set()).update(form.fields)
    return walked


def _encoded(values: dict[str, str]) -> str:
    pairs = ((name.encode(), value.encode("utf-8", "surrogatepass")) for name, value in values.items())
    return "&".join(f"{quote_from_bytes(name)}={quote_from_bytes(value)}" for name, value in pairs)


def _ask(client: Client, method: str, address: str, **more: Any) -> Any:
    """The answer; what the request did is undone."""
    cookies = copy(client.cookies)
    with transaction.atomic():
        answer = client.generic(method, address, **more)
        if hasattr(answer, "streaming_content"):
            answer.getvalue()
        transaction.set_rollback(True)
    client.cookies = cookies
    return answer


@pytest.fixture
def as_owner_of_much(as_owner: Client, customers: list[Customer], viewer: User, connection: Connection) -> Client:
    """An owner who sees something on every page."""
    CustomerGroup.objects.create(name="Gold", tags=["gold"])
    as_owner.raise_request_exception = False
    return as_owner


def _broken(answers: Iterator[tuple[str, str, Any]]) -> list[str]:
    return [f"{what} {naughty[:30]!a}: {answer.status_code}" for what, naughty, answer in answers if _is_broken(answer)]


def _is_broken(answer: Any) -> bool:
    leads = urlsplit(answer.headers.get("Location", ""))
    return answer.status_code >= 500 or "X-Injected" in answer.headers or leads.netloc not in {"", "testserver"}


def test_no_text_in_any_field_of_any_form_breaks_anything(as_owner_of_much: Client) -> None:
    client, forms = as_owner_of_much, _walk(as_owner_of_much).forms
    assert len(forms) >= FEWEST_FORMS, sorted(forms)

    def answers() -> Iterator[tuple[str, str, Any]]:
        for turn, ((action, typed), form) in enumerate(forms.items()):
            for naughty in NAUGHTY[turn % 8 :: 8]:  # every text meets every eighth form
                body = _encoded({**form.fields, **dict.fromkeys(typed, naughty)})
                kind = "application/x-www-form-urlencoded"
                yield action, naughty, _ask(client, "POST", form.action, data=body, content_type=kind)

    assert _broken(answers()) == []


def test_no_text_in_any_filter_breaks_anything(as_owner_of_much: Client) -> None:
    client, filters = as_owner_of_much, _walk(as_owner_of_much).filters
    assert sum(map(len, filters.values())) >= FEWEST_PARAMETERS, filters

    def answers() -> Iterator[tuple[str, str, Any]]:
        for turn, (path, names) in enumerate(filters.items()):
            for naughty in NAUGHTY[turn % 9 :: 9] if names and not NOT_FOLLOWED.search(path) else ():
                query = _encoded(dict.fromkeys(names, naughty))
                yield path, naughty, _ask(client, "GET", f"{path}?{query}")
            for place, name in enumerate(sorted(names) if path.endswith("/") else ()):
                for naughty in NAUGHTY[(turn + place) % 60 :: 60]:
                    yield f"{path} {name}", naughty, _ask(client, "GET", f"{path}?{_encoded({name: naughty})}")

    assert _broken(answers()) == []


def test_no_text_in_any_parameter_or_property_of_the_api_breaks_anything(as_owner_of_much: Client) -> None:
    client = as_owner_of_much
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]

    def answers() -> Iterator[tuple[str, str, Any]]:
        for turn, (path, operations) in enumerate(paths.items()):
            address = re.sub(r"\{\w+\}", "word", path)
            for method, operation in operations.items():
                names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
                for naughty in NAUGHTY[turn % 5 :: 5]:  # every text meets every fifth path
                    query = _encoded(dict.fromkeys(names, naughty))
                    body = json.dumps(
                        dict.fromkeys(("tenant_id", "name", "domain", "cloud", "tags", "connection"), naughty)
                    )
                    sent = {} if method == "get" else {"data": body, "content_type": "application/json"}
                    yield path, naughty, _ask(client, method.upper(), f"{address}?{query}", **sent)

    assert _broken(answers()) == []


def _received(naughty: str) -> str:
    """What the browser's bytes are to Django, which puts \ufffd for what is no character."""
    return naughty.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def test_tags_come_back_as_they_were_written_or_are_refused(as_agent: Client, customers: list[Customer]) -> None:
    customer = customers[0]
    address, kind = f"/customers/{customer.tenant_id}/", "application/x-www-form-urlencoded"
    for naughty in NAUGHTY:
        Customer.objects.update(tags=[])
        answer = as_agent.generic("POST", f"{address}tags/", _encoded({"tags": naughty}), content_type=kind)
        try:
            expected = parsed_tags(_received(naughty))
        except TagError:
            expected = []

        assert answer.status_code in {302, 400}
        customer.refresh_from_db()
        assert customer.tags == (expected if answer.status_code == 302 else [])
        page = Read(as_agent.get(address).content.decode(), address="/") if expected else None
        links = [value for link in page.links for name, value in parse_qsl(urlsplit(link).query)] if page else []
        assert set(customer.tags) <= set(links)


def test_names_of_people_come_back_as_they_were_written_or_are_refused(as_owner: Client) -> None:
    for naughty in NAUGHTY[::2]:
        body = _encoded({"name": naughty, "email": "new@partner.example", "role": "VIEWER"})
        answer = as_owner.generic("POST", "/people/new/", body, content_type="application/x-www-form-urlencoded")
        person = User.objects.filter(email="new@partner.example").first()

        assert answer.status_code in {200, 302, 400}
        if person is not None:
            assert person.name == _received(naughty).strip()
            listed = " ".join(unescape(as_owner.get("/people/").content.decode()).split())
            assert " ".join(person.name.split()) in listed
            person.delete()

"""Who asks in the matrix, and for what: one person of each role, some of them with a scope, and some with a token."""

import re
import time
import uuid
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client

from csp_portal.accounts.models import ApiToken, Role, User
from tests.rights.conftest import Trade, give_scope

UNKNOWN = uuid.UUID("77777777-7777-4777-8777-777777777777")
SCOPED = ("VIEWER", "SUPPORT_AGENT", "ACCESS_ADMIN")
PASSKEY = {"method": "mfa", "type": "webauthn"}
OTHERS = {
    "pk": "999999",
    "bounce": "999999",
    "escalation": "999999",
    "notice_pk": "999999",
    "wish_pk": "999999",
    "key": "unknown",
    **dict.fromkeys(("connection_id", "target_id", "delivery_id", "mailbox_id"), str(UNKNOWN)),
}


@dataclass(kw_only=True)
class World:
    trade: Trade
    people: dict[str, User] = field(default_factory=dict)

    def person(self, name: str) -> User:
        """ "VIEWER", "VIEWER only", "VIEWER all-except": made when first asked for."""
        if name not in self.people:
            role, _, scope = name.partition(" ")
            person = User(email=f"{uuid.uuid4()}@partner.example", name=name, role=Role(role))
            person.set_unusable_password()
            person.save()
            if scope == "only":
                person = give_scope(person, User.Sees.ONLY, self.trade.north)
            elif scope == "all-except":
                person = give_scope(person, User.Sees.ALL_EXCEPT, self.trade.south)
            self.people[name] = person
        return self.people[name]

    def client(self, name: str, *, proven_at: float | None = None) -> Client:
        """A browser in which the person has proved with a passkey who they are, just now or at another time."""
        client, person = Client(raise_request_exception=False), self.person(name)
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        session = client.session
        session["account_authentication_methods"] = [{"at": proven_at or time.time(), **PASSKEY}]
        session["account_authentication_methods_user"] = str(person.pk)
        session.save()
        return client

    def program(self, name: str, *scopes: str) -> Client:
        plain = ApiToken.objects.create(user=self.person(name), name="Matrix", scopes=list(scopes))[1]
        return Client(raise_request_exception=False, headers={"Authorization": f"Token {plain}"})

    def address(self, route: str, which: str) -> str:
        """The route with an object of ours, a foreign or an unknown one in it."""
        customer = {"own": self.trade.own.tenant_id, "foreign": self.trade.foreign.tenant_id}.get(which, UNKNOWN)
        issue = {"own": "EX2", "foreign": "EX3"}.get(which, "EX999")
        tickets = {"own": self.trade.own_ticket.pk, "foreign": self.trade.foreign_ticket.pk}
        values = {**OTHERS, "tenant_id": str(customer), "cloud": "global", "microsoft_id": issue}
        values["number"] = str(tickets.get(which, 999999))
        if route.startswith("/api/"):
            values["microsoft_id"] = f"global/{issue}"
        return re.sub(r"<(\w+)>", lambda part: values.get(part[1], "word"), route)

    def ask(self, client: Client, method: str, address: str, **more: Any) -> HttpResponseBase:
        """The answer; whatever the request did is undone, and the browser forgets what it was told to keep."""
        cookies = copy(client.cookies)
        if method not in {"GET", "HEAD"}:
            more |= {"data": "", "content_type": _type(address)}
        with transaction.atomic():
            answer: HttpResponseBase = client.generic(method, address, **more)
            transaction.set_rollback(True)
        client.cookies = cookies
        return answer


def _type(address: str) -> str:
    return "application/json" if address.startswith("/api/") else "application/x-www-form-urlencoded"


@pytest.fixture
def world(trade: Trade) -> World:
    return World(trade=trade)

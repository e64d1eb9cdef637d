"""Measures the pages in this process on seeded data: seconds, statements, and the floor in the same run."""

import html
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import md5
from statistics import quantiles
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.core.cache import caches
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.limits.models import Count
from csp_portal.system.bench.browser import BrowserFigures, look_at
from csp_portal.system.seed_access import seed_access
from csp_portal.system.seed_tickets import seed_tickets
from csp_portal.system.seeding import seed_database
from customers.models import Customer, Relationship, State
from health.models import Issue
from support.models import Ticket

WARM_UP, REQUESTS = 5, 60
ISSUES = 300
TICKETS_EACH = 100
DEEP = 60  # pages to turn; budget 9 asks what the last of them costs
FLOOR = "/bench/floor/"
LISTS = {  # for programs; budget 11 holds each against what the framework does by itself
    "plain list of tickets": "/bench/plain/tickets/",
    "list of tickets": "/api/v1/tickets/",
    "plain list of customers": "/bench/plain/customers/",
    "list of customers": "/api/v1/customers/",
}
_NEXT = re.compile(r'rel="next"\s+href="([^"]+)"')


@dataclass(frozen=True, kw_only=True)
class PageFigures:
    """Milliseconds at the 95th percentile, and statements, by page."""

    milliseconds: dict[str, float]
    statements: dict[str, int]


def probe_pages(customers: int) -> dict[str, Any]:
    """Every page at a tenth of the customers and at all of them, then the dashboard in a browser."""
    call_command("migrate", verbosity=0)
    user, client = _sign_in()
    with override_settings(ROOT_URLCONF="csp_portal.system.bench.urls", ALLOWED_HOSTS=["*"]):
        small = _measure(client, customers=max(100, customers // 10))
        large = _measure(client, customers=customers)
    seen: BrowserFigures | None = look_at("/", user=user)
    return {
        "small": small.milliseconds,
        "large": large.milliseconds,
        "statements": large.statements,
        "statements_small": small.statements,
        "browser": seen.as_json() if seen else None,
    }


def _sign_in() -> tuple[User, Client]:
    user = User.objects.filter(email="bench@portal.example").first() or User.objects.create_local(
        "bench@portal.example", name="Bench", role=Role.OWNER, password=timezone.now().isoformat()
    )
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return user, client


def _measure(client: Client, *, customers: int) -> PageFigures:
    _seed(customers)
    parts = (_pages(client), _access_pages(client), _desk_pages(client), LISTS)
    pages = {name: address for part in parts for name, address in part.items()}
    seconds: dict[str, list[float]] = {name: [] for name in pages}
    for part in parts:  # people look at customers' health, manage access, or work at the desk
        _look_at_all(client, {"floor": FLOOR, **part}, seconds)
    statements: dict[str, int] = {}
    for name, address in pages.items():
        with CaptureQueriesContext(connection) as captured, override_settings(PICTURE_SECONDS=0):
            caches["pictures"].clear()  # what is shared is drawn here, so that its statements count
            _get(client, address)
        statements[name] = len(captured)
    return PageFigures(
        milliseconds={name: quantiles(taken, n=20)[-1] * 1000 for name, taken in seconds.items()},
        statements=statements,
    )


def _look_at_all(client: Client, pages: Mapping[str, str], seconds: Mapping[str, list[float]]) -> None:
    """Each page REQUESTS times, in turn, so that a busy moment of the machine hits all of them alike."""
    for number in range(-WARM_UP, REQUESTS):
        Count.objects.all().delete()  # nobody turns pages so fast: the rates would refuse the measurement
        for name, address in pages.items():
            before = time.perf_counter()
            _get(client, address)
            if number >= 0:
                seconds[name].append(time.perf_counter() - before)


def _seed(customers: int) -> None:
    """An empty database, then a lifelike partner of this size."""
    models = [model for app in ("customers", "health", "support") for model in apps.get_app_config(app).get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(model._meta.db_table for model in models)} RESTART IDENTITY CASCADE")
    seed_database(customers=customers, issues=ISSUES, now=timezone.now(), seed=1)
    seed_access(now=timezone.now(), seed=1)
    seed_tickets(TICKETS_EACH * customers, now=timezone.now(), seed=1)


def _pages(client: Client) -> Mapping[str, str]:
    issue = Issue.objects.filter(is_resolved=False).order_by("-exposed_customers", "id")[0]
    customer = Customer.objects.filter(health=State.INCIDENT).order_by("id")[0]
    issue_page = f"/issues/{issue.cloud}/{issue.microsoft_id}/"
    return {
        "floor": FLOOR,
        "dashboard": "/",
        "customers": "/customers/",
        "customers, a deep page": _deep_page(client, "/customers/"),
        "customer": f"/customers/{customer.tenant_id}/",
        "customer's health": f"/customers/{customer.tenant_id}/health/",
        "matrix": "/matrix/",
        "issues": "/issues/",
        "issue": issue_page,
        "issue's customers": f"{issue_page}?tab=customers",
    }


def _access_pages(client: Client) -> Mapping[str, str]:
    relationship = Relationship.objects.filter(status=Relationship.Status.ACTIVE).order_by("id")[0]
    of_customer = f"customers/{relationship.customer_tenant_id}/"
    return {
        "relationships": "/delegated-access/",
        "relationships, a deep page": _deep_page(client, "/delegated-access/"),
        "relationships that end soon": "/delegated-access/?within=60",
        "relationship": f"/delegated-access/relationships/{relationship.pk}/",
        "customer's relationships": f"/delegated-access/{of_customer}",
        "capabilities": "/delegated-access/capabilities/",
        "capabilities, a deep page": _deep_page(client, "/delegated-access/capabilities/"),
        "capabilities of a customer": f"/delegated-access/capabilities/{relationship.customer_tenant_id}/",
        "forecast of expiry": "/delegated-access/expiry/",
    }


def _desk_pages(client: Client) -> Mapping[str, str]:
    rare = Ticket.objects.order_by("id")[0]
    return {
        "tickets": "/tickets/",
        "tickets, a deep page": _deep_page(client, "/tickets/?state=all"),
        "tickets, counts of views": "/tickets/views/",
        "ticket": f"/tickets/{rare.pk}/",
        "search, a common word": "/tickets/?q=outlook",
        "search, two words": "/tickets/?q=outlook+password",
        "search, a rare word": f"/tickets/?q={md5(str(rare.pk).encode(), usedforsecurity=False).hexdigest()}",
        "search, an absent word": "/tickets/?q=zirconium",
        "search, a number": f"/tickets/?q={rare.pk}",
        "search, a beginning": "/tickets/?q=outl",
        "search, Chinese": f"/tickets/?{urlencode({'q': '無法登入'})}",
        "search, absent Chinese": f"/tickets/?{urlencode({'q': '無登入法'})}",
        "search, an address": f"/tickets/?{urlencode({'q': rare.requester_address})}",
    }


def _deep_page(client: Client, address: str) -> str:
    """Where turning the page leads to in the end."""
    Count.objects.all().delete()
    here = address
    for _ in range(DEEP):
        found = _NEXT.search(_get(client, here))
        if found is None:
            break
        here = address.partition("?")[0] + html.unescape(found[1])
    return here


def _get(client: Client, address: str) -> str:
    answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code} instead of 200: there is nothing to measure.")
    return answer.content.decode()

"""The system page for owners, and the banner that tells everybody when what they see may be old."""

import platform
from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.system.vitals import read_queues, read_signs, read_vitals, warning_of
from customers.credentials import urgent_expiries
from customers.models import Connection
from customers.writes import read_switch

VERSIONS = (("Portal", settings.VERSION), ("Django", django.get_version()), ("Python", platform.python_version()))


@require_GET
@requires(Capability.MANAGE_PORTAL)
def overview(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    vitals = read_vitals(now=now)
    versions = (*VERSIONS, ("PostgreSQL", vitals.database_version))
    template = "system/_overview.html" if request.headers.get("HX-Request") else "system/overview.html"
    context = {"vitals": vitals, "versions": versions, "now": now, "switch": read_switch()}
    expiring = _expiring(vitals.connections, now=now)
    unknown = [one for one in expiring if not one["is_known"]]  # the banner, on each page, tells the others
    return render(request, template, {**context, "expiring": unknown})


def _expiring(connections: Iterable[Connection], *, now: datetime) -> list[dict[str, Any]]:
    """Which of our credentials end soon, have ended, or end nobody knows when, in words."""
    urgent = urgent_expiries(connections, now=now)
    return [
        {"connection": one.connection, "words": one.sentence(now), "is_known": one.at is not None} for one in urgent
    ]


@require_GET
def banner(request: HttpRequest) -> HttpResponse:
    """For everybody signed in: a warning, or nothing at all."""
    worker, sweep = read_signs(now=timezone.now())
    sentence, since = warning_of(worker=worker, sweep=sweep, redis_problem=read_queues().problem)
    is_for_me = may(cast(User, request.user), Capability.MANAGE_PORTAL)
    expiring = _expiring(Connection.objects.order_by("name"), now=timezone.now()) if is_for_me else []
    context = {"sentence": sentence, "since": since, "switch": read_switch()}
    return render(request, "system/_banner.html", {**context, "expiring": [one for one in expiring if one["is_known"]]})

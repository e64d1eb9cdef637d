"""A recorded week of 40 issues, lived through by the portal, leaves exactly what an independent reference expects.

`WEEK_TENANTS=3000 pytest tests/week` lives through it with as many tenants as the issue asks for.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from csp_portal.microsoft.clouds import load_clouds
from csp_portal.microsoft.sandbox.catalog import SERVICES
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from customers.models import Connection
from tests.week.knowledge import Knowledge, what_is_known
from tests.week.reference import Expected, Reference
from tests.week.rehearsal import Rehearsal, WeekClock

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

TENANTS = int(os.environ.get("WEEK_TENANTS", "60"))
STREAM: dict[str, Any] = json.loads(Path(__file__).with_name("week.json").read_text())
INTERVAL, INTERVAL_INCIDENT = timedelta(hours=12), timedelta(hours=4)


@dataclass(frozen=True, kw_only=True)
class Week:
    known: Knowledge
    expected: Expected
    rehearsal: Rehearsal


@pytest.fixture(scope="module")
def week(django_db_setup: None, django_db_blocker: Any, sandbox_state: Path) -> Iterator[Week]:
    """The week is lived through once, for all tests of this file; the database is empty again when they begin."""
    clock = WeekClock(datetime.fromisoformat(STREAM["starts"]))
    world = World(STREAM["seed"], TENANTS, clock, weight="none")
    world.token_life = 8 * 86_400  # by the week's clock; the portal's tokens live by the machine's
    with SandboxServer(world, state_dir=sandbox_state) as server, django_db_blocker.unblock():
        hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
        settings = {
            "MICROSOFT_CLOUDS": load_clouds({**hosts, "MICROSOFT_CA_BUNDLE": str(server.ca_bundle)}),
            "HEALTH_INTERVAL_SECONDS": int(INTERVAL.total_seconds()),
            "HEALTH_INTERVAL_INCIDENT_SECONDS": int(INTERVAL_INCIDENT.total_seconds()),
        }
        with override_settings(**settings):
            try:
                yield _live(server, clock=clock)
            finally:
                call_command("flush", interactive=False, verbosity=0, allow_cascade=True)


def _live(server: SandboxServer, *, clock: WeekClock) -> Week:
    began = clock.now
    rehearsal = Rehearsal(server=server, connection=_connection(server.world), stream=STREAM, clock=clock)
    rehearsal.live()
    known = what_is_known(server.world, began=began, now=clock.now)
    stale = 3 * int(INTERVAL.total_seconds()) // 60
    reference = Reference(STREAM, tenants=TENANTS, services=[one.name for one in SERVICES], stale=stale)
    for minute, tenant in rehearsal.readings:
        reference.read(tenant, at=minute)
    return Week(known=known, expected=reference.known, rehearsal=rehearsal)


def _connection(world: World) -> Connection:
    partner = world.partner
    connection = Connection(
        name="Week", cloud="custom", partner_tenant_id=partner.tenant_id, client_id=partner.client_id
    )
    connection.seal_secret("client_secret", partner.client_secret)
    connection.save()
    return connection


def test_nobody_is_asked_before_microsofts_time_to_wait_is_over(week: Week):
    assert week.expected.too_soon == []
    assert week.expected.refused["throttled"] >= len(week.rehearsal.readings) // 400


def test_every_kind_of_trouble_was_met(week: Week):
    kinds = {kind for _, kind, *_ in STREAM["faults"]} | set(STREAM["weather"]["of"])
    assert {kind for kind, count in week.expected.refused.items() if count} == kinds


def test_all_forty_issues_are_known_as_microsoft_last_told_them(week: Week):
    exposed = [key for key, one in _exposures(week.expected).items() if one[2] is None]
    assert week.known.issues == {
        issue_id: (
            one.listing.service,
            one.listing.classification,
            one.listing.status,
            one.listing.is_resolved,
            one.listing.modified,
            one.listing.ended,
            one.first_seen,
            one.changed,
            sum(issue == issue_id for issue, _ in exposed),
        )
        for issue_id, one in week.expected.issues.items()
    }
    assert len(week.known.issues) == 40


def test_every_post_is_kept_once_with_the_moment_it_was_first_read(week: Week):
    assert week.known.posts == week.expected.posts
    assert len(week.known.posts) > 200


def test_exposures_were_seen_and_cleared_when_the_customers_own_answers_said_so(week: Week):
    assert week.known.exposures == _exposures(week.expected)


def test_states_and_their_changes_follow_from_the_answers(week: Week):
    tenants = week.expected.tenants
    assert week.known.changes == {number: sorted(one.changes) for number, one in tenants.items() if one.changes}
    assert week.known.states == {
        (number, service): state for number, one in tenants.items() for service, state in one.states.items()
    }


def test_times_in_which_nobody_knew_are_written_down(week: Week):
    assert week.known.gaps == {number: one.gaps for number, one in week.expected.tenants.items() if one.gaps}
    assert week.known.gaps


def test_customers_are_as_bad_as_their_worst_service(week: Week):
    expected = {number: one.summary() for number, one in week.expected.tenants.items()}
    assert week.known.customers == expected


def test_minutes_add_up_to_what_was_known(week: Week):
    end = STREAM["minutes"]
    assert week.known.minutes == {
        (number, service): minutes
        for number, one in week.expected.tenants.items()
        for service, minutes in one.minutes(end=end, stale=3 * int(INTERVAL.total_seconds()) // 60).items()
    }


def _exposures(expected: Expected) -> dict[tuple[str, int], tuple[int, int, int | None]]:
    return {
        (issue_id, number): (one.first_seen, one.last_seen, one.cleared)
        for number, tenant in expected.tenants.items()
        for issue_id, one in tenant.exposures.items()
    }

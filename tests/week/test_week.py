"""A recorded week of 40 issues, lived through by the portal, leaves exactly what an independent reference expects.

`WEEK_TENANTS=3000 pytest tests/week` lives through it with as many tenants as the issue asks for: seven minutes of CPU.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import astuple, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings

from csp_portal.microsoft.clouds import Cloud, CloudName, load_clouds
from csp_portal.microsoft.sandbox.catalog import SERVICES
from csp_portal.microsoft.sandbox.server import SandboxServer
from csp_portal.microsoft.sandbox.world import World
from customers.models import Connection
from tests.week.knowledge import Knowledge, what_is_known
from tests.week.reference import Expected, Reference
from tests.week.rehearsal import Part, WeekClock, live

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

_COUNT = int(os.environ.get("WEEK_TENANTS", "60"))
TENANTS = {"custom": _COUNT, "china": _COUNT // 4}
SEEDS = {"custom": 4, "china": 5}  # the same issues under the same ids, and other customers
STREAM: dict[str, Any] = json.loads(Path(__file__).with_name("week.json").read_text())
INTERVAL, INTERVAL_INCIDENT = timedelta(hours=12), timedelta(hours=4)
STALE = 3 * int(INTERVAL.total_seconds()) // 60


@dataclass(frozen=True, kw_only=True)
class Week:
    """What became of one cloud's part: what the portal knows, and what it should know."""

    known: Knowledge
    expected: Expected
    readings: int


@pytest.fixture(scope="module")
def weeks(django_db_setup: None, django_db_blocker: Any, sandbox_state: Path) -> Iterator[dict[str, Week]]:
    """The week is lived through once, for all tests of this file, in both clouds at once."""
    clock = WeekClock(datetime.fromisoformat(STREAM["starts"]))
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        servers = {
            cloud: stack.enter_context(SandboxServer(_world(clock, cloud=cloud), state_dir=sandbox_state))
            for cloud in TENANTS
        }
        settings = {
            "MICROSOFT_CLOUDS": _clouds(servers),
            "HEALTH_INTERVAL_SECONDS": int(INTERVAL.total_seconds()),
            "TENANT_REQUESTS_PER_MINUTE": 100_000,  # the week lasts for minutes of the machine's clock
            "TENANT_REQUESTS_PER_HOUR": 100_000,
            "HEALTH_INTERVAL_INCIDENT_SECONDS": int(INTERVAL_INCIDENT.total_seconds()),
        }
        with override_settings(**settings):
            try:
                yield _live(servers, clock=clock)
            finally:
                call_command("flush", interactive=False, verbosity=0, allow_cascade=True)


@pytest.fixture(params=TENANTS)
def week(weeks: dict[str, Week], request: pytest.FixtureRequest) -> Week:
    return weeks[request.param]


def _world(clock: WeekClock, *, cloud: str) -> World:
    world = World(SEEDS[cloud], TENANTS[cloud], clock, weight="none")
    world.token_life = 8 * 86_400  # by the week's clock; the portal's tokens live by the machine's
    return world


def _clouds(servers: Mapping[str, SandboxServer]) -> dict[str, Cloud]:
    """Each cloud's hosts are those of its own sandbox."""
    clouds: dict[str, Cloud] = {}
    for cloud, server in servers.items():
        hosts = {f"MICROSOFT_{host}_URL": server.url for host in ("LOGIN", "GRAPH", "PARTNER_CENTER", "ARM")}
        custom = load_clouds({**hosts, "MICROSOFT_CA_BUNDLE": str(server.ca_bundle)})["custom"]
        clouds[cloud] = replace(custom, name=CloudName(cloud))
    return clouds


def _live(servers: Mapping[str, SandboxServer], *, clock: WeekClock) -> dict[str, Week]:
    began, weeks = clock.now, {}
    parts = {
        cloud: Part(
            server=server,
            connection=_connection(server.world, cloud=cloud),
            stream={**STREAM, "seed": SEEDS[cloud]},
        )
        for cloud, server in servers.items()
    }
    live(list(parts.values()), clock=clock, minutes=STREAM["minutes"])
    for cloud, part in parts.items():
        names = [one.name for one in SERVICES]
        reference = Reference(part.stream, tenants=TENANTS[cloud], services=names, stale=STALE)
        for minute, tenants in part.batches:
            reference.read_batch(tenants, at=minute)
        known = what_is_known(part.server.world, cloud=cloud, began=began, now=clock.now)
        readings = sum(len(tenants) for _, tenants in part.batches)
        weeks[cloud] = Week(known=known, expected=reference.known, readings=readings)
    return weeks


def _connection(world: World, *, cloud: str) -> Connection:
    partner = world.partner
    connection = Connection(name=cloud, cloud=cloud, partner_tenant_id=partner.tenant_id, client_id=partner.client_id)
    connection.seal_secret("client_secret", partner.client_secret)
    connection.save()
    return connection


def test_nobody_is_asked_before_microsofts_time_to_wait_is_over(week: Week):
    assert week.expected.too_soon == []
    assert week.expected.refused["throttled"] >= week.readings // 400


def test_every_issue_and_every_kind_of_trouble_was_met(weeks: dict[str, Week]):
    """In the larger cloud: in the smaller one some come and go between two readings of the few that they hit."""
    kinds = {kind for _, kind, *_ in STREAM["faults"]} | set(STREAM["weather"]["of"])
    assert {kind for kind, count in weeks["custom"].expected.refused.items() if count} == kinds
    assert len(weeks["custom"].known.issues) == len(STREAM["issues"]) == 40


def test_issues_are_known_as_microsoft_last_told_them(week: Week):
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


def test_minutes_of_each_month_add_up_to_what_was_known(week: Week):
    assert week.known.minutes == _minutes(week.expected)


def test_the_report_of_downtime_has_the_same_minutes_of_every_month_with_trouble(week: Week):
    troubled = {key: minutes for key, minutes in _minutes(week.expected).items() if minutes[0] + minutes[1]}
    assert week.known.downtimes == troubled
    assert any(incident for incident, *_ in troubled.values())


def test_alerts_were_raised_counted_and_closed_with_what_they_are_about(week: Week):
    expected = [astuple(alert) for alert in week.expected.alerts.raised]
    assert week.known.alerts == sorted(expected, key=str)


def _exposures(expected: Expected) -> dict[tuple[str, int], tuple[int, int, int | None]]:
    return {
        (issue_id, number): (one.first_seen, one.last_seen, one.cleared)
        for number, tenant in expected.tenants.items()
        for issue_id, one in tenant.exposures.items()
    }


def _minutes(expected: Expected) -> dict[tuple[int, str, int], tuple[float, ...]]:
    """By tenant, service and month the minutes of incident, degraded, unknown and healthy."""
    end, turn = STREAM["minutes"], 3 * 24 * 60  # the week begins on 26 February
    return {
        (number, service, month): minutes
        for number, one in expected.tenants.items()
        for month, (start, until) in {2: (0, turn), 3: (turn, end)}.items()
        for service, minutes in one.minutes(start=start, end=until, week=end, stale=STALE).items()
    }

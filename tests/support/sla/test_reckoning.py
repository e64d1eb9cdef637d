"""The clocks of promises against an independent reckoning: clock changes, holidays, pauses and changed policies."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from csp_portal.calendars.models import Calendar, Holiday, OpenSpan
from customers.models import Customer
from support.changes import change
from support.desk import open_ticket
from support.models import Channel, Queue, SlaClock, SlaPolicy, SlaTarget, Status, Ticket
from support.sla.sweep import follow_due, policy_changed
from support.values import NewTicket
from tests.support.sla.reference import Open, Step, reckon

# Both lie around nights in which clocks are changed: Berlin and New York, forwards and back; Taipei knows none.
STARTS = (
    datetime(2026, 3, 27, 6, tzinfo=UTC),
    datetime(2026, 10, 23, 6, tzinfo=UTC),
    datetime(2026, 3, 6, 6, tzinfo=UTC),
    datetime(2026, 10, 30, 6, tzinfo=UTC),
)
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Taipei", "UTC")
# Days that end at midnight, or nights over the change; no edge lies in the hours that a change repeats or leaves out.
SHAPES = ((540, 1020), (0, 1440), (480, 720), (1320, 1440), (0, 420))
PAUSED = {Status.WAITING_CUSTOMER.value}
STATUSES = (Status.OPEN, Status.WAITING_CUSTOMER, Status.WAITING_MICROSOFT, Status.VERIFYING)


@dataclass(frozen=True)
class Act:
    """After so many minutes: another status, or another policy (its hours and minutes), or just a look."""

    after: int
    status: Status | None
    policy: int | None


acts = st.lists(
    st.builds(
        Act,
        after=st.integers(min_value=1, max_value=2000),
        status=st.none() | st.sampled_from(STATUSES),
        policy=st.none() | st.integers(min_value=0, max_value=1),
    ),
    max_size=6,
)
# Public holidays of Germany in those weeks, from its statute book.
GERMAN = frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 10, 3)})
hours = st.builds(
    lambda zone, shape, days, off, is_german: Open(
        zone=zone,
        spans=tuple((day, *shape) for day in days),
        holidays=frozenset(date(2026, 10, 25 + one) for one in off) | (GERMAN if is_german else frozenset()),
    ),
    st.sampled_from(ZONES),
    st.sampled_from(SHAPES),
    st.sets(st.integers(min_value=0, max_value=6), min_size=2),
    st.sets(st.integers(min_value=0, max_value=4), max_size=2),
    st.booleans(),
)
targets = st.integers(min_value=1, max_value=3000)


def keep(open_hours: Open, name: str) -> Calendar:
    country = "DE" if open_hours.holidays >= GERMAN else ""
    calendar = Calendar.objects.create(name=name, zone=open_hours.zone, country=country)
    spans = (OpenSpan(calendar=calendar, weekday=d, begins=b, ends=e) for d, b, e in open_hours.spans or ())
    OpenSpan.objects.bulk_create(spans)
    Holiday.objects.bulk_create(
        Holiday(calendar=calendar, year=day.year, month=day.month, day=day.day) for day in open_hours.holidays - GERMAN
    )
    return calendar


class TestSolution(TestCase):
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        start=st.sampled_from(STARTS),
        both=st.tuples(hours, hours),
        minutes=st.tuples(targets, targets),
        steps=acts,
        last=st.integers(min_value=1, max_value=3000),
    )
    def test_used_time_and_breach_are_those_of_the_minutes(self, start, both, minutes, steps, last):
        calendars = [keep(one, f"hours {place}") for place, one in enumerate(both)]
        policy = SlaPolicy.objects.create(name="Promise", calendar=calendars[0])
        target = SlaTarget.objects.create(policy=policy, severity="C", solution=minutes[0])
        ticket, now = self.opened(start), start
        status, chosen = Status.NEW, 0
        known = [Step(at=start, is_paused=False, hours=both[0], target=minutes[0])]

        for act in steps:
            now += timedelta(minutes=act.after)
            if act.policy is not None and act.policy != chosen:
                chosen = act.policy
                SlaPolicy.objects.filter(pk=policy.pk).update(calendar=calendars[chosen])
                SlaTarget.objects.filter(pk=target.pk).update(solution=minutes[chosen])
                policy_changed(policy, now=now)
            if act.status is not None:
                status = act.status
                change(ticket.pk, values={"status": act.status}, by=None, now=now)
            follow_due(now=now)
            known.append(Step(at=now, is_paused=status in PAUSED, hours=both[chosen], target=minutes[chosen]))
        now += timedelta(minutes=last)
        Ticket.objects.filter(pk=ticket.pk).update(clocks_due_at=now)
        follow_due(now=now)

        expected = reckon(known, until=now)
        clock = SlaClock.objects.get(ticket=ticket, kind="SOLUTION")
        self.assertEqual(clock.used, timedelta(minutes=expected.used))
        self.assertEqual(clock.breached_at, expected.breached_at)

    def opened(self, now: datetime) -> Ticket:
        customer = Customer.objects.create(tenant_id=UUID(int=9), cloud="global", name="Contoso", source="FILE")
        queue = Queue.objects.get_or_create(name="Support")[0]
        new = NewTicket(subject="Help", text="Help", queue=queue, channel=Channel.MAIL, customer=customer)
        return open_ticket(new, by=None, now=now)


pytestmark = pytest.mark.django_db

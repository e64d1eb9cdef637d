"""Microsoft's words turned into ours."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.graph import HealthAnswer
from customers.models import State
from health.models import Issue
from health.normalize import HealthFacts, issue_facts, newest, normalize_health, status_of
from tests.health.answers import answer, issue, post, service

SAMPLES = Path(__file__).parents[3] / "shared" / "reference" / "graph-samples"
STATUSES = [
    "serviceOperational",
    "investigating",
    "restoringService",
    "verifyingService",
    "serviceRestored",
    "postIncidentReviewPublished",
    "serviceDegradation",
    "serviceInterruption",
    "extendedRecovery",
    "falsePositive",
    "investigationSuspended",
    "resolved",
    "mitigatedExternal",
    "mitigated",
    "resolvedExternal",
    "confirmed",
    "reported",
]


def facts(*services: dict[str, Any]) -> HealthFacts:
    return normalize_health(answer(*services).services())


def sample(name: str) -> Any:
    if not SAMPLES.is_dir():
        pytest.skip("the samples of ../shared/reference/graph-samples are not beside this checkout")
    return json.loads((SAMPLES / name).read_text())


def test_the_samples_of_microsofts_documentation_are_read_as_they_are():
    told = sample("admin_serviceAnnouncement_healthOverviews__expand_issues.json")
    read = normalize_health(HealthAnswer(raw_services=tuple(told["value"])).services())
    assert [(one.name, one.state, one.status_raw) for one in read.services] == [
        ("Exchange Online", State.HEALTHY, "ServiceOperational")
    ]
    found = read.issues["EX226574"]
    assert found.classification == Issue.Classification.ADVISORY
    assert (found.status, found.is_resolved) == (Issue.Status.RESTORED, True)
    assert len(found.posts) == 1


def test_the_sample_without_issues_is_read_too():
    told = sample("admin_serviceAnnouncement_healthOverviews.json")
    read = normalize_health(HealthAnswer(raw_services=tuple(told["value"])).services())
    assert {one.state for one in read.services} == {State.HEALTHY}
    assert read.issues == {}


@pytest.mark.parametrize("raw", STATUSES)
def test_every_documented_status_is_known_in_any_spelling(raw):
    assert status_of(raw) == status_of(raw.upper()) == status_of(raw[0].upper() + raw[1:])
    assert status_of(raw)[0] != Issue.Status.OTHER


@given(st.text())
def test_a_status_nobody_has_heard_of_is_never_healthy(raw):
    status, state = status_of(raw)
    if raw.strip().casefold() not in {known.casefold() for known in STATUSES}:
        assert (status, state) == (Issue.Status.OTHER, State.UNKNOWN)


def test_an_unheard_of_status_keeps_its_raw_value():
    read = facts(service(status="gradualRecovery")).services[0]
    assert (read.state, read.status, read.status_raw) == (State.UNKNOWN, Issue.Status.OTHER, "gradualRecovery")


@pytest.mark.parametrize(
    ("status", "issues", "state"),
    [
        ("serviceOperational", [], State.HEALTHY),
        ("serviceOperational", [issue()], State.DEGRADED),
        ("serviceOperational", [issue(classification="incident")], State.INCIDENT),
        ("serviceOperational", [issue(classification="Incident", isResolved=True)], State.HEALTHY),
        ("serviceOperational", [issue(status="serviceInterruption")], State.INCIDENT),
        ("serviceOperational", [issue(status="gradualRecovery")], State.UNKNOWN),
        ("serviceInterruption", [], State.INCIDENT),
        ("serviceDegradation", [issue(status="gradualRecovery")], State.DEGRADED),
        ("unknownFutureValue", [issue()], State.DEGRADED),
    ],
)
def test_a_service_is_as_bad_as_its_status_and_its_worst_open_issue(status, issues, state):
    assert facts(service("Exchange", "Exchange Online", *issues, status=status)).services[0].state == state


def test_a_resolved_issue_with_an_unheard_of_status_is_not_called_healthy():
    sent = answer(service("E", "E", issue(status="gradualRecovery", isResolved=True))).services()[0].issues[0]
    assert issue_facts(sent).state == State.UNKNOWN


def test_a_service_named_twice_counts_once_with_its_worse_state():
    read = facts(service(status="serviceInterruption"), service())
    assert [one.state for one in read.services] == [State.INCIDENT]


def test_an_issue_named_under_two_services_counts_once_in_its_latest_version():
    old = issue(title="old", lastModifiedDateTime="2026-11-22T08:00:00Z")
    read = facts(service("A", "A", issue(title="new")), service("B", "B", old))
    assert [one.title for one in read.issues.values()] == ["new"]


def test_the_newest_version_of_an_issue_carries_the_posts_of_all():
    old = issue(posts=[post("first")], lastModifiedDateTime="2026-11-22T08:00:00Z", title="old")
    versions = [facts(service("A", "A", one)).issues["EX1"] for one in (issue(posts=[post("second")]), old)]
    found = newest(versions)
    assert (found.title, {one.content for one in found.posts}) == ("Mail is slow", {"first", "second"})


def test_an_id_too_long_to_keep_is_refused_with_its_name():
    with pytest.raises(UnexpectedAnswer, match="XXXXX"):
        facts(service("A", "A", issue("X" * 41)))


@pytest.mark.parametrize("id_", ["EX/1", 'EX"1', "EX\n1", "EX?1", "EX#1", "EX\\1"])
def test_an_id_that_would_break_the_address_of_its_page_is_refused(id_):
    with pytest.raises(UnexpectedAnswer, match="can't be part of an address"):
        facts(service("A", "A", issue(id_)))


def test_a_date_beyond_the_calendar_is_refused_as_no_date():
    with pytest.raises(UnexpectedAnswer, match="not a date"):
        facts(service("A", "A", issue(startDateTime="9999-12-31T23:59:59-23:59")))


def test_empty_dates_are_no_dates():
    found = facts(service("A", "A", issue(startDateTime="", endDateTime="", lastModifiedDateTime=None))).issues["EX1"]
    assert (found.started_at, found.ended_at, found.last_modified_at) == (None, None, None)


_texts = st.text(max_size=700)
_issues = st.builds(
    issue,
    st.text(min_size=1, max_size=40),
    service=st.text(min_size=1),
    title=_texts,
    status=st.text(min_size=1),
    classification=_texts,
    feature=_texts,
    impactDescription=_texts,
    isResolved=st.booleans(),
    posts=st.lists(st.builds(post, _texts), max_size=3),
)


@given(st.lists(st.builds(service, st.text(min_size=1, max_size=100), st.text(min_size=1), _issues), max_size=4))
def test_whatever_microsoft_writes_fits_into_our_columns_and_keeps_no_nul(services):
    try:
        read = facts(*services)
    except UnexpectedAnswer:
        return  # an id that can't be kept
    columns = {field.name: field for field in Issue._meta.concrete_fields}
    for found in read.issues.values():
        for name in ("title", "service_name", "feature", "status_raw", "classification_raw", "origin_raw", "impact"):
            value = getattr(found, name)
            assert "\x00" not in value
            assert len(value) <= (getattr(columns[name], "max_length", None) or len(value))
        assert all("\x00" not in one.content for one in found.posts)
    assert len({one.microsoft_id for one in read.services}) == len(read.services)

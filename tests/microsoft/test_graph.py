"""What we make of Microsoft Graph's answers."""

import copy
import random
from datetime import UTC, datetime

import pytest

from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.graph import (
    HealthAnswer,
    read_health,
)

TOKEN = "a-token"
HEALTH = "/v1.0/admin/serviceAnnouncement/healthOverviews"
RELATIONSHIPS = "/v1.0/tenantRelationships/delegatedAdminRelationships"


def issue(number, **changes):
    return {
        "id": f"EX{number}",
        "title": "Mail is late",
        "service": "Exchange Online",
        "status": "serviceDegradation",
        "classification": "incident",
        "isResolved": False,
        "startDateTime": "2026-08-01T10:00:00Z",
        "posts": [
            {
                "createdDateTime": f"2026-08-01T1{n}:00:00Z",
                "postType": "regular",
                "description": {"contentType": "html", "content": f"<p>{n}</p>"},
            }
            for n in range(3)
        ],
        **changes,
    }


def services():
    return [
        {
            "id": "Exchange",
            "service": "Exchange Online",
            "status": "serviceDegradation",
            "issues": [issue(1), issue(2), issue(3)],
        },
        {"id": "Lync", "service": "Teams", "status": "serviceOperational", "issues": []},
    ]


def answer(raw):
    return HealthAnswer(raw_services=tuple(raw))


def read(http, microsoft):
    return read_health(http, cloud=microsoft.cloud(), token=TOKEN)


def test_one_request_reads_the_health_of_a_tenant(http, microsoft):
    microsoft.answer(HEALTH, {"value": services()})
    health = read(http, microsoft)
    assert [len(service.issues) for service in health.services()] == [3, 0]
    assert [seen.query for seen in microsoft.seen] == [{"$expand": "issues"}]


def test_the_sample_of_microsofts_documentation_is_read_as_it_is(http, microsoft, sample):
    microsoft.answer(HEALTH, sample("admin_serviceAnnouncement_healthOverviews__expand_issues"))
    (exchange,) = read(http, microsoft).services()
    assert (exchange.id, exchange.service, exchange.status) == ("Exchange", "Exchange Online", "ServiceOperational")
    (found,) = exchange.issues
    assert (found.id, found.classification, found.origin, found.status) == (
        "EX226574",
        "Advisory",
        "Microsoft",
        "ServiceRestored",
    )
    assert found.feature_group == "Management and Provisioning"
    assert found.started_at == datetime(2020, 11, 4, tzinfo=UTC)
    assert found.last_modified_at == datetime(2020, 11, 20, 17, 56, 31, 390000, tzinfo=UTC)
    assert found.is_resolved
    assert found.posts[0].kind == "Regular"
    assert found.posts[0].content.startswith("Title: Exchange Online service has login issue.")


def test_the_sample_without_issues_is_read_too(http, microsoft, sample):
    microsoft.answer(HEALTH, sample("admin_serviceAnnouncement_healthOverviews"))
    assert all(service.issues == () for service in read(http, microsoft).services())


def test_unheard_of_values_are_kept_as_sent():
    raw = services()
    raw[0]["status"] = "serviceOnFire"
    raw[0]["issues"] = [issue(1, status="unknownFutureValue", classification="Rumor", origin="moon")]
    service = answer(raw).services()[0]
    assert service.status == "serviceOnFire"
    assert (service.issues[0].status, service.issues[0].classification) == ("unknownFutureValue", "Rumor")


@pytest.mark.parametrize("empty", ["", None, "0001-01-01T00:00:00Z"])
def test_empty_dates_are_no_dates(empty):
    (service, _) = answer([{**services()[0], "issues": [issue(1, endDateTime=empty)]}, services()[1]]).services()
    assert service.issues[0].ended_at is None


def test_a_date_that_is_none_is_for_a_person():
    with pytest.raises(UnexpectedAnswer, match="endDateTime"):
        answer([{**services()[0], "issues": [issue(1, endDateTime="yesterday")]}]).services()


@pytest.mark.parametrize("missing", ["id", "service", "status"])
def test_a_missing_field_that_we_cannot_do_without_is_named(missing):
    broken_service = services()[0]
    del broken_service[missing]
    with pytest.raises(UnexpectedAnswer, match=f"service without the field {missing}"):
        answer([broken_service]).services()
    broken_issue = issue(1)
    del broken_issue[missing]
    with pytest.raises(UnexpectedAnswer, match=f"issue without the field {missing}"):
        answer([{**services()[0], "issues": [broken_issue]}]).services()


def test_an_issue_that_does_not_say_it_is_resolved_is_not():
    raw = issue(1)
    del raw["isResolved"]
    assert not answer([{**services()[0], "issues": [raw]}]).services()[0].issues[0].is_resolved


@pytest.mark.parametrize("broken", ["none", [1], {"EX1": {}}])
def test_issues_in_another_shape_are_not_taken_for_no_issues(broken):
    health = answer([{**services()[0], "issues": broken}])
    with pytest.raises(UnexpectedAnswer):
        health.services()
    with pytest.raises(UnexpectedAnswer):
        health.fingerprint()


def shuffled(value, dice):
    if isinstance(value, dict):
        pairs = [(key, shuffled(inner, dice)) for key, inner in value.items()]
        dice.shuffle(pairs)
        return dict(pairs)
    if isinstance(value, list):
        inner = [shuffled(item, dice) for item in value]
        dice.shuffle(inner)
        return inner
    return value


def test_the_fingerprint_does_not_depend_on_any_order(http, microsoft):
    expected = answer(services()).fingerprint()
    assert len(expected) == 16
    for seed in range(20):
        raw = shuffled(services(), random.Random(seed))
        microsoft.answer(HEALTH, {"@odata.context": f"https://{seed}.example", "value": raw})
        assert read(http, microsoft).fingerprint() == expected


def every_leaf(value, path=()):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from every_leaf(inner, (*path, key))
    elif isinstance(value, list):
        for position, inner in enumerate(value):
            yield from every_leaf(inner, (*path, position))
    else:
        yield path


@pytest.mark.parametrize("path", list(every_leaf(services())), ids=lambda path: ".".join(map(str, path)))
def test_the_fingerprint_changes_with_every_field_we_use(path):
    changed = copy.deepcopy(services())
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = not place[path[-1]] if path[-1] == "isResolved" else "other"
    assert answer(changed).fingerprint() != answer(services()).fingerprint()


def test_the_fingerprint_ignores_what_we_do_not_use():
    noisy = services()
    noisy[0]["@odata.etag"] = "7"
    noisy[0]["issues"][0]["details"] = [{"name": "NotifyInApp", "value": "True"}]
    assert answer(noisy).fingerprint() == answer(services()).fingerprint()


def test_a_new_post_and_a_vanished_issue_change_the_fingerprint():
    fewer, more = services(), services()
    fewer[0]["issues"].pop()
    more[0]["issues"][0]["posts"].append(more[0]["issues"][0]["posts"][0])
    assert len({answer(raw).fingerprint() for raw in (services(), fewer, more)}) == 3


def test_health_in_pages_is_one_answer(http, microsoft):
    first, second = services()
    microsoft.answer(HEALTH, {"value": [first], "@odata.nextLink": f"{microsoft.url}/v1.0/second"})
    microsoft.answer("/v1.0/second", {"value": [second]})
    assert read(http, microsoft).fingerprint() == answer(services()).fingerprint()


def test_issues_in_pages_are_one_list(http, microsoft):
    first, second = services()
    rest = first["issues"][1:]
    paged = {**first, "issues": first["issues"][:1], "issues@odata.nextLink": f"{microsoft.url}/v1.0/rest"}
    microsoft.answer(HEALTH, {"value": [paged, second]})
    microsoft.answer("/v1.0/rest", {"value": rest})
    assert read(http, microsoft).fingerprint() == answer(services()).fingerprint()


def test_issues_on_a_foreign_page_are_refused(http, microsoft, elsewhere):
    elsewhere.answer("/v1.0/rest", {"value": []})
    paged = {**services()[0], "issues@odata.nextLink": f"{elsewhere.url}/v1.0/rest"}
    microsoft.answer(HEALTH, {"value": [paged]})
    with pytest.raises(UnexpectedAnswer, match="next page"):
        read_health(http, cloud=microsoft.cloud(arm_url=elsewhere.url), token=TOKEN)
    assert elsewhere.seen == []


def test_an_empty_answer_is_an_answer_with_no_services(http, microsoft):
    microsoft.answer(HEALTH, {"value": []})
    assert read(http, microsoft).services() == ()

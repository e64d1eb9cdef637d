"""The world and its story: the same from the same seed, and told by the clock alone."""

from datetime import UTC, datetime

import pytest

from csp_portal.microsoft.sandbox.story import Tempo
from csp_portal.microsoft.sandbox.world import World

START = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


@pytest.fixture
def demo(clock):
    world = World(5, 60, clock)
    world.tell_story()
    return world


def open_story(world):
    """The story's incidents that are not restored, with the tenants they have reached."""
    now = world.now()
    told = [(issue, issue.state(issue.version_at(now))) for issue in world.story.issues_at(now)]
    return [
        (issue, state, sum(issue.is_at(tenant.index, now=now) for tenant in world.tenants))
        for issue, state in told
        if not state.is_resolved
    ]


def test_the_same_seed_makes_the_same_world():
    one, two = (World(9, 50, lambda: START) for _ in range(2))

    assert [(t.tenant_id, t.name, t.domain) for t in one.tenants] == [
        (t.tenant_id, t.name, t.domain) for t in two.tenants
    ]
    assert [issue.as_json(99) for issue in one.issues()] == [issue.as_json(99) for issue in two.issues()]
    assert one.partner.client_secret == two.partner.client_secret
    assert one.partner.client_secret != World(10, 1, lambda: START).partner.client_secret


def test_a_larger_world_begins_with_the_same_customers():
    few, many = World(9, 20, lambda: START, weight="none"), World(9, 200, lambda: START, weight="none")

    assert [tenant.tenant_id for tenant in few.tenants] == [tenant.tenant_id for tenant in many.tenants[:20]]
    assert [tenant.name for tenant in few.tenants] == [tenant.name for tenant in many.tenants[:20]]


def test_ten_thousand_customers_all_have_names_and_domains_of_their_own():
    world = World(1, 10_000, lambda: START, weight="none")

    for names in (
        {t.tenant_id for t in world.tenants},
        {t.domain for t in world.tenants},
        {t.name for t in world.tenants},
    ):
        assert len(names) == 10_000


def test_customers_come_from_many_countries():
    world = World(1, 60, lambda: START)

    assert {"TW", "DE", "GB", "ES", "FR", "JP"} <= {tenant.country for tenant in world.tenants}


def test_no_mail_could_reach_a_real_company():
    world = World(1, 2000, lambda: START, weight="none")

    addresses = [tenant.domain for tenant in world.tenants] + [person.email for person in world.partner.people]

    assert all(address.endswith(".example") for address in addresses)


def test_a_heavy_tenant_weighs_as_much_as_was_measured(wire_of):
    sizes = [len(wire_of(index)) for index in range(0, 60, 5)]

    assert 180_000 < sum(sizes) / len(sizes) < 290_000


@pytest.fixture
def wire_of(clock):
    world = World(1, 60, clock, weight="heavy")
    return lambda index: b"".join(
        issue.listing(v).json for issue, v in world.issues_of(world.tenants[index], now=world.now())
    )


def test_the_first_incident_appears_within_twenty_seconds(demo, clock):
    assert open_story(demo) == []

    clock.move(20)

    assert len(open_story(demo)) == 1


def test_an_incident_spreads_is_reported_on_and_is_restored(demo, clock):
    seen = []
    for _ in range(6):
        clock.move(60)
        seen += [(len(state.posts), hit) for _, state, hit in open_story(demo)]
    clock.move(30)

    posts, hits = [p for p, _ in seen], [h for _, h in seen]
    assert posts == sorted(posts)
    assert posts[-1] > posts[0] + 4
    assert hits == sorted(hits)
    assert hits[-1] > 3 * hits[0]
    assert open_story(demo) == []
    last = demo.story.issues_at(demo.now())[-1]
    assert last.state(last.version_at(demo.now())).status == "serviceRestored"


def test_the_story_never_ends(demo, clock):
    ids = set()
    for _ in range(20):
        clock.move(Tempo().chapter)
        ids |= {issue.id for issue in demo.story.issues_at(demo.now())}

    assert len(ids) >= 19
    assert len(demo.story.issues_at(demo.now())) <= 6


def test_the_tempo_can_be_set(clock):
    world = World(5, 10, clock, weight="none")
    world.tell_story(Tempo(first_after=1, spread_every=1, post_every=2, restored_after=8, pause=2))
    clock.move(2)
    assert len(open_story(world)) == 1

    clock.move(8)

    assert open_story(world) == []


def test_a_scripted_issue_lives_as_told(world, clock, wire, contoso, fabrikam):
    issue = world.break_service("Microsoft Teams", tenants=[contoso], title="Chats are silent")
    clock.move(60)
    issue.post("<p>We know why.</p>", status="restoringService")
    issue.spread([world.tenant(fabrikam)])

    teams = {s["id"]: s for s in wire.health(fabrikam).json()["value"]}["microsoftteams"]

    assert teams["status"] == "restoringService"
    [shown] = teams["issues"]
    assert (shown["id"], shown["title"], shown["isResolved"]) == (issue.id, "Chats are silent", False)
    assert shown["posts"][-1]["description"]["content"] == "<p>We know why.</p>"


def test_a_restored_service_is_soon_simply_operational(world, clock, wire, contoso):
    issue = world.break_service("Microsoft Teams", tenants=[contoso])
    issue.restore()
    teams = next(s for s in wire.health(contoso).json()["value"] if s["id"] == "microsoftteams")
    assert (teams["status"], teams["issues"][0]["isResolved"]) == ("serviceRestored", True)

    clock.move(1801)

    teams = next(s for s in wire.health(contoso).json()["value"] if s["id"] == "microsoftteams")
    assert (teams["status"], len(teams["issues"])) == ("serviceOperational", 1)


def test_a_vanished_issue_is_no_longer_listed(world, wire, contoso):
    issue = world.break_service("Microsoft Teams")
    assert wire.issue_ids(contoso) == {issue.id}

    issue.vanish()

    assert wire.issue_ids(contoso) == set()


def test_a_share_of_the_tenants_is_hit(clock):
    world = World(1, 1000, clock, weight="none")

    issue = world.break_service("Exchange Online", fraction=0.25)

    assert sum(issue.is_at(tenant.index, now=world.now()) for tenant in world.tenants) == 250


def test_one_post_carries_all_that_a_reader_must_throw_away(demo):
    posts = " ".join(post.post for issue in demo.issues() for post in issue.state(99).posts)

    for nasty in ("<script>", "<img", "onerror=", "javascript:", "<iframe", "onmouseover=", "<form"):
        assert nasty in posts
    assert "<table" in posts


def test_a_demo_has_customers_that_cannot_be_read(demo, clock):
    demo.add_standing_faults()

    assert sum(tenant.consent_missing for tenant in demo.tenants) == 1
    assert sum(tenant.fail_with == 403 for tenant in demo.tenants) == 1
    assert sum(tenant.throttle_cycle is not None for tenant in demo.tenants) == 1

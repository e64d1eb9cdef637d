"""The control desk: another process breaks and mends things, and no web page can."""

import pytest


@pytest.fixture
def tell(wire):
    return lambda path, **asked: wire.call("POST", f"/_sandbox/{path}", json=asked)


def test_an_incident_is_begun_told_on_and_restored(tell, wire, contoso, fabrikam):
    begun = tell("issues", service="Exchange Online", tenants=[contoso], title="Mail waits").json()
    tell(f"issues/{begun['id']}/post", html="<p>Soon.</p>")
    tell(f"issues/{begun['id']}/spread", tenants=[fabrikam])
    ended = tell(f"issues/{begun['id']}/restore").json()

    assert begun["tenants"] == [contoso]
    assert set(ended["tenants"]) == {contoso, fabrikam}
    assert (ended["posts"], ended["is_resolved"]) == (3, True)
    assert wire.issue_ids(fabrikam) == {begun["id"]}


def test_a_fault_is_set_and_healed(tell, wire, contoso):
    assert tell("faults", tenant=contoso, throttled_for=120).json() == {"tenants": 1}
    assert wire.health(contoso).status_code == 429

    tell("faults", tenant=contoso, heal=True)

    assert wire.health(contoso).status_code == 200


def test_all_tenants_fail_together(tell, wire, world, contoso, fabrikam):
    tell("faults", tenant="*", fail_with=503)

    assert {wire.health(tenant).status_code for tenant in (contoso, fabrikam, world.partner.tenant_id)} == {503}


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("faults", {"tenant": "nobody.example", "fail_with": 500}),
        ("faults", {"tenant": "*", "name": "Renamed"}),
        ("faults", {"tenant": "*", "fail_with": "often"}),
        ("issues", {"service": "Clippy"}),
        ("issues/EX1/restore", {}),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(tell, world, path, asked):
    names = [tenant.name for tenant in world.tenants]

    answer = tell(path, **asked)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert [tenant.name for tenant in world.tenants] == names


def test_a_form_of_a_web_page_is_not_listened_to(wire, world, contoso):
    answer = wire.call("POST", "/_sandbox/faults", data={"tenant": contoso, "fail_with": "500"})

    assert answer.status_code == 415
    assert world.tenants[0].fail_with is None


def test_issues_and_counts_can_be_looked_at(tell, wire, contoso):
    begun = tell("issues", service="Planner", fraction=0.5).json()
    wire.health(contoso)

    assert wire.call("GET", "/_sandbox/issues").json() == [begun]
    assert wire.call("GET", "/_sandbox/requests").json()["graph"] == 1

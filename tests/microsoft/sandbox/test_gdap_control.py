"""What customers, colleagues and Microsoft do behind the portal's back, told to the control desk or done on a page."""

import hashlib
import re
from base64 import b64encode

import pytest

RELATIONSHIPS = "/v1.0/tenantRelationships/delegatedAdminRelationships"
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"


@pytest.fixture
def tell(wire):
    return lambda path, **asked: wire.call("POST", f"/_sandbox/gdap/{path}", json=asked)


@pytest.fixture
def write(wire, world):
    def _write(method, path, *, etag="", **body):
        headers = {"Authorization": f"Bearer {wire.token(world.partner.tenant_id)}"}
        if etag:
            headers["If-Match"] = etag
        return wire.call(method, f"{RELATIONSHIPS}{path}", headers=headers, json=body)

    return _write


@pytest.fixture
def invite(write):
    """A relationship that waits for a customer."""

    def _invite(**more):
        roles = {"unifiedRoles": [{"roleDefinitionId": READER}]}
        made = write("POST", "", displayName="Invitation", duration="P30D", accessDetails=roles, **more).json()
        assert write("POST", f"/{made['id']}/requests", action="lockForApproval").status_code == 201
        return made["id"]

    return _invite


@pytest.fixture
def status_of(wire):
    return lambda relationship_id: wire.partner(f"{RELATIONSHIPS}/{relationship_id}").json()["status"]


def test_a_customer_approves_and_removes_a_relationship(tell, invite, status_of, clock, contoso):
    invited = invite()

    assert tell(f"relationships/{invited}/approve", tenant=contoso).json()["status"] == "approved"
    clock.move(2)
    assert status_of(invited) == "active"
    assert tell(f"relationships/{invited}/remove").json()["status"] == "terminationRequested"
    clock.move(2)
    assert status_of(invited) == "terminated"


def test_a_change_on_microsofts_side_is_another_etag(tell, wire, write, invite):
    invited = invite()
    before = wire.partner(f"{RELATIONSHIPS}/{invited}").json()["@odata.etag"]

    assert tell(f"relationships/{invited}/touch").json()["@odata.etag"] != before
    assert write("PATCH", f"/{invited}", etag=before, displayName="Late").status_code == 412


def test_the_next_writes_fail_as_told_and_every_call_is_counted(tell, wire, write, invite):
    invited = invite()
    tell("faults", answer=429, times=2, retry_after=7, relationships=[invited])
    answers = [write("POST", f"/{invited}/requests", action="terminate") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 409]
    assert answers[0].headers["Retry-After"] == "7"
    calls = {one["verb"]: one for one in wire.call("GET", "/_sandbox/gdap/calls").json()}
    assert (calls["POST"]["calls"], calls["POST"]["made"]) == (1, 1)
    requests = calls["POST requests"]
    assert (requests["calls"], requests["made"]) == (4, 1)
    assert requests["answers"] == {"201": 1, "429": 2, "409": 1}


def test_a_group_loses_a_member_and_goes_away(tell, world):
    directory = world.gdap.directory
    helpdesk = directory.named("Helpdesk")
    member = min(helpdesk.members)

    tell(f"groups/{helpdesk.id}/remove", member=member)
    assert member not in {one.id for one in directory.people_in(helpdesk)}
    tell(f"groups/{helpdesk.id}/add", member=member)
    assert member in {one.id for one in directory.people_in(helpdesk)}
    tell("groups/Helpdesk/delete")
    assert helpdesk.id not in directory.groups


def test_an_assignment_fails(tell, write, invite, world, wire):
    invited = invite()
    tell("settings", pace=0)
    tell(f"relationships/{invited}/approve", tenant=world.tenants[0].tenant_id)
    container = {"accessContainerId": world.gdap.directory.named("Helpdesk").id, "accessContainerType": "securityGroup"}
    details = {"unifiedRoles": [{"roleDefinitionId": READER}]}
    made = write("POST", f"/{invited}/accessAssignments", accessContainer=container, accessDetails=details)
    assert made.headers["Location"].endswith(made.json()["id"])

    tell(f"relationships/{invited}/fail", assignment=made.json()["id"])

    listed = wire.partner(f"{RELATIONSHIPS}/{invited}/accessAssignments").json()["value"]
    assert [one["status"] for one in listed] == ["error"]


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("faults", {"answer": 418}),
        ("relationships/none/approve", {}),
        ("groups/none/delete", {}),
        ("groups/Helpdesk/rename", {}),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(tell, path, asked):
    answer = tell(path, **asked)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_microsofts_link_leads_to_the_invitation(wire):
    """The part behind the # reaches no server: the page's one script goes on from there, and nothing else may run."""
    home = wire.call("GET", "/AdminPortal/Home")

    (script,) = re.findall(r"<script>(.*)</script>", home.text)
    assert b64encode(hashlib.sha256(script.encode()).digest()).decode() in home.headers["Content-Security-Policy"]
    assert "/AdminPortal/Invitation/" in script


def test_a_global_administrator_approves_on_the_page_once(wire, invite, world, status_of, clock):
    world.tenants[0].name = "<b>Contoso"
    invited = invite(customer={"tenantId": world.tenants[0].tenant_id})
    place = f"/AdminPortal/Invitation/{invited}"
    page = wire.call("GET", place).text
    assert "Global Reader" in page
    assert "&lt;b&gt;Contoso" in page

    assert "stays open" in wire.call("POST", place, data={"decision": ""}).text
    assert "Approved" in wire.call("POST", place, data={"decision": "approve"}).text
    clock.move(2)

    assert status_of(invited) == "active"
    assert "not open" in wire.call("GET", place).text
    assert wire.call("POST", place, data={"decision": "approve"}).status_code == 409


def test_an_invitation_for_nobody_in_particular_is_for_whoever_opens_it(wire, invite, world, fabrikam):
    place = f"/AdminPortal/Invitation/{invite()}"
    assert world.tenants[1].name in wire.call("GET", place).text.replace("&amp;", "&")

    assert wire.call("POST", place, data={"decision": "approve"}).status_code == 400
    wire.call("POST", place, data={"decision": "approve", "tenant": fabrikam})

    assert any(one.tenant is world.tenants[1] and one.status == "approved" for one in world.gdap.relationships())


def test_there_is_no_page_for_an_unknown_invitation(wire):
    assert wire.call("GET", "/AdminPortal/Invitation/nothing").status_code == 404

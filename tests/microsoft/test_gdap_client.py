"""Each call of delegated administration against the sandbox, which keeps to Microsoft's documented rules."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from csp_portal.microsoft import directory, gdap, gdap_writes, partner_center
from csp_portal.microsoft.errors import Conflict, Refused, Throttled, Unavailable
from csp_portal.microsoft.gdap_writes import Desk
from csp_portal.microsoft.partner_center import ApplicationGrant
from csp_portal.microsoft.sandbox.gdap_desk import WriteFault
from tests.microsoft.gdap import DAY, GLOBAL, HELPDESK, READER, TICKETS, Partner


@pytest.fixture(scope="module")
def partner(tmp_path_factory):
    partner = Partner.begin(state_dir=tmp_path_factory.mktemp("gdap"))
    yield partner
    partner.server.stop()


def change(partner, call, relationship, **arguments):
    return call(partner.desk, relationship_id=relationship.id, etag=relationship.etag, **arguments)


def test_a_relationship_is_created_edited_and_deleted_while_it_is_created(partner):
    made = partner.create(customer_tenant_id=partner.world.tenants[2].tenant_id)
    assert (made.status, made.duration, made.auto_extend_duration) == ("created", "P30D", "PT0S")
    assert made.customer_name == partner.world.tenants[2].name

    new = partner.new(duration="P2Y", auto_extend_duration="P180D", role_ids=(HELPDESK,))
    edited = change(partner, gdap_writes.edit_relationship, made, new=new)
    assert (edited.name, edited.duration, edited.role_ids) == (new.name, "P2Y", (HELPDESK,))
    assert edited == partner.read(made.id)

    with pytest.raises(Conflict):
        change(partner, gdap_writes.delete_relationship, made)
    change(partner, gdap_writes.delete_relationship, edited)
    with pytest.raises(Refused) as refused:
        partner.read(made.id)
    assert refused.value.status == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "x" * 51},
        {"duration": "P0D"},
        {"duration": "P731D"},
        {"duration": "P3Y"},
        {"duration": "soon"},
        {"role_ids": ()},
        {"role_ids": ("00000000-0000-0000-0000-000000000000",)},
        {"auto_extend_duration": "P90D"},
        {"auto_extend_duration": "P180D", "role_ids": (READER, GLOBAL)},
        {"customer_tenant_id": "00000000-0000-0000-0000-000000000000"},
    ],
)
def test_what_microsoft_does_not_allow_is_refused_and_makes_nothing(partner, wrong):
    before = len(partner.world.gdap.relationships())

    with pytest.raises(Refused) as refused:
        partner.create(**wrong)

    assert (refused.value.status, bool(refused.value.said)) == (400, True)
    assert len(partner.world.gdap.relationships()) == before


def test_a_name_is_used_once(partner):
    made = partner.create()

    with pytest.raises(Conflict, match="exists already"):
        partner.create(name=made.name)


def test_a_customer_approves_and_the_relationship_becomes_active_by_the_clock(partner):
    made = partner.create(duration="P30D")
    partner.lock(made.id)
    assert partner.read(made.id).status == "approvalPending"
    partner.approve(made.id, customer=1)

    seen = [partner.read(made.id).status]
    for _ in range(2):
        partner.clock.move(1)
        seen.append(partner.read(made.id).status)

    assert seen == ["approved", "activating", "active"]
    active = partner.read(made.id)
    assert active.customer_tenant_id == partner.world.tenants[1].tenant_id
    assert (active.ends_at - active.activated_at).days == 30
    asked = gdap.list_relationship_requests(partner.http, relationship_id=made.id, **partner.arguments)
    assert [(one.action, one.status) for one in asked] == [("lockForApproval", "succeeded")]


def test_a_group_gets_roles_changes_them_and_loses_them(partner):
    active = partner.active()
    made = partner.assign(active.id)
    assert (made.status, made.role_ids) == ("pending", (READER,))
    partner.clock.move(1)
    (now,) = partner.assignments(active.id)
    assert now.status == "active"

    arguments = {"relationship_id": active.id, "assignment_id": made.id}
    with pytest.raises(Conflict):
        gdap_writes.change_assignment(partner.desk, etag=made.etag, role_ids=(TICKETS,), **arguments)
    nothing = gdap_writes.change_assignment(partner.desk, etag=now.etag, role_ids=(READER,), **arguments)
    assert (nothing.status, nothing.operation_url) == (200, "")
    done = gdap_writes.change_assignment(partner.desk, etag=now.etag, role_ids=(READER, TICKETS), **arguments)
    assert (done.status, done.retry_after) == (202, 10)
    seen = []
    for _ in range(3):
        seen.append(gdap.read_operation(partner.http, url=done.operation_url, **partner.arguments))
        partner.clock.move(1)
    assert [one.status for one in seen] == ["notStarted", "running", "succeeded"]
    assert [one.has_ended for one in seen] == [False, False, True]

    changed = gdap.read_access_assignment(partner.http, **arguments, **partner.arguments)
    assert changed.role_ids == (READER, TICKETS)
    gdap_writes.delete_assignment(partner.desk, etag=changed.etag, **arguments)
    assert [one.status for one in partner.assignments(active.id)] == ["deleting"]
    partner.clock.move(1)
    assert [one.status for one in partner.assignments(active.id)] == ["deleted"]
    assert partner.assign(active.id).id != made.id


def test_a_group_gets_only_roles_of_the_relationship_and_only_once(partner):
    active = partner.active()
    partner.assign(active.id)

    with pytest.raises(Refused, match="among those"):
        partner.assign(active.id, group="Cloud engineers", roles=(HELPDESK,))
    with pytest.raises(Conflict, match="already exists"):
        partner.assign(active.id)
    with pytest.raises(Refused, match="security group"):
        partner.assign(active.id, group="All company")


def test_global_administrator_is_taken_away_by_an_operation(partner):
    active = partner.active(role_ids=(READER, GLOBAL))
    partner.assign(active.id, roles=(READER, GLOBAL))
    with pytest.raises(Refused, match="Global Administrator"):
        change(partner, gdap_writes.set_auto_extend, active, extends=True)
    with pytest.raises(Conflict, match="only Global Administrator"):
        change(partner, gdap_writes.change_roles_of_active, active, role_ids=(GLOBAL,))

    done = change(partner, gdap_writes.change_roles_of_active, active, role_ids=(READER,))
    assert partner.read(active.id).role_ids == (READER, GLOBAL)
    partner.clock.move(2)

    assert gdap.read_operation(partner.http, url=done.operation_url, **partner.arguments).status == "succeeded"
    after = partner.read(active.id)
    assert after.role_ids == (READER,)
    assert [one.role_ids for one in partner.assignments(active.id)] == [(READER,)]
    assert change(partner, gdap_writes.set_auto_extend, after, extends=True).auto_extend_duration == "P180D"


def test_an_extension_comes_at_the_end_and_without_it_the_relationship_expires(partner):
    stays, ends = partner.active(duration="P10D", auto_extend_duration="P180D"), partner.active(duration="P10D")
    partner.assign(ends.id)

    partner.clock.move(10 * DAY - 1800)
    assert partner.read(ends.id).status == "expiring"
    partner.clock.move(1800)

    assert partner.read(ends.id).status == "expired"
    assert [one.status for one in partner.assignments(ends.id)] == ["deleted"]
    extended = partner.read(stays.id)
    assert (extended.status, (extended.ends_at - stays.ends_at).days) == ("active", 180)


def test_an_invitation_lapses_after_ninety_days(partner):
    made = partner.create()
    partner.lock(made.id)

    partner.clock.move(90 * DAY - 1)
    assert partner.read(made.id).status == "approvalPending"
    partner.clock.move(1)

    assert partner.read(made.id).status == "expired"


def test_an_indirect_reseller_approves_and_rejects_what_its_provider_offers(partner):
    offered = [partner.create() for _ in range(2)]
    for one in offered:
        partner.lock(one.id)
        found = partner.world.gdap.find(one.id)
        found.provider_id, found.consent_pending = "60ea59db-a506-485e-94c5-d115f369e239", True
    first, second = offered
    assert partner.read(first.id).is_partner_consent_pending

    gdap_writes.request_action(partner.desk, relationship_id=first.id, action="approve")
    gdap_writes.request_action(partner.desk, relationship_id=second.id, action="reject")

    assert not partner.read(first.id).is_partner_consent_pending
    assert partner.read(second.id).status == "terminated"
    with pytest.raises(Conflict):
        gdap_writes.request_action(partner.desk, relationship_id=first.id, action="approve")


def test_reject_is_unknown_without_the_header(partner):
    made = partner.create()
    path = f"/{made.id}/requests"

    with pytest.raises(Refused, match="not known"):
        partner.desk.send("POST", path, json={"action": "reject"})


@pytest.mark.parametrize(
    ("answer", "error"), [(412, Conflict), (429, Throttled), (500, Unavailable), ("reset", Unavailable)]
)
def test_a_write_that_fails_is_told_by_its_kind_and_not_made(partner, answer, error):
    made = partner.create()
    partner.world.gdap_desk.add_fault(WriteFault(answer=answer, relationships=frozenset({made.id})))

    with pytest.raises(error):
        change(partner, gdap_writes.set_auto_extend, made, extends=True)

    assert partner.read(made.id) == made
    tally = partner.world.gdap_desk.calls_of(made.id, "PATCH")
    assert (tally.calls, tally.made) == (1, 0)


def test_after_an_answer_that_never_came_the_change_may_have_been_made(partner):
    made = partner.create()
    partner.world.gdap_desk.add_fault(WriteFault(answer="reset", is_made=True, relationships=frozenset({made.id})))

    with pytest.raises(Unavailable):
        change(partner, gdap_writes.set_auto_extend, made, extends=True)

    assert partner.read(made.id).auto_extend_duration == "P180D"
    tally = partner.world.gdap_desk.calls_of(made.id, "PATCH")
    assert (tally.calls, tally.made) == (1, 1)


def test_of_many_changes_with_one_etag_one_is_made(partner):
    made = partner.create()
    desk = partner.desk

    def extend(_):
        try:
            gdap_writes.set_auto_extend(desk, relationship_id=made.id, etag=made.etag, extends=True)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(extend, range(24))) == 1

    tally = partner.world.gdap_desk.calls_of(made.id, "PATCH")
    assert (tally.calls, tally.made, tally.answers) == (24, 1, {200: 1, 412: 23})


def test_nothing_leaves_without_leave(partner):
    class Stopped(Exception):
        pass

    def refuse():
        raise Stopped

    before = len(partner.world.gdap.relationships())
    stopped = Desk(http=partner.http, may_write=refuse, **partner.arguments)

    with pytest.raises(Stopped):
        gdap_writes.create_relationship(stopped, new=partner.new())

    assert len(partner.world.gdap.relationships()) == before


def test_security_groups_and_the_people_in_them_are_read_through_groups_in_groups(partner):
    groups = {one.name: one for one in directory.list_security_groups(partner.http, **partner.arguments)}
    assert {"Helpdesk", "Cloud engineers", "GDAP Global Readers", "AdminAgents"} <= set(groups)
    assert "All company" not in groups
    readers = groups["GDAP Global Readers"]

    people = list(directory.list_group_members(partner.http, group_id=readers.id, **partner.arguments))

    assert {one.address for one in people} >= {"amara.okafor@formosanord.example", "sofia.ortega@formosanord.example"}
    assert {one.object_id for one in partner.world.partner.people} & {one.id for one in people}
    assert directory.read_group(partner.http, group_id=readers.id, **partner.arguments) == readers
    nobody = "00000000-0000-0000-0000-000000000000"
    assert directory.read_group(partner.http, group_id=nobody, **partner.arguments) is None


def test_role_templates_are_read_by_their_names(partner):
    names = {one.id: one.name for one in directory.list_role_templates(partner.http, **partner.arguments)}

    assert names[TICKETS] == "Service Support Administrator"


def test_a_cloud_without_delegated_administration_knows_no_such_path(partner):
    partner.world.gdap.exists = False
    try:
        with pytest.raises(Refused) as refused:
            list(gdap.list_delegated_admin_relationships(partner.http, **partner.arguments))
        assert refused.value.status == 404
        with pytest.raises(Refused):
            partner.create()
    finally:
        partner.world.gdap.exists = True


def test_consent_and_legacy_access_are_a_persons_business(partner):
    tenant = partner.world.tenants[0]
    assert tenant.has_delegated_access
    place = {"tenant_id": tenant.tenant_id, **partner.arguments}
    assert partner_center.allows_delegated_access(partner.http, **place) is True

    with pytest.raises(Exception, match=r"App\+User"):
        partner_center.remove_delegated_access(partner.http, may_write=lambda: None, **place)
    claims = {"aud": partner.server.url, "tid": partner.world.partner.tenant_id, "scp": "user_impersonation"}
    now = int(partner.world.now())
    persons = partner.server.keyring.sign({**claims, "use": "access", "iat": now, "exp": now + 600})
    place["token"] = persons
    partner_center.remove_delegated_access(partner.http, may_write=lambda: None, **place)
    assert partner_center.allows_delegated_access(partner.http, **place) is False

    tenant.consent_missing = True
    consent = {"application_id": partner.world.partner.client_id, "may_write": lambda: None, **place}
    grants = [ApplicationGrant(enterprise_application_id="00000003-0000-0000-c000-000000000000", scope="User.Read")]
    partner_center.grant_application_consent(partner.http, grants=grants, **consent)
    assert not tenant.consent_missing
    with pytest.raises(Conflict):
        partner_center.grant_application_consent(partner.http, grants=grants, **consent)
    partner_center.revoke_application_consent(partner.http, **consent)
    assert tenant.consent_missing


def test_an_answer_to_a_write_that_cannot_be_read_leaves_open_what_was_made(microsoft, http):
    microsoft.answer("/v1.0/tenantRelationships/delegatedAdminRelationships", "<html>", status=201)
    desk = Desk(http=http, cloud=microsoft.cloud(), token="t", may_write=lambda: None)
    new = gdap_writes.NewRelationship(name="A", duration="P30D", role_ids=(READER,))

    with pytest.raises(Unavailable, match="can't be read"):
        gdap_writes.create_relationship(desk, new=new)


def test_a_body_has_the_keys_of_microsofts_sample(sample):
    documented = json.loads(sample("tenantRelationships_delegatedAdminRelationships__POST_request_body"))
    new = gdap_writes.NewRelationship(
        name=documented["displayName"],
        duration=documented["duration"],
        role_ids=tuple(one["roleDefinitionId"] for one in documented["accessDetails"]["unifiedRoles"]),
        customer_tenant_id=documented["customer"]["tenantId"],
        auto_extend_duration="P180D",
    )
    del documented["customer"]["displayName"]

    assert new.as_json() == documented
    assert dataclasses.replace(new, customer_tenant_id="").as_json().keys() == documented.keys() - {"customer"}

"""Delegated administration on the wire against Microsoft's own words: what we send, and what the sandbox answers."""

import json

import pytest

from csp_portal.microsoft import gdap, gdap_writes
from csp_portal.microsoft.gdap import (
    AccessAssignment,
    DelegatedAdminRelationship,
    RelationshipOperation,
    RelationshipRequest,
)
from tests.microsoft.gdap import READER, TICKETS, Partner
from tests.microsoft.sandbox.test_contract import REFERENCE, components, key_paths, problems_of

pytestmark = pytest.mark.skipif(
    not REFERENCE.exists(), reason="../shared is absent: Microsoft's schema and samples are not in this checkout"
)
__all__ = ["components"]  # a fixture

ROOT = "tenantRelationships_delegatedAdminRelationships"


@pytest.fixture(scope="module")
def partner(tmp_path_factory):
    partner = Partner.begin(state_dir=tmp_path_factory.mktemp("contract"))
    yield partner
    partner.server.stop()


@pytest.fixture
def sent(partner):
    """The answer to a write as it came, beside the write's own doing."""
    active = partner.active()
    etag = {"If-Match": active.etag}
    groups = {one.name: one.id for one in partner.world.gdap.directory.groups.values()}
    roles = {"unifiedRoles": [{"roleDefinitionId": READER}]}
    container = {"accessContainerId": groups["Helpdesk"], "accessContainerType": "securityGroup"}
    assignment = {"accessContainer": container, "accessDetails": roles}
    wanted = {"displayName": f"Contract {active.id}"[:50], "duration": "P31D", "accessDetails": roles}
    wanted["customer"] = {"tenantId": partner.world.tenants[0].tenant_id}
    calls = {
        "__POST_201": lambda: ("POST", "", wanted, None),
        "_id__PATCH_200": lambda: ("PATCH", f"/{active.id}", {"autoExtendDuration": "P180D"}, etag),
        "_id_requests__POST_201": lambda: ("POST", f"/{active.id}/requests", {"action": "terminate"}, None),
        "_id_accessAssignments__POST_201": lambda: ("POST", f"/{active.id}/accessAssignments", assignment, None),
    }

    def _sent(name):
        method, path, body, headers = calls[name]()
        return partner.desk.send(method, path, json=body, headers=headers)

    return _sent


def sample(name):
    return json.loads((REFERENCE / "graph-samples" / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("__POST_201", "delegatedAdminRelationship"),
        ("_id__PATCH_200", "delegatedAdminRelationship"),
        ("_id_requests__POST_201", "delegatedAdminRelationshipRequest"),
        ("_id_accessAssignments__POST_201", "delegatedAdminAccessAssignment"),
    ],
)
def test_an_answer_to_a_change_keeps_to_schema_and_sample(sent, components, name, schema):
    answer = sent(name)

    assert str(answer.status) in name
    document = json.loads(answer.body)
    assert problems_of(document, schema, components) == []
    assert set(key_paths(sample(f"{ROOT}{name}"))) - set(key_paths(document)) == set()
    assert ("Location" in answer.headers) == (answer.status == 201)


def test_an_operations_answer_is_microsofts_sample(partner):
    active = partner.active()
    made = partner.assign(active.id)
    partner.clock.move(1)
    (now,) = partner.assignments(active.id)
    path, roles = f"/{active.id}/accessAssignments/{made.id}", {"unifiedRoles": [{"roleDefinitionId": TICKETS}]}

    answer = partner.desk.send("PATCH", path, json={"accessDetails": roles}, headers={"If-Match": now.etag})

    assert json.loads(answer.body) == sample(f"{ROOT}_id_accessAssignments_id__PATCH_202")
    assert (answer.status, answer.headers["Retry-After"]) == (202, "10")
    assert f"/{active.id}/operations/" in answer.headers["Location"]


LISTS = [
    ("", DelegatedAdminRelationship),
    ("_id_accessAssignments", AccessAssignment),
    ("_id_requests", RelationshipRequest),
    ("_id_operations", RelationshipOperation),
]


@pytest.mark.parametrize(("name", "kind"), LISTS)
def test_the_client_reads_every_item_of_microsofts_lists(name, kind):
    items = sample(f"{ROOT}{name}")["value"]

    read = [kind.from_json(one) for one in items]

    assert [one.id for one in read] == [one["id"] for one in items]
    assert [one.status for one in read] == [one["status"] for one in items]  # "running" of a request, too


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("__POST_201", DelegatedAdminRelationship),
        ("_id__PATCH_200", DelegatedAdminRelationship),
        ("_id_accessAssignments__POST_201", AccessAssignment),
        ("_id_requests__POST_201", RelationshipRequest),
    ],
)
def test_the_client_reads_microsofts_answers_to_changes(name, kind):
    """One of them has activatedDateTime "" and another no extension at all."""
    assert kind.from_json(sample(f"{ROOT}{name}")).id


def test_what_we_send_for_an_assignment_keeps_to_the_schema(partner, components):
    sent = []

    class Listening(gdap_writes.Desk):
        __slots__ = ()

        def send(self, method, path, *, json=None, headers=None):
            sent.append(json)
            return super().send(method, path, json=json, headers=headers)

    active, desk = partner.active(), partner.desk
    listening = Listening(http=desk.http, cloud=desk.cloud, token=desk.token, may_write=desk.may_write)
    group = partner.world.gdap.directory.named("Helpdesk").id
    gdap_writes.create_assignment(listening, relationship_id=active.id, group_id=group, role_ids=[READER])

    assert [problems_of(one, "delegatedAdminAccessAssignment", components) for one in sent] == [[]]
    assert list(gdap.list_access_assignments(partner.http, relationship_id=active.id, **partner.arguments))

"""Graph and Partner Center of the sandbox: whose data is shown, in which pages, and how each fault looks."""

import time
from typing import Any

import pytest
import requests

OVERVIEWS = "/v1.0/admin/serviceAnnouncement/healthOverviews"


def test_the_token_decides_whose_health_is_shown(wire, world, contoso, fabrikam):
    issue = world.break_service("Exchange Online", tenants=[contoso])

    assert wire.issue_ids(contoso) == {issue.id}
    assert wire.issue_ids(fabrikam) == set()


def test_every_tenant_has_25_services(wire, contoso):
    services = wire.health(contoso).json()["value"]

    assert len({service["id"] for service in services}) == 25
    assert {service["status"] for service in services} == {"serviceOperational"}


def test_a_call_without_a_token_is_unauthorized(wire):
    answer = wire.call("GET", OVERVIEWS)

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"


def test_a_token_expires(wire, contoso, clock):
    headers = {"Authorization": f"Bearer {wire.token(contoso)}"}
    assert wire.call("GET", OVERVIEWS, headers=headers).status_code == 200

    clock.move(91 * 60)

    assert wire.call("GET", OVERVIEWS, headers=headers).status_code == 401


def test_a_token_that_was_tampered_with_is_worth_nothing(wire, contoso, fabrikam):
    claims = wire.token(fabrikam).split(".")[1]
    head, _, signature = wire.token(contoso).split(".")

    answer = wire.call("GET", OVERVIEWS, headers={"Authorization": f"Bearer {head}.{claims}.{signature}"})

    assert answer.status_code == 401


def test_a_permission_that_was_not_granted_is_named(wire, world, contoso):
    world.partner.permissions.discard("ServiceHealth.Read.All")

    answer = wire.health(contoso)

    assert answer.status_code == 403
    assert "ServiceHealth.Read.All" in answer.json()["error"]["message"]


def test_the_partners_lists_are_closed_to_a_customers_token(wire, contoso):
    assert wire.get(contoso, "/v1.0/contracts").status_code == 403
    assert wire.get(contoso, "/v1/customers?size=5").status_code == 401


def follow(wire, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    answer = wire.partner(path).json()
    while True:
        found += answer["value"]
        if "@odata.nextLink" not in answer:
            return found
        answer = wire.partner(answer["@odata.nextLink"]).json()


def test_contracts_come_in_pages_and_none_is_lost(wire, world):
    listed = follow(wire, "/v1.0/contracts?$top=3")

    assert [contract["customerId"] for contract in listed] == [tenant.tenant_id for tenant in world.tenants]


def test_health_comes_in_pages_where_a_tenant_wants_it(wire, world, contoso):
    world.tenants[0].page_size = 10

    first = wire.health(contoso).json()
    second = wire.get(contoso, first["@odata.nextLink"]).json()

    assert (len(first["value"]), len(second["value"])) == (10, 10)
    assert "issues" in second["value"][0]
    assert not {s["id"] for s in first["value"]} & {s["id"] for s in second["value"]}


def test_partner_centers_pages_hang_on_the_continuation_token(wire, world):
    first = wire.partner("/v1/customers?size=5").json()
    link = first["links"]["next"]
    headers = {header["key"]: header["value"] for header in link["headers"]}

    second = wire.partner(link["uri"], **headers).json()

    names = [item["companyProfile"]["companyName"] for item in first["items"] + second["items"]]
    assert names == [tenant.name for tenant in world.tenants]
    assert "next" not in second["links"]
    assert wire.partner(link["uri"]).status_code == 400


def test_portal_links_carry_the_tenant_they_are_for(wire, world, contoso, fabrikam):
    path = "/v1.0/tenantRelationships/delegatedAdminCustomers/{}/serviceManagementDetails"

    links = " ".join(item["serviceManagementUrl"] for item in wire.partner(path.format(contoso)).json()["value"])

    assert world.tenants[0].initial_domain in links
    assert world.tenants[1].initial_domain not in links


def test_relationships_are_filtered_by_customer(wire, world):
    path = "/v1.0/tenantRelationships/delegatedAdminRelationships"
    wanted = follow(wire, path)[0]["customer"]["tenantId"]

    found = follow(wire, f"{path}?$filter=customer/tenantId eq '{wanted}'")

    assert {one["customer"]["tenantId"] for one in found} == {wanted}


def test_a_throttled_tenant_says_how_long_and_is_read_again_after_it(wire, world, clock, contoso, fabrikam):
    world.tenants[0].throttled_for = 120
    assert wire.health(contoso).headers["Retry-After"] == "120"
    clock.move(70)
    assert wire.health(contoso).headers["Retry-After"] == "50"
    assert wire.health(fabrikam).status_code == 200

    clock.move(51)

    assert wire.health(contoso).status_code == 200


def test_a_tenant_throttled_now_and_then_is_read_in_between(wire, world, clock, contoso):
    world.tenants[0].throttle_cycle = (600, 150)
    seen = set()
    for _ in range(10):
        seen.add(wire.health(contoso).status_code)
        clock.move(60)

    assert seen == {200, 429}


def test_partner_center_is_throttled_in_words_of_its_own(wire, world):
    world.partner.tenant.throttled_for = 57

    answer = wire.partner("/v1/customers?size=5")

    assert answer.status_code == 429
    assert answer.json() == {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_failure_comes_as_often_as_asked(wire, world, contoso, status):
    world.tenants[0].fail(status, times=2)

    assert [wire.health(contoso).status_code for _ in range(3)] == [status, status, 200]


def test_a_reset_connection_brings_no_answer(wire, world, contoso):
    world.tenants[0].reset_connection = True

    with pytest.raises(requests.ConnectionError):
        wire.health(contoso)


def test_truncated_json_cannot_be_read(wire, world, contoso):
    world.tenants[0].truncate_json = True

    with pytest.raises(requests.JSONDecodeError):
        wire.health(contoso).json()


def test_an_empty_answer_is_empty(wire, world, contoso):
    world.tenants[0].empty_answer = True

    assert wire.health(contoso).json()["value"] == []


def test_a_next_link_may_lead_astray(wire, world, contoso):
    world.tenants[0].next_link = "https://evil.example/more"

    assert wire.health(contoso).json()["@odata.nextLink"] == "https://evil.example/more"


def test_a_slow_tenant_holds_up_only_itself(wire, world, contoso, fabrikam):
    world.tenants[0].slow_by = 0.3

    assert _seconds(lambda: wire.health(contoso)) >= 0.3
    assert min(_seconds(lambda: wire.health(fabrikam)) for _ in range(10)) < 0.3  # whatever else the machine does


def _seconds(act):
    began = time.monotonic()
    act()
    return time.monotonic() - began


def test_a_healed_tenant_is_well(wire, world, contoso):
    tenant = world.tenants[0]
    tenant.fail_with, tenant.empty_answer, tenant.throttled_for = 500, True, 9

    tenant.heal()

    assert len(wire.health(contoso).json()["value"]) == 25


def test_requests_are_logged_with_tenant_and_status(wire, server, contoso):
    wire.health(contoso)

    logged = server.requests_to("healthOverviews", tenant_id=contoso)
    assert [(one.method, one.status) for one in logged] == [("GET", 200)]
    assert server.counts == {"token": 1, "graph": 1}


def test_a_stopped_server_answers_nobody_not_even_on_open_connections(wire, server, contoso):
    headers = {"Authorization": f"Bearer {wire.token(contoso)}"}
    assert wire.call("GET", OVERVIEWS, headers=headers).status_code == 200

    server.stop()

    with pytest.raises(requests.ConnectionError):
        wire.call("GET", OVERVIEWS, headers=headers)

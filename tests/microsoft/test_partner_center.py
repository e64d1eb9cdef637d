"""Reading the customers of a partner from Partner Center."""

import json

import pytest
from werkzeug import Response

from csp_portal.microsoft.errors import AccessDenied, Throttled, UnexpectedAnswer
from csp_portal.microsoft.partner_center import PartnerCenterCustomer, list_customers

TOKEN = "a-token"
PATH = "/v1/customers"


def customer(number):
    return {
        "companyProfile": {"tenantId": f"tenant-{number}", "companyName": f"Name {number}", "domain": f"{number}.test"}
    }


def page(numbers, *, uri=None, headers=()):
    following = {"next": {"uri": uri, "method": "GET", "headers": list(headers)}} if uri else {}
    return {"totalCount": len(numbers), "items": [customer(n) for n in numbers], "links": following}


def read(http, microsoft):
    return list(list_customers(http, cloud=microsoft.cloud(), token=TOKEN, page_size=2))


def test_the_sample_of_microsofts_documentation_is_read_as_it_is(http, microsoft, sample):
    microsoft.answer(PATH, sample("partnercenter_v1_customers"))
    expected = PartnerCenterCustomer(tenant_id="<guid>", name="companyName", domain="domain")
    assert read(http, microsoft) == [expected, expected]
    assert microsoft.seen[0].query == {"size": "2"}
    assert microsoft.seen[0].headers["ms-contract-version"] == "v1"


@pytest.mark.parametrize("uri", ["/v1/customers?seekOperation=Next", "/customers?seekOperation=Next"])
def test_the_next_page_is_asked_for_with_its_continuation_token_and_nothing_else(http, microsoft, uri):
    headers = [{"key": "MS-ContinuationToken", "value": "go-on"}, {"key": "Authorization", "value": "of-someone"}]

    def customers(request):
        again = request.headers.get("MS-ContinuationToken") == "go-on"
        return Response(json.dumps(page([3]) if again else page([1, 2], uri=uri, headers=headers)))

    microsoft.routes[PATH] = customers
    assert [found.tenant_id for found in read(http, microsoft)] == ["tenant-1", "tenant-2", "tenant-3"]
    assert microsoft.seen[1].query == {"seekOperation": "Next"}
    assert microsoft.seen[1].headers["authorization"] == f"Bearer {TOKEN}"
    assert microsoft.seen[0].headers["ms-requestid"] != microsoft.seen[1].headers["ms-requestid"]


@pytest.mark.parametrize("form", ["{url}/v1/customers", "//{host}/v1/customers"])
def test_a_next_page_on_another_host_is_refused_and_gets_no_token(http, microsoft, elsewhere, form):
    elsewhere.answer(PATH, page([9]))
    uri = form.format(url=elsewhere.url, host=elsewhere.url.removeprefix("https://"))
    microsoft.answer(PATH, page([1], uri=uri))
    with pytest.raises(UnexpectedAnswer, match="next page"):
        read(http, microsoft)
    assert elsewhere.seen == []


def test_partner_centers_own_way_of_throttling_is_understood(http, microsoft):
    microsoft.answer(
        PATH, {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds."}, status=429
    )
    with pytest.raises(Throttled) as caught:
        read(http, microsoft)
    assert caught.value.retry_after == 57


def test_partner_centers_own_error_code_is_kept(http, microsoft):
    microsoft.answer(PATH, {"code": 20002, "description": "No commerce relationship."}, status=403)
    with pytest.raises(AccessDenied) as caught:
        read(http, microsoft)
    assert caught.value.code == "20002"
    assert "No commerce relationship." in caught.value.detail


def test_a_customer_without_a_tenant_id_is_for_a_person(http, microsoft):
    microsoft.answer(PATH, {"items": [{"id": "x", "companyProfile": {"companyName": "Name"}}]})
    with pytest.raises(UnexpectedAnswer, match="tenantId"):
        read(http, microsoft)

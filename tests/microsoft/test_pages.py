"""Pages of a list are followed, but the token stays at home."""

import json

import pytest
from werkzeug import Response

from csp_portal.microsoft.errors import UnexpectedAnswer

TOKEN = "the-token-nobody-else-may-see"


def pages(http, microsoft, **kwargs):
    return list(http.pages(f"{microsoft.url}/v1.0/list", cloud=microsoft.cloud(), token=TOKEN, **kwargs))


def test_pages_are_followed_on_the_same_host(http, microsoft):
    microsoft.answer("/v1.0/list", {"value": [{"n": 1}], "@odata.nextLink": f"{microsoft.url}/v1.0/more?$skip=1"})
    microsoft.answer("/v1.0/more", {"value": [{"n": 2}]})
    assert pages(http, microsoft, params={"$top": "1"}) == [[{"n": 1}], [{"n": 2}]]
    assert microsoft.seen[1].query == {"$skip": "1"}
    assert microsoft.seen[1].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_next_page_on_another_host_is_refused_and_gets_no_token(http, microsoft, elsewhere):
    elsewhere.answer("/v1.0/list", {"value": []})
    microsoft.answer("/v1.0/list", {"value": [], "@odata.nextLink": f"{elsewhere.url}/v1.0/list"})
    with pytest.raises(UnexpectedAnswer, match="next page"):
        pages(http, microsoft)
    assert elsewhere.seen == []


def test_even_a_host_of_the_same_cloud_gets_no_next_page_of_another(http, microsoft, elsewhere):
    elsewhere.answer("/v1.0/list", {"value": []})
    microsoft.answer("/v1.0/list", {"value": [], "@odata.nextLink": f"{elsewhere.url}/v1.0/list"})
    cloud = microsoft.cloud(arm_url=elsewhere.url)
    with pytest.raises(UnexpectedAnswer, match="next page"):
        list(http.pages(f"{microsoft.url}/v1.0/list", cloud=cloud, token=TOKEN))
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.replace("https://", "http://"),
        lambda url: url.replace("127.0.0.1", "localhost"),
        lambda url: url.rpartition(":")[0],
        lambda url: url.replace("https://", "https://x@"),
        lambda url: url.rpartition(":")[0] + "\\@" + url.removeprefix("https://"),
        lambda url: "",
    ],
    ids=["scheme", "host", "port", "user", "backslash", "relative"],
)
def test_a_next_page_must_have_the_same_scheme_host_and_port(http, microsoft, change):
    microsoft.answer("/v1.0/list", {"value": [], "@odata.nextLink": f"{change(microsoft.url)}/v1.0/more"})
    with pytest.raises(UnexpectedAnswer, match="next page"):
        pages(http, microsoft)
    assert [seen.path for seen in microsoft.seen] == ["/v1.0/list"]


def test_pages_in_a_circle_end(http, microsoft):
    microsoft.answer("/v1.0/list", {"value": [], "@odata.nextLink": f"{microsoft.url}/v1.0/list?again"})
    with pytest.raises(UnexpectedAnswer, match="do not end"):
        pages(http, microsoft)
    assert len(microsoft.seen) == 2


def test_more_pages_than_allowed_are_for_a_person(http, microsoft):
    def endless(request):
        link = f"{microsoft.url}/v1.0/list?n={len(microsoft.seen)}"
        return Response(json.dumps({"value": [], "@odata.nextLink": link}))

    microsoft.routes["/v1.0/list"] = endless
    with pytest.raises(UnexpectedAnswer, match="do not end"):
        pages(http, microsoft, max_pages=5)
    assert len(microsoft.seen) == 5


@pytest.mark.parametrize("body", [{}, [], {"value": {}}, {"value": ["text"]}, {"value": None}])
def test_a_page_without_a_list_is_for_a_person(http, microsoft, body):
    microsoft.answer("/v1.0/list", body)
    with pytest.raises(UnexpectedAnswer):
        pages(http, microsoft)


@pytest.mark.parametrize(
    "links", [[], "x", {"next": "x"}, {"next": {"uri": "/customers", "headers": ["x"]}}, {"next": 7}]
)
def test_next_links_of_another_shape_are_for_a_person(http, microsoft, links):
    microsoft.answer("/v1.0/list", {"items": [], "links": links})
    with pytest.raises(UnexpectedAnswer):
        pages(http, microsoft, style="partner-center")

"""Which hosts belong to which cloud."""

import string

import pytest

from csp_portal.microsoft.clouds import CUSTOM_HOSTS, CloudName, load_clouds, origin_of
from csp_portal.microsoft.portal_links import PORTAL_LINKS, LinkKind

CUSTOM = dict.fromkeys(CUSTOM_HOSTS.values(), "https://127.0.0.1:8443")


def test_the_national_clouds_need_no_settings():
    clouds = load_clouds({})
    assert set(clouds) == {"global", "usgov", "usgov-dod", "china"}
    assert clouds["usgov-dod"].graph_scope == "https://dod-graph.microsoft.us/.default"
    assert clouds["china"].partner_center_scope == "https://partner.partnercenterapi.microsoftonline.cn/.default"
    assert not clouds["china"].has_gdap


def test_a_custom_cloud_takes_its_hosts_from_the_settings():
    custom = load_clouds({**CUSTOM, "MICROSOFT_GRAPH_URL": "https://graph.test/", "MICROSOFT_CA_BUNDLE": "/ca.pem"})[
        "custom"
    ]
    assert custom.name is CloudName.CUSTOM
    assert custom.graph_url == "https://graph.test"
    assert custom.ca_bundle == "/ca.pem"
    assert custom.api_origins == {"https://graph.test:443", "https://127.0.0.1:8443"}


@pytest.mark.parametrize("missing", sorted(CUSTOM))
def test_a_half_set_custom_cloud_is_refused_with_the_name_of_what_is_missing(missing):
    settings = {name: value for name, value in CUSTOM.items() if name != missing}
    with pytest.raises(ValueError, match=missing):
        load_clouds(settings)


def test_a_ca_bundle_alone_is_a_half_set_cloud():
    with pytest.raises(ValueError, match="MICROSOFT_LOGIN_URL"):
        load_clouds({"MICROSOFT_CA_BUNDLE": "/ca.pem"})


@pytest.mark.parametrize("url", ["http://graph.test", "https://graph.test/v1.0", "https://me@graph.test", "graph.test"])
def test_a_custom_host_that_is_not_a_plain_https_origin_is_refused(url):
    with pytest.raises(ValueError, match="MICROSOFT_GRAPH_URL"):
        load_clouds({**CUSTOM, "MICROSOFT_GRAPH_URL": url})


def test_origins_are_compared_with_port_and_without_case():
    assert origin_of("https://Graph.Microsoft.com/v1.0/x?y=1") == origin_of("https://graph.microsoft.com:443")
    assert origin_of("https://graph.microsoft.com:8443/") != origin_of("https://graph.microsoft.com/")


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.microsoft.com/",
        "//graph.microsoft.com/",
        "https:graph.microsoft.com",
        "https://user@graph.microsoft.com/",
        "https://graph.microsoft.com\\@evil.example/",
        " https://graph.microsoft.com/",
        "https://graph.microsoft.com\t.evil.example/",
        "/v1.0/users",
        "",
    ],
)
def test_an_address_that_parsers_may_read_differently_has_no_origin(url):
    with pytest.raises(ValueError, match="https address"):
        origin_of(url)


def test_every_cloud_can_show_an_admin_portal_and_a_health_page_and_a_ticket_page():
    for cloud in CloudName:
        assert {link.kind for link in PORTAL_LINKS if link.cloud is cloud} == set(LinkKind)


def test_portal_links_use_known_placeholders_only_and_are_named_once_per_cloud():
    for link in PORTAL_LINKS:
        assert link.url_template.startswith("https://")
        assert {name for _, name, _, _ in string.Formatter().parse(link.url_template) if name} <= {
            "tid",
            "initial",
            "default",
        }
    names = [(link.cloud, link.service) for link in PORTAL_LINKS]
    assert len(names) == len(set(names))


def test_customers_approve_in_the_admin_center_of_their_cloud():
    clouds = load_clouds(CUSTOM)

    assert clouds["global"].approval_link("a-b") == (
        "https://admin.microsoft.com/AdminPortal/Home#/partners/invitation/granularAdminRelationships/a-b"
    )
    assert clouds["custom"].approval_link("a-b").startswith("https://127.0.0.1:8443/AdminPortal/Home#")
    named = load_clouds({**CUSTOM, "MICROSOFT_ADMIN_URL": "https://admin.test"})["custom"]
    assert named.approval_link("a-b").startswith("https://admin.test/AdminPortal/")

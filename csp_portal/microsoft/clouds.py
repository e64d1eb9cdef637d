"""The national clouds: which hosts each one has and what it can do."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

# Only these characters may name a host, and nothing but a path, query, fragment or the end may follow: so no two
# parsers can read two different hosts out of one address.
_ORIGIN = re.compile(r"https://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?(?=[/?#]|\Z)", re.IGNORECASE)

CUSTOM_HOSTS = {
    "login_url": "MICROSOFT_LOGIN_URL",
    "graph_url": "MICROSOFT_GRAPH_URL",
    "partner_center_url": "MICROSOFT_PARTNER_CENTER_URL",
    "arm_url": "MICROSOFT_ARM_URL",
}
ADMIN_HOST = "MICROSOFT_ADMIN_URL"  # may be left out: the sandbox plays the admin center on the host of its sign-in


class CloudName(StrEnum):
    GLOBAL = "global"
    US_GOV = "usgov"  # GCC High, L4; GCC itself lives in the global cloud
    US_GOV_DOD = "usgov-dod"  # DoD, L5
    CHINA = "china"  # operated by 21Vianet
    CUSTOM = "custom"  # the hosts that settings name, for instance the sandbox


@dataclass(frozen=True, kw_only=True, slots=True)
class Cloud:
    """One cloud; the addresses are origins (scheme, host, port) without a slash at the end."""

    name: CloudName
    label: str
    login_url: str
    graph_url: str
    partner_center_url: str
    arm_url: str
    admin_url: str
    ca_bundle: str | None = None
    has_gdap: bool = True
    has_partner_center: bool = True
    has_service_requests: bool = True

    @property
    def graph_scope(self) -> str:
        return f"{self.graph_url}/.default"

    @property
    def partner_center_scope(self) -> str:
        return f"{self.partner_center_url}/.default"

    @property
    def arm_scope(self) -> str:
        return f"{self.arm_url}/.default"

    def approval_link(self, relationship_id: str) -> str:
        """Where the customer's Global Administrator approves (delegatedadminrelationships-api-overview.md)."""
        return f"{self.admin_url}/AdminPortal/Home#/partners/invitation/granularAdminRelationships/{relationship_id}"

    @property
    def api_origins(self) -> frozenset[str]:
        """Where a token of this cloud may be sent."""
        return frozenset(origin_of(url) for url in (self.graph_url, self.partner_center_url, self.arm_url))


def origin_of(url: str) -> str:
    """Scheme, host and port of an https address, comparable letter by letter; anything else is a ValueError."""
    match = _ORIGIN.match(url)
    if match is None:
        raise ValueError(f"{url[:200]!r} is not a plain https address.")
    return f"https://{match[1].lower()}:{int(match[2] or 443)}"


# Hosts: Microsoft Graph docs, concepts/deployments.md; Partner Center docs, partner-center-rest-urls.md; Entra docs,
# authentication-national-cloud. Admin centers outside the global cloud: see portal_links.py; whether customers approve
# relationships there is documented nowhere. GDAP is absent from the metadata of the China cloud
# (schemas/v1.0-Mooncake.csdl); service requests "don't apply" to Partner Center operated by 21Vianet (Partner Center
# docs, developing-for-partner-center-for-microsoft-national-cloud.md).
NATIONAL_CLOUDS = (
    Cloud(
        name=CloudName.GLOBAL,
        label="Global",
        login_url="https://login.microsoftonline.com",
        graph_url="https://graph.microsoft.com",
        partner_center_url="https://api.partnercenter.microsoft.com",
        arm_url="https://management.azure.com",
        admin_url="https://admin.microsoft.com",
    ),
    Cloud(
        name=CloudName.US_GOV,
        label="US Government (GCC High, L4)",
        login_url="https://login.microsoftonline.us",
        graph_url="https://graph.microsoft.us",
        partner_center_url="https://api.partnercenter.microsoft.com",
        arm_url="https://management.usgovcloudapi.net",
        admin_url="https://portal.office365.us",
    ),
    Cloud(
        name=CloudName.US_GOV_DOD,
        label="US Government (DoD, L5)",
        login_url="https://login.microsoftonline.us",
        graph_url="https://dod-graph.microsoft.us",
        partner_center_url="https://api.partnercenter.microsoft.com",
        arm_url="https://management.usgovcloudapi.net",
        admin_url="https://portal.apps.mil",
    ),
    Cloud(
        name=CloudName.CHINA,
        label="China (21Vianet)",
        login_url="https://login.partner.microsoftonline.cn",
        graph_url="https://microsoftgraph.chinacloudapi.cn",
        partner_center_url="https://partner.partnercenterapi.microsoftonline.cn",
        arm_url="https://management.chinacloudapi.cn",
        admin_url="https://portal.partner.microsoftonline.cn",
        has_gdap=False,
        has_service_requests=False,
    ),
)


def load_clouds(env: Mapping[str, str]) -> dict[str, Cloud]:
    """The national clouds, and "custom" where all four of its hosts are set; half of them is a ValueError."""
    clouds = {str(cloud.name): cloud for cloud in NATIONAL_CLOUDS}
    hosts = {field: env.get(setting, "").strip() for field, setting in CUSTOM_HOSTS.items()}
    ca_bundle = env.get("MICROSOFT_CA_BUNDLE", "").strip() or None
    if not any(hosts.values()) and ca_bundle is None:
        return clouds
    missing = [CUSTOM_HOSTS[field] for field, value in hosts.items() if not value]
    if missing:
        raise ValueError(
            f"The custom Microsoft cloud is set only in part: {', '.join(missing)} missing. Set all four hosts or none."
        )
    origins = {field: _checked_origin(value, setting=CUSTOM_HOSTS[field]) for field, value in hosts.items()}
    admin_host = env.get(ADMIN_HOST, "").strip() or origins["login_url"]
    clouds[CloudName.CUSTOM] = Cloud(
        name=CloudName.CUSTOM,
        label="Custom",
        login_url=origins["login_url"],
        graph_url=origins["graph_url"],
        partner_center_url=origins["partner_center_url"],
        arm_url=origins["arm_url"],
        admin_url=_checked_origin(admin_host, setting=ADMIN_HOST),
        ca_bundle=ca_bundle,
    )
    return clouds


def _checked_origin(value: str, *, setting: str) -> str:
    origin = value.rstrip("/")
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise ValueError(f"The setting {setting} is {value!r}; write https://, a host and perhaps a port, no path.")
    return origin

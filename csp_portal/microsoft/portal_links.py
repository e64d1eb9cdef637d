"""Where Microsoft's admin portals of one customer are found, per cloud: the catalog that an admin may edit later."""

from dataclasses import dataclass
from enum import StrEnum

from csp_portal.microsoft.clouds import CloudName


class LinkKind(StrEnum):
    ADMIN = "ADMIN"  # manage the service
    HEALTH = "HEALTH"  # Microsoft's own health page
    TICKET = "TICKET"  # open a request with Microsoft


@dataclass(frozen=True, kw_only=True, slots=True)
class PortalLinkTemplate:
    """`url_template` takes {tid} (tenant id), {initial} (*.onmicrosoft.com) and {default} (default domain)."""

    service: str
    title: str
    cloud: CloudName
    kind: LinkKind
    url_template: str
    is_verified: bool  # whether a source shows that the link opens in the customer's context
    source: str


_CIPP = "KelvinTegelaar/CIPP src/data/portals.json, 2026"
_MANAGED_SERVICES = "Partner Center docs, get-the-managed-services-for-a-customer-by-id.md"
_DETAILS = "Graph docs, delegatedadmincustomer-list-servicemanagementdetails.md"
_SESSION = "https://portal.office.com/Partner/BeginClientSession.aspx?CTID={tid}&CSDEST="
_EXCHANGE = "https://admin.cloud.microsoft/exchange?landingpage=homepage&form=mac_sidebar&delegatedOrg={initial}#"

_TITLES = {
    "m365": "Microsoft 365 admin center",
    "exchange": "Exchange admin center",
    "entra": "Microsoft Entra admin center",
    "azure": "Azure portal",
    "intune": "Microsoft Intune admin center",
    "teams": "Teams admin center",
    "sharepoint": "SharePoint admin center",
    "defender": "Microsoft Defender portal",
    "purview": "Microsoft Purview portal",
    "power-platform": "Power Platform admin center",
    "power-apps": "Power Apps",
    "power-bi": "Power BI admin portal",
    "business-central": "Business Central admin center",
    "lighthouse": "Microsoft 365 Lighthouse",
    "service-health": "Service health",
    "m365-ticket": "New request: Microsoft 365",
    "azure-ticket": "New request: Azure",
    "partner-center": "Partner Center",
}
_KINDS = {
    "service-health": LinkKind.HEALTH,
    "m365-ticket": LinkKind.TICKET,
    "azure-ticket": LinkKind.TICKET,
    "partner-center": LinkKind.TICKET,
}

# Service, address, source; all of these open in the customer's context.
_GLOBAL = (
    ("m365", "https://admin.cloud.microsoft/?delegatedOrg={initial}", _CIPP),
    ("exchange", _EXCHANGE, _CIPP),
    ("entra", "https://entra.microsoft.com/{default}", _CIPP),
    ("azure", "https://portal.azure.com/{default}", _CIPP),
    ("intune", "https://intune.microsoft.com/{default}", _CIPP),
    ("teams", "https://admin.teams.microsoft.com/?delegatedOrg={initial}", _DETAILS),
    ("sharepoint", f"{_SESSION}SharePoint", _MANAGED_SERVICES),
    ("defender", "https://security.microsoft.com/?tid={tid}", _CIPP),
    ("purview", "https://purview.microsoft.com/?tid={tid}", _CIPP),
    ("power-platform", "https://admin.powerplatform.microsoft.com/account/login/{tid}", _CIPP),
    ("power-apps", "https://make.powerapps.com/home?tenant={tid}", _CIPP),
    ("power-bi", "https://app.powerbi.com/admin-portal?ctid={tid}", _CIPP),
    ("business-central", "https://businesscentral.dynamics.com/{tid}/admin", _DETAILS),
    ("lighthouse", "https://lighthouse.microsoft.com", _DETAILS),
    ("service-health", f"{_SESSION}ServiceStatus", _MANAGED_SERVICES),
    ("m365-ticket", f"{_SESSION}Support", _MANAGED_SERVICES),
)
_PARTNER_CENTER = ("partner-center", "https://partner.microsoft.com/dashboard/home")

# The hosts are documented, the customer's context in the address is not: an admin has to try them.
_UNVERIFIED = (
    (
        CloudName.US_GOV,
        "Graph docs, deployments.md; Intune docs, US Government endpoints",
        (
            ("m365", "https://portal.office365.us/adminportal/home?delegatedOrg={initial}"),
            ("exchange", "https://admin.exchange.office365.us/?delegatedOrg={initial}"),
            ("entra", "https://entra.microsoft.us/{default}"),
            ("azure", "https://portal.azure.us/{default}"),
            ("intune", "https://intune.microsoft.us/{default}"),
            ("teams", "https://admin.gov.teams.microsoft.us/?delegatedOrg={initial}"),
            ("defender", "https://security.microsoft.us/?tid={tid}"),
            ("purview", "https://purview.microsoft.us/?tid={tid}"),
            ("power-platform", "https://high.admin.powerplatform.microsoft.us/account/login/{tid}"),
            ("service-health", "https://portal.office365.us/adminportal/home#/servicehealth"),
            ("m365-ticket", "https://portal.office365.us/adminportal"),
            ("azure-ticket", "https://portal.azure.us/#blade/Microsoft_Azure_Support/HelpAndSupportBlade/overview"),
        ),
    ),
    (
        CloudName.US_GOV_DOD,
        "Graph docs, deployments.md; Intune docs, US Government endpoints",
        (
            ("m365", "https://portal.apps.mil/?delegatedOrg={initial}"),
            ("entra", "https://entra.microsoft.us/{default}"),
            ("azure", "https://portal.azure.us/{default}"),
            ("intune", "https://intune.microsoft.us/{default}"),
            ("service-health", "https://portal.apps.mil/adminportal/home#/servicehealth"),
            ("m365-ticket", "https://portal.apps.mil/adminportal"),
            ("azure-ticket", "https://portal.azure.us/#blade/Microsoft_Azure_Support/HelpAndSupportBlade/overview"),
        ),
    ),
    (
        CloudName.CHINA,
        "Graph docs, deployments.md",
        (
            ("m365", "https://portal.partner.microsoftonline.cn/?delegatedOrg={initial}"),
            ("entra", "https://entra.microsoftonline.cn/{default}"),
            ("azure", "https://portal.azure.cn/{default}"),
            ("service-health", "https://portal.partner.microsoftonline.cn/adminportal/home#/servicehealth"),
            ("m365-ticket", "https://portal.partner.microsoftonline.cn/adminportal"),
            ("azure-ticket", "https://portal.azure.cn/#blade/Microsoft_Azure_Support/HelpAndSupportBlade/overview"),
        ),
    ),
    *(
        (
            cloud,
            "Azure docs, how-to-create-azure-support-request",
            (("azure-ticket", "https://portal.azure.com/#blade/Microsoft_Azure_Support/HelpAndSupportBlade/overview"),),
        )
        for cloud in (CloudName.GLOBAL, CloudName.CUSTOM)
    ),
    # The partner's own page, where the customer is chosen; no source names the one that 21Vianet operates.
    *(
        (cloud, "Partner Center docs, developer/get-all-service-requests-for-a-customer", (_PARTNER_CENTER,))
        for cloud in (CloudName.GLOBAL, CloudName.US_GOV, CloudName.US_GOV_DOD, CloudName.CUSTOM)
    ),
)


def _template(
    service: str, *, cloud: CloudName, url_template: str, is_verified: bool, source: str
) -> PortalLinkTemplate:
    return PortalLinkTemplate(
        service=service,
        title=_TITLES[service],
        cloud=cloud,
        kind=_KINDS.get(service, LinkKind.ADMIN),
        url_template=url_template,
        is_verified=is_verified,
        source=source,
    )


# A custom cloud starts with the global portals: only its APIs are known to live elsewhere.
PORTAL_LINKS: tuple[PortalLinkTemplate, ...] = (
    *(
        _template(service, cloud=cloud, url_template=url, is_verified=True, source=source)
        for cloud in (CloudName.GLOBAL, CloudName.CUSTOM)
        for service, url, source in _GLOBAL
    ),
    *(
        _template(service, cloud=cloud, url_template=url, is_verified=False, source=source)
        for cloud, source, links in _UNVERIFIED
        for service, url in links
    ),
)

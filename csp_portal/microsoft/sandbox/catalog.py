"""The services Microsoft reports health for, with their ids, and the licenses that stand behind them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """`prefix` begins the ids of the service's issues, as in EX123456."""

    id: str
    name: str
    prefix: str


SERVICES: tuple[Service, ...] = tuple(
    Service(id=identifier, name=name, prefix=prefix)
    for identifier, name, prefix in (
        ("Exchange", "Exchange Online", "EX"),
        ("microsoftteams", "Microsoft Teams", "TM"),
        ("SharePoint", "SharePoint Online", "SP"),
        ("OneDriveForBusiness", "OneDrive for Business", "OD"),
        ("OSDPPlatform", "Microsoft 365 suite", "MO"),
        ("OrgLiveID", "Microsoft Entra", "AD"),
        ("Intune", "Microsoft Intune", "IT"),
        ("PowerBIcom", "Power BI", "PB"),
        ("DynamicsCRM", "Dynamics 365 Apps", "CR"),
        ("D365BusinessCentral", "Dynamics 365 Business Central", "BC"),
        ("O365Client", "Microsoft 365 apps", "MA"),
        ("officeonline", "Microsoft 365 for the web", "OO"),
        ("MicrosoftCopilot", "Microsoft Copilot (Microsoft 365)", "CP"),
        ("MicrosoftDefender", "Microsoft Defender XDR", "DZ"),
        ("cloudappsecurity", "Microsoft Defender for Cloud Apps", "CS"),
        ("MicrosoftPurview", "Microsoft Purview", "CO"),
        ("MicrosoftFlowM365", "Power Automate in Microsoft 365", "FL"),
        ("PowerAppsM365", "Power Apps in Microsoft 365", "PA"),
        ("Forms", "Microsoft Forms", "FM"),
        ("Planner", "Planner", "PL"),
        ("Bookings", "Microsoft Bookings", "BK"),
        ("ProjectForTheWeb", "Project for the web", "PJ"),
        ("yammer", "Microsoft Viva Engage", "YA"),
        ("Stream", "Microsoft Stream", "ST"),
        ("Windows365", "Windows 365", "WP"),
    )
)

BY_NAME: dict[str, Service] = {service.name: service for service in SERVICES}
BY_ID: dict[str, Service] = {service.id: service for service in SERVICES}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sku:
    """A license: part number and GUIDs as in Microsoft's published table of product names."""

    part_number: str
    sku_id: str
    plans: tuple[tuple[str, str], ...]


SKUS: tuple[Sku, ...] = (
    Sku(
        part_number="SPB",
        sku_id="cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46",
        plans=(
            ("9aaf7827-d63c-4b61-89c3-182f06f82e5c", "EXCHANGE_S_STANDARD"),
            ("57ff2da0-773e-42df-b2af-ffb7a2317929", "TEAMS1"),
        ),
    ),
    Sku(
        part_number="SPE_E3",
        sku_id="05e9a617-0261-4cee-bb44-138d3ef5d965",
        plans=(
            ("efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE"),
            ("c1ec4a95-1f05-45b3-a911-aa3fa01094f5", "INTUNE_A"),
        ),
    ),
    Sku(
        part_number="ENTERPRISEPREMIUM",
        sku_id="c7df2760-2c81-4ef7-b578-5b5392b571df",
        plans=(("8c098270-9dd4-4350-9b30-ba4703f3b36b", "ADALLOM_S_O365"),),
    ),
    Sku(
        part_number="POWER_BI_PRO",
        sku_id="f8a1db68-be16-40ed-86d5-cb42ce701560",
        plans=(("70d33638-9c74-4d01-bfd3-562de28bd4ba", "BI_AZURE_P2"),),
    ),
)

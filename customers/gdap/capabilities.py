"""What we need to be able to do at a customer, and the least rights that each of these jobs takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import GLOBAL_ADMINISTRATOR

# Role template IDs, the same in every tenant (CIPP, src/data/GDAPRoles.json; Graph's samples name the same).
GLOBAL_READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
SERVICE_SUPPORT = "f023fd81-a637-4b56-95fd-791ac0226033"
DIRECTORY_READERS = "88d8e3e3-8f55-4a1e-953a-9b9898b8876b"
DIRECTORY_WRITERS = "9360feb5-f418-4baa-8175-e2a00bac4301"
LICENSE = "4d6ac14f-3453-41d0-bef9-a3e0c569773a"
USER = "fe930be7-5e62-47db-91af-98c3a49a38b1"
HELPDESK = "729827e3-9c14-49f7-bb1b-9608f156bbb8"
BILLING = "b0f54661-2d74-4c50-afa3-1ec803f12efe"
PRIVILEGED_AUTHENTICATION = "7be44c8a-adaf-4e2a-84d6-ab2649e08a13"
APPLICATION = "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3"
CLOUD_APPLICATION = "158c047a-c907-4556-b7ef-446551a6b5f7"
EXCHANGE = "29232cdf-9323-42fd-ade2-1d097af3e4de"
SHAREPOINT = "f28a1f50-f6e7-4571-818b-6a12f2af6b6c"
TEAMS = "69091246-20e8-4a56-aa4d-066075b2a7a8"
INTUNE = "3a2c62db-5318-420d-8d74-23affee5d9d5"
SECURITY = "194ae4cb-b126-40b2-bd5b-6091b380977d"
SECURITY_READER = "5d6b6bb7-de71-4623-b4af-96380a352509"

_FAQ = "Partner Center docs, gdap-faq.md"
_WORKLOADS = "Partner Center docs, gdap-supported-workloads.md"
_LEAST = "Microsoft Entra docs, least privileged roles by task"


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """Something to be done at a customer: any one of `roles` is enough, the first is the one to ask for.

    `services` are the links of the portal's catalog that it takes to open. With `takes_consent` our application does
    it, with our consent in that tenant; where it signs in as itself, no role counts. `unseen` is what no reading shows.
    """

    key: str
    title: str | Promise
    column: str | Promise
    roles: tuple[str, ...]
    source: str
    services: frozenset[str] = frozenset()
    takes_consent: bool = False
    unseen: str | Promise = ""

    @property
    def least_role(self) -> UUID:
        return UUID(self.roles[0])

    @property
    def role_ids(self) -> frozenset[UUID]:
        return frozenset(map(UUID, (*self.roles, GLOBAL_ADMINISTRATOR)))


JOBS: tuple[Job, ...] = (
    Job(
        key="READ_HEALTH",
        title=_("Read service health"),
        column=_("Health"),
        roles=(SERVICE_SUPPORT, GLOBAL_READER),
        source=_FAQ,
        services=frozenset({"service-health"}),
        takes_consent=True,
    ),
    Job(
        key="M365_TICKETS",
        title=_("Open Microsoft 365 and Dynamics 365 tickets"),
        column=_("Microsoft 365 tickets"),
        roles=(SERVICE_SUPPORT,),
        source=_FAQ,
        services=frozenset({"m365-ticket"}),
    ),
    Job(
        key="AZURE_TICKETS",
        title=_("Open Azure tickets"),
        column=_("Azure tickets"),
        roles=(DIRECTORY_READERS, GLOBAL_READER, DIRECTORY_WRITERS),
        source=_FAQ,
        services=frozenset({"azure", "azure-ticket"}),
        unseen=_(
            "Azure also asks that the person is in a group such as “Azure Managers” nested under AdminAgents in your "
            "tenant, and that AdminAgents still own the customer's subscriptions. Microsoft shows neither of both to "
            "this portal: look in Entra and in the subscription's access control."
        ),
    ),
    Job(
        key="LICENSES",
        title=_("Manage licenses"),
        column=_("Licenses"),
        roles=(LICENSE, USER),
        source=_LEAST,
    ),
    Job(
        key="USERS",
        title=_("Create and change users"),
        column=_("Users"),
        roles=(USER,),
        source=_LEAST,
    ),
    Job(
        key="HELPDESK",
        title=_("Reset passwords"),
        column=_("Passwords"),
        roles=(HELPDESK, USER, PRIVILEGED_AUTHENTICATION),
        source=_LEAST,
    ),
    Job(
        key="M365_ADMIN",
        title=_("Open the Microsoft 365 admin center"),
        column="Microsoft 365",
        roles=(GLOBAL_READER, SERVICE_SUPPORT, USER, LICENSE, HELPDESK, BILLING),
        source=_WORKLOADS,
        services=frozenset({"m365"}),
    ),
    Job(
        key="EXCHANGE",
        title=_("Open the Exchange admin center"),
        column="Exchange",
        roles=(EXCHANGE, GLOBAL_READER),
        source=_WORKLOADS,
        services=frozenset({"exchange"}),
    ),
    Job(
        key="SHAREPOINT",
        title=_("Open the SharePoint admin center"),
        column="SharePoint",
        roles=(SHAREPOINT, GLOBAL_READER),
        source=_WORKLOADS,
        services=frozenset({"sharepoint"}),
    ),
    Job(
        key="TEAMS",
        title=_("Open the Teams admin center"),
        column="Teams",
        roles=(TEAMS, GLOBAL_READER),
        source=_WORKLOADS,
        services=frozenset({"teams"}),
    ),
    Job(
        key="INTUNE",
        title=_("Open the Intune admin center"),
        column="Intune",
        roles=(INTUNE, GLOBAL_READER),
        source=_WORKLOADS,
        services=frozenset({"intune"}),
    ),
    Job(
        key="ENTRA",
        title=_("Open the Entra admin center"),
        column="Entra",
        roles=(DIRECTORY_READERS, GLOBAL_READER, DIRECTORY_WRITERS, USER, APPLICATION, CLOUD_APPLICATION),
        source=_WORKLOADS,
        services=frozenset({"entra"}),
    ),
    Job(
        key="SECURITY",
        title=_("Open the Defender and Purview portals"),
        column=_("Security"),
        roles=(SECURITY_READER, SECURITY, GLOBAL_READER),
        source=_WORKLOADS,
        services=frozenset({"defender", "purview"}),
    ),
)
JOB_OF_KEY: Mapping[str, Job] = {job.key: job for job in JOBS}
JOB_OF_SERVICE: Mapping[str, Job] = {service: job for job in JOBS for service in job.services}
# What a template starts with: enough for every job above that reads, and to open tickets; never Global Administrator.
SENSIBLE_ROLES: tuple[str, ...] = (SERVICE_SUPPORT, GLOBAL_READER, DIRECTORY_READERS, LICENSE, USER, HELPDESK)

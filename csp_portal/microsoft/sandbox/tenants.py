"""The tenants of the sandbox: the partner with its people, and its customers with their faults."""

import math
import random
import uuid
from dataclasses import dataclass, field

from csp_portal.microsoft.sandbox.federated import FederatedIssuer
from csp_portal.microsoft.sandbox.names import company_names

# What our app registration is granted, unless a test takes something away.
PERMISSIONS = (
    "DelegatedAdminRelationship.Read.All",
    "DelegatedAdminRelationship.ReadWrite.All",
    "Directory.Read.All",
    "Domain.Read.All",
    "LicenseAssignment.Read.All",
    "Mail.ReadWrite",
    "Organization.Read.All",
    "ServiceHealth.Read.All",
    "ServiceMessage.Read.All",
)


@dataclass(kw_only=True, slots=True)
class Tenant:
    """A Microsoft 365 tenant; every field after `is_customer` is a fault that a test or the demo may set anytime."""

    index: int
    tenant_id: str
    name: str
    domain: str
    initial_domain: str
    country: str
    seats: int
    has_delegated_access: bool = False  # the legacy DAP, which the partner may only take away
    is_customer: bool = True  # Microsoft lists it as the partner's
    throttled_for: float | None = None  # 429 with Retry-After until so many seconds after the first refusal
    throttle_cycle: tuple[int, int] | None = None  # (every so many seconds, throttled for the first so many of them)
    fail_with: int | None = None  # 401, 403, 500 or 503 on every Graph call
    fail_times: int | None = None  # … only so many times
    consent_missing: bool = False  # AADSTS65001 at the token endpoint
    token_fault: str | None = None  # an AADSTS code, or "429" or "503", at the token endpoint
    slow_by: float = 0.0
    reset_connection: bool = False
    truncate_json: bool = False
    empty_answer: bool = False
    next_link: str | None = None
    page_size: int | None = None
    throttled_until: float | None = None

    def fail(self, status: int, *, times: int | None = None) -> None:
        """Answer with `status`, for good or the given number of times."""
        self.fail_with, self.fail_times = status, times

    def take_failure(self) -> int | None:
        """Return the status the next Graph answer must have, and count it."""
        status = self.fail_with
        if status is None or self.fail_times is None:
            return status
        self.fail_times -= 1
        if self.fail_times <= 0:
            self.fail_with = self.fail_times = None
        return status

    def seconds_throttled(self, now: float) -> int:
        """Return the Retry-After of this moment; 0 when the tenant may be read."""
        if self.throttle_cycle is not None:
            every, long = self.throttle_cycle
            return max(0, math.ceil(long - now % every))
        if self.throttled_for is None:
            return 0
        if self.throttled_until is None:
            self.throttled_until = now + self.throttled_for
        left = math.ceil(self.throttled_until - now)
        if left <= 0:
            self.throttled_for = self.throttled_until = None
        return max(0, left)

    def heal(self) -> None:
        """Take every fault away."""
        self.throttled_for = self.throttle_cycle = self.throttled_until = None
        self.fail_with = self.fail_times = self.token_fault = self.next_link = self.page_size = None
        self.consent_missing = self.reset_connection = self.truncate_json = self.empty_answer = False
        self.slow_by = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who can be chosen in the account picker; `methods` becomes the amr claim."""

    object_id: str
    name: str
    email: str
    tenant_id: str
    roles: tuple[str, ...]
    job: str
    methods: tuple[str, ...] = ("pwd", "mfa")
    groups: tuple[str, ...] = ()  # object ids of the Entra groups

    @property
    def has_mfa(self) -> bool:
        return "mfa" in self.methods


@dataclass(kw_only=True, slots=True)
class PartnerTenant:
    """The partner's own tenant and our app registration in it."""

    tenant: Tenant
    client_id: str
    client_secret: str
    people: list[Person]
    groups: dict[str, str] = field(default_factory=dict)  # object ids by name
    permissions: set[str] = field(default_factory=lambda: set(PERMISSIONS))
    federated: list[FederatedIssuer] = field(default_factory=list)  # a token of one of them is accepted
    certificates: list[str] = field(default_factory=list)  # PEM; a client assertion signed by one of them is accepted

    @property
    def tenant_id(self) -> str:
        return self.tenant.tenant_id

    def person(self, object_id: str) -> Person | None:
        return next((person for person in self.people if person.object_id == object_id), None)


def guid(rng: random.Random) -> str:
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def seeded(*parts: object) -> random.Random:
    """A source of chance that is the same for the same parts, in every process."""
    return random.Random(":".join(map(str, parts)))  # noqa: S311 - demo data, not a secret


def make_tenants(count: int, *, seed: int) -> list[Tenant]:
    """The customers; customer number n is the same whatever the count."""
    tenants = []
    for index, company in enumerate(company_names(count, seed=seed)):
        rng = seeded(seed, "tenant", index)
        tenants.append(
            Tenant(
                index=index,
                tenant_id=guid(rng),
                name=company.name,
                domain=f"{company.slug}.example",
                initial_domain=f"{company.slug.replace('-', '')}.onmicrosoft.com",
                country=company.country,
                seats=int(rng.paretovariate(1.1) * 8) % 900 + 3,
                has_delegated_access=index % 5 == 0,
            )
        )
    return tenants


SERVICE_DESK = "Service desk"  # an Entra group of the partner
_IN_SERVICE_DESK = ("chihhao.lin", "sofia.ortega", "yating.wang")
_STAFF = (
    ("陳美玲 Mei-Ling Chen", "meiling.chen", ("Portal.Owner",), "Managing director"),
    ("Jonas Weber", "jonas.weber", ("Portal.AccessAdmin",), "Head of cloud operations"),
    ("林志豪 Chih-Hao Lin", "chihhao.lin", ("Portal.SupportAgent",), "Support engineer"),
    ("Sofía Ortega", "sofia.ortega", ("Portal.SupportAgent",), "Support engineer"),
    ("Amara Okafor", "amara.okafor", ("Portal.Viewer",), "Account manager"),
    ("王雅婷 Ya-Ting Wang", "yating.wang", (), "New colleague, no role yet"),
)


def make_partner(*, seed: int, index: int) -> PartnerTenant:
    """The partner, its people, one of them without a second factor, and a stranger of another tenant."""
    rng = seeded(seed, "partner")
    tenant = Tenant(
        index=index,
        tenant_id=guid(rng),
        name="Formosa Nord Cloud Services",
        domain="formosanord.example",
        initial_domain="formosanord.onmicrosoft.com",
        country="TW",
        seats=40,
    )
    groups = {SERVICE_DESK: guid(seeded(seed, "groups"))}
    people = [
        Person(
            object_id=guid(rng),
            name=name,
            email=f"{mailbox}@{tenant.domain}",
            tenant_id=tenant.tenant_id,
            roles=roles,
            job=job,
            groups=(groups[SERVICE_DESK],) if mailbox in _IN_SERVICE_DESK else (),
        )
        for name, mailbox, roles, job in _STAFF
    ]
    stranger = Person(
        object_id=guid(rng),
        name="Viktor Falk",
        email="viktor.falk@rival-reseller.example",
        tenant_id=guid(rng),
        roles=(),
        job="Works for another company",
    )
    return PartnerTenant(
        tenant=tenant,
        client_id=guid(rng),
        client_secret=f"sandbox~{rng.getrandbits(160):040x}",
        groups=groups,
        people=[*people, _careless(tenant, seed=seed), stranger],
    )


def _careless(tenant: Tenant, *, seed: int) -> Person:
    """Somebody who has set up no second factor."""
    return Person(
        object_id=guid(seeded(seed, "careless")),
        name="Dewi Lestari",
        email=f"dewi.lestari@{tenant.domain}",
        tenant_id=tenant.tenant_id,
        roles=("Portal.Viewer",),
        job="Sales",
        methods=("pwd",),
    )

"""The sandbox's Azure Support: subscriptions, services, requests with what was said in them, and faults of filing."""

import random
import re
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from csp_portal.microsoft.sandbox.tenants import Tenant, seeded

MARKER = re.compile(r"\[ref: ([A-Z2-7]{20})\]")
SUPPORT = "/providers/Microsoft.Support"
# Services and their problem classifications, in Microsoft's words.
SERVICES = {
    "Virtual Machine running Windows": ("Cannot connect to my VM", "VM Performance", "My VM restarted"),
    "Azure App Service (Web Apps)": ("Availability, Performance, and Application Issues", "Deployment"),
    "Storage Account Management": ("Account access", "Deleting a storage account"),
    "Microsoft Entra ID": ("Sign-in and multifactor authentication", "User provisioning"),
    "Billing": ("Invoice", "Understand my charges"),
}
RESOURCES = ("Microsoft.Compute/virtualMachines/web-01", "Microsoft.Storage/storageAccounts/files")
ANSWER_MINUTES = {"critical": 60, "moderate": 240, "minimal": 480}


@dataclass(kw_only=True)
class SandboxCommunication:
    name: str
    subject: str
    body: str
    sender: str
    is_inbound: bool
    at: float


@dataclass(kw_only=True)
class SandboxTicket:
    """`visible_at` may lie after `made_at`: until then no list and no address shows it."""

    name: str
    tenant_id: str
    subscription_id: str
    number: str
    properties: dict[str, object]
    made_at: float
    visible_at: float
    changed_at: float
    status: str = "Open"
    communications: list[SandboxCommunication] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"/subscriptions/{self.subscription_id}{SUPPORT}/supportTickets/{self.name}"

    @property
    def marker(self) -> str:
        found = MARKER.search(str(self.properties.get("title", "")))
        return found[1] if found else ""


@dataclass(kw_only=True)
class SandboxFile:
    """Announced with its size; whole once every chunk has arrived."""

    size: int
    chunks: list[bytes | None]

    @property
    def content(self) -> bytes | None:
        return b"".join(one or b"" for one in self.chunks) if None not in self.chunks else None


@dataclass(kw_only=True)
class SandboxOperation:
    """How far a filing is; one that never completes has no `done_at`."""

    id: str
    done_at: float | None


@dataclass(kw_only=True)
class FilingFaults:
    """Shares of the filings that go wrong, drawn from `seed`; each filing meets one of them at most."""

    lost: float = 0.0  # made, but the answer never arrives
    late: float = 0.0  # made, the answer never arrives, and visible only after `late_seconds`
    dropped: float = 0.0  # not made, and no answer
    stuck: float = 0.0  # taken with 202 and made, but the operation never completes
    throttled: float = 0.0  # 429
    late_seconds: tuple[float, float] = (5.0, 60.0)
    retry_after: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        self._rng = random.Random(self.seed)  # noqa: S311 - a share, not a secret

    def draw(self) -> str:
        at, reached = self._rng.random(), 0.0
        for name in ("lost", "late", "dropped", "stuck", "throttled"):
            reached += getattr(self, name)
            if at < reached:
                return name
        return ""

    def lateness(self) -> float:
        return self._rng.uniform(*self.late_seconds)


class AzureWorld:
    """Whoever reads or changes it holds `lock`; `pace` is how many seconds an operation takes."""

    def __init__(self, *, seed: int, now: Callable[[], float]) -> None:
        self.seed, self.now = seed, now
        self.lock = threading.RLock()
        self.tickets: list[SandboxTicket] = []
        self.operations: dict[str, SandboxOperation] = {}
        self.faults = FilingFaults()
        self.drawn: Counter[str] = Counter()
        self.pace = 0.0
        self.has_plan = True  # without a support plan Azure refuses technical requests
        self.names_are_unique = True  # switched off to show that nothing relies on it
        self.files: dict[tuple[str, str], SandboxFile] = {}  # by the number of the request, and the file's name
        self.to_drop: list[str] = []  # "before" or "after": where the next messages lose their connection
        self.at_filing: Callable[[str], None] = lambda moment: None  # called "before" and "after" one is made

    def drops(self, moment: str) -> bool:
        """Whether the connection of this message breaks now."""
        with self.lock:
            is_now = bool(self.to_drop) and self.to_drop[0] == moment
            if is_now:
                self.to_drop.pop(0)
            return is_now

    def subscriptions_of(self, tenant: Tenant) -> list[tuple[str, str]]:
        """Id and name of the tenant's subscriptions; the same for the same seed."""
        rng = seeded(self.seed, "azure", tenant.index)
        ids = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(2)]
        return list(zip(ids, (f"{tenant.name} production", f"{tenant.name} test"), strict=True))

    def visible(self, *, subscription_id: str) -> Iterator[SandboxTicket]:
        now = self.now()
        return (one for one in self.tickets if one.subscription_id == subscription_id and one.visible_at <= now)

    def named(self, name: str) -> SandboxTicket:
        """By name, number or marker, visible or not; KeyError if there is none."""
        for one in self.tickets:
            if name in (one.name, one.number, one.marker):
                return one
        raise KeyError(f"The sandbox has no request {name!r}.")

    def by_marker(self) -> Counter[str]:
        """How many requests there are of each marker, those too that nobody sees yet."""
        with self.lock:
            return Counter(one.marker for one in self.tickets)

    def make(
        self, tenant: Tenant, *, subscription_id: str, name: str, properties: dict[str, object], visible_in: float = 0.0
    ) -> SandboxTicket:
        now = self.now()
        number = f"{26110000000000 + len(self.tickets) + 1}"
        made = SandboxTicket(
            name=name,
            tenant_id=tenant.tenant_id,
            subscription_id=subscription_id,
            number=number,
            properties=dict(properties),
            made_at=now,
            visible_at=now + visible_in,
            changed_at=now,
        )
        self.tickets.append(made)
        return made

    def answer(self, ticket: SandboxTicket, *, body: str, subject: str = "", sender: str = "") -> SandboxCommunication:
        """Microsoft's engineer writes."""
        said = SandboxCommunication(
            name=f"microsoft-{len(ticket.communications) + 1}",
            subject=subject or str(ticket.properties.get("title", "")),
            body=body,
            sender=sender or "support@microsoft.example",
            is_inbound=False,
            at=self.now(),
        )
        ticket.communications.append(said)
        ticket.changed_at = said.at
        return said

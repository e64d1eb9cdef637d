"""The world the sandbox shows: tenants, their issues and their faults, all from one seed and one clock."""

import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Literal

from csp_portal.microsoft.sandbox.azure_world import AzureWorld
from csp_portal.microsoft.sandbox.catalog import BY_NAME
from csp_portal.microsoft.sandbox.gdap_desk import WriteDesk
from csp_portal.microsoft.sandbox.gdap_world import GdapWorld
from csp_portal.microsoft.sandbox.issues import Moment, SandboxIssue, never, sample
from csp_portal.microsoft.sandbox.mailboxes import MailWorld
from csp_portal.microsoft.sandbox.posts import NASTY, history
from csp_portal.microsoft.sandbox.service_requests import RequestDesk
from csp_portal.microsoft.sandbox.story import Story, Tempo
from csp_portal.microsoft.sandbox.tenants import Tenant, make_partner, make_tenants, seeded
from csp_portal.microsoft.sandbox.texts import STANDING, Plot

Weight = Literal["none", "light", "heavy"]
HEAVY_ISSUES, HEAVY_SHARE = 30, 0.7  # about 21 issues with 98 posts and 231 KB of JSON a tenant
UNHEARD_OF = "gradualRecovery"  # a status that no list of Microsoft's has


class World:
    """`weight` says what stands from the first day: nothing, a lifelike few, or as much as a real tenant has."""

    def __init__(self, seed: int, tenants: int, clock: Callable[[], datetime], *, weight: Weight = "light") -> None:
        self.seed, self.clock, self.weight = seed, clock, weight
        self.tenants: list[Tenant] = make_tenants(tenants, seed=seed)
        self.partner = make_partner(seed=seed, index=tenants)
        self.token_endpoint_fault: str | None = None  # an AADSTS code, "429" or "503", for every token request
        self.token_life: int | None = None  # seconds that access tokens last, instead of 60 to 90 minutes
        self.sign_in_fault: str | None = None  # a name of id_tokens.BENT or id_tokens.FORGED: how id tokens are bad
        self.story: Story | None = None
        self.gdap = GdapWorld(seed=seed, tenants=self.tenants, partner=self.partner, now=self.now)
        self.gdap_desk = WriteDesk()
        self.mail = MailWorld()
        self.azure = AzureWorld(seed=seed, now=self.now)
        self.requests = RequestDesk(now=self.now)
        self._lock = threading.Lock()
        self._by_key = {key: tenant for tenant in [*self.tenants, self.partner.tenant] for key in _keys(tenant)}
        self._issues: list[SandboxIssue] = list(self._standing()) if weight != "none" else []
        self._made = 0

    # --- looking ---

    def now(self) -> float:
        return self.clock().timestamp()

    def find_tenant(self, key: str) -> Tenant | None:
        """The customer or the partner with this tenant id, domain or initial domain (any case)."""
        return self._by_key.get(key.lower())

    def tenant(self, key: str | int) -> Tenant:
        """The tenant with this index, id, domain or name; KeyError if there is none."""
        if isinstance(key, int):
            return self.tenants[key]
        found = self.find_tenant(key) or next((tenant for tenant in self.tenants if tenant.name == key), None)
        if found is None:
            raise KeyError(f"The sandbox has no tenant {key!r}.")
        return found

    def customers(self) -> list[Tenant]:
        """The tenants that Microsoft lists as the partner's customers now."""
        return [tenant for tenant in self.tenants if tenant.is_customer]

    def issues(self) -> list[SandboxIssue]:
        """Every issue of this moment, whomever it hits."""
        now = self.now()
        told = self.story.issues_at(now) if self.story else []
        return [*self._issues, *told]

    def issues_of(self, tenant: Tenant, *, now: float) -> list[tuple[SandboxIssue, int]]:
        """What Microsoft lists for this tenant now: each issue with its version."""
        index = tenant.index
        return [(issue, issue.version_for(index, now=now)) for issue in self.issues() if issue.is_at(index, now=now)]

    def issue(self, issue_id: str) -> SandboxIssue:
        found = next((issue for issue in self.issues() if issue.id == issue_id), None)
        if found is None:
            raise KeyError(f"The sandbox has no issue {issue_id!r}.")
        return found

    # --- making things happen ---

    def break_service(
        self,
        service: str,
        *,
        tenants: Iterable[Tenant | str | int] | None = None,
        fraction: float | None = None,
        title: str = "",
        classification: str = "incident",
        status: str = "serviceDegradation",
    ) -> SandboxIssue:
        """Begin an issue now, at the named tenants or at a share of all of them (all, if neither is given)."""
        plot = Plot(
            service=service,
            classification=classification,
            title=title or f"Some users can't use {service}",
            impact=f"Users may be unable to use some features of {service}.",
            feature="Access",
            group=service,
            cause="A recent change caused an unexpected load.",
            status=status,
        )
        now = self.now()
        with self._lock:
            self._made += 1
            number = 3_000_000 + self._made
            hit = self._named(tenants, fraction=fraction, number=number)
            first = history(plot, began=now, every=0, updates=0, heavy=self.weight == "heavy")[:1]
            issue = self._issue(plot, number=number, began=now, hit=hit, moments=first)
            issue.status = status
            self._issues = [*self._issues, issue]
        return issue

    def spread(
        self, issue: SandboxIssue, *, tenants: Iterable[Tenant | str | int] | None = None, fraction: float | None = None
    ) -> None:
        """Let an issue reach more tenants now."""
        issue.spread(self._named(tenants, fraction=fraction, number=len(issue.moments)))

    def add_issues(self, issues: Iterable[SandboxIssue]) -> None:
        """Take over issues that somebody else has made, with their past and their future."""
        self._issues = [*self._issues, *issues]

    def tell_story(self, tempo: Tempo | None = None) -> None:
        """From now on, let incidents begin, spread and end by the clock."""
        count = len(self.tenants)
        self.story = Story(
            seed=self.seed, tenants=count, slots=count + 1, began=self.now(), tempo=tempo or Tempo(), clock=self.clock
        )

    def add_standing_faults(self) -> None:
        """Three customers of a demo that cannot be read: consent missing, forbidden, throttled now and then."""
        if len(self.tenants) < 12:
            return
        picks = seeded(self.seed, "faults").sample(range(4, len(self.tenants)), 3)
        self.tenants[picks[0]].consent_missing = True
        self.tenants[picks[1]].fail_with = 403
        self.tenants[picks[2]].throttle_cycle = (600, 150)

    # --- building ---

    def _named(self, tenants: Iterable[Tenant | str | int] | None, *, fraction: float | None, number: int) -> list[int]:
        if tenants is not None:
            return [t.index if isinstance(t, Tenant) else self.tenant(t).index for t in tenants]
        if fraction is not None:
            return sample(len(self.tenants), fraction=fraction, rng=seeded(self.seed, "share", number))
        return list(range(len(self.tenants)))

    def _standing(self) -> Iterator[SandboxIssue]:
        heavy = self.weight == "heavy"
        day = self.clock().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        midnight, count = day.timestamp(), HEAVY_ISSUES if heavy else len(STANDING)
        for turn in range(count):
            plot = STANDING[turn % len(STANDING)]
            rng = seeded(self.seed, "standing", turn, day.toordinal())
            began = midnight - plot.hours * 3600 - rng.randrange(3000) - turn // len(STANDING) * 86400
            updates = 2 + turn % 3 + (turn % 5 == 0) if heavy else 1 + turn % 3
            moments = history(plot, began=began, every=plot.hours * 3600 / 7, updates=updates, heavy=heavy)
            if turn == 0:  # the nasty post stands in an issue that many open
                moments.append(Moment(at=moments[-1].at + 60, post=NASTY))
            hit = sample(len(self.tenants), fraction=HEAVY_SHARE if heavy else plot.share, rng=rng)
            number = rng.randrange(1_000_000, 1_199_999)
            issue = self._issue(plot, number=number, began=began, hit=hit, moments=moments)
            issue.status = plot.status or "serviceDegradation"
            yield issue
        if len(self.tenants) >= 5:
            yield self._unheard_of(midnight)

    def _unheard_of(self, midnight: float) -> SandboxIssue:
        plot = Plot(
            service="Microsoft Bookings",
            classification="advisory",
            title="Appointment pages may load without the company's logo",
            impact="Visitors of a booking page may see a placeholder; appointments can be made.",
            feature="Booking page",
            group="Microsoft Bookings",
            cause="An image cache is being rebuilt.",
            status=UNHEARD_OF,
        )
        moments = history(plot, began=midnight - 8000, every=1800, updates=1, heavy=False)
        issue = self._issue(plot, number=1_199_999, began=midnight - 8000, hit=[len(self.tenants) - 1], moments=moments)
        issue.status = UNHEARD_OF
        return issue

    def _issue(self, plot: Plot, *, number: int, began: float, hit: list[int], moments: list[Moment]) -> SandboxIssue:
        service = BY_NAME[plot.service]
        reach = never(len(self.tenants) + 1)
        for index in hit:
            reach[index] = began
        return SandboxIssue(
            id=f"{service.prefix}{number}",
            service=service,
            title=plot.title,
            impact=plot.impact,
            classification=plot.classification,
            status=plot.status,
            feature=plot.feature,
            feature_group=plot.group,
            started_at=began,
            reach=reach,
            clock=self.clock,
            details=(("NotifyInApp", "True"),),
            moments=tuple(moments),
        )


def _keys(tenant: Tenant) -> tuple[str, str, str]:
    return tenant.tenant_id, tenant.domain, tenant.initial_domain

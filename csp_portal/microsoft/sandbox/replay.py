"""Plays a recorded stream of days into a world: issues that live by its clock, faults that come and go with it.

The stream is JSON. Minutes count from `starts`. Whom something hits is told as a share of the tenants: they are put
into the order of their draws, blake2b("seed:name:index"), and the first ones are hit, at least one.

    issues    id, service, classification, status, title, impact, feature, group, begins, and
              reach: [[minute, share], …] growing; moments: [[minute, {a Moment's fields}], …];
              late: [share of those hit, minutes] who see the closing later; vanishes: minute or null
    faults    [name, kind, from minute, to minute, share]; the first that counts for a tenant counts alone
    weather   every so many minutes each of the kinds in `of` comes over a share of the tenants for one step
    customers [name, minute, share, "joins" or "leaves"]
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import blake2b
from math import inf
from typing import Any

from csp_portal.microsoft.sandbox.catalog import BY_NAME
from csp_portal.microsoft.sandbox.issues import Moment, SandboxIssue, never
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.world import World

Stream = Mapping[str, Any]
KINDS: Mapping[str, Mapping[str, object]] = {
    "forbidden": {"fail_with": 403},
    "consent": {"fail_with": 403, "consent_missing": True},
    "secret": {"fail_with": 401, "token_fault": "AADSTS7000222"},
    "unavailable": {"fail_with": 503},
    "broken": {"fail_with": 500},
    "reset": {"reset_connection": True},
    "cut": {"truncate_json": True},
    "empty": {"empty_answer": True},
}


class Replay:
    """`play` brings the faults and the list of customers up to a minute; issues need no more than the world's clock."""

    def __init__(self, stream: Stream, *, world: World) -> None:
        self.stream, self.world = stream, world
        self.began = datetime.fromisoformat(stream["starts"]).timestamp()
        self._faults = [
            (kind, begins, ends, frozenset(self._hit(name, share=share)))
            for name, kind, begins, ends, share in stream["faults"]
        ]
        self._customers = [
            (frozenset(self._hit(name, share=share)), at, what) for name, at, share, what in stream["customers"]
        ]
        self._spoiled: set[int] = set()
        world.add_issues(map(self._issue, stream["issues"]))

    def play(self, minute: int) -> None:
        """Tenants whom a throttle bids to wait are left to it until it is over."""
        for tenant in self.world.tenants:
            tenant.is_customer = all(
                (minute >= at) == (what == "joins") for hit, at, what in self._customers if tenant.index in hit
            )
        wanted = dict(self._weather(minute))
        for kind, begins, ends, hit in reversed(self._faults):
            if begins <= minute < ends:
                wanted |= dict.fromkeys(hit, KINDS[kind])
        now = self.world.now()
        for index in self._spoiled | wanted.keys():
            tenant = self.world.tenants[index]
            if not _waits(tenant, now=now):
                tenant.heal()
                _set(tenant, wanted.get(index, {}))
        self._spoiled |= wanted.keys()
        self._spoiled = {
            index for index in self._spoiled if index in wanted or _waits(self.world.tenants[index], now=now)
        }

    def _weather(self, minute: int) -> Iterator[tuple[int, Mapping[str, object]]]:
        weather, count = self.stream["weather"], len(self.world.tenants)
        step = minute // weather["every"]
        size = max(1, round(count * weather["share"]))
        order = random.Random(f"{self.stream['seed']}:weather:{step}").sample(range(count), size * len(weather["of"]))  # noqa: S311
        for place, kind in enumerate(weather["of"]):
            seconds = weather["retry_after"][step % len(weather["retry_after"])]
            fault = {"throttled_for": seconds} if kind == "throttled" else KINDS[kind]
            yield from ((index, fault) for index in order[place * size : (place + 1) * size])

    def _hit(self, name: str, *, share: float) -> list[int]:
        count = len(self.world.tenants)
        return sorted(range(count), key=lambda index: self._draw(name, index))[: max(1, round(share * count))]

    def _draw(self, name: str, index: int) -> bytes:
        return blake2b(f"{self.stream['seed']}:{name}:{index}".encode(), digest_size=8).digest()

    def _issue(self, told: Mapping[str, Any]) -> SandboxIssue:
        order = self._hit(told["id"], share=told["reach"][-1][1])
        reach = never(len(self.world.tenants) + 1)
        for minute, share in reversed(told["reach"]):
            for index in order[: max(1, round(share * len(self.world.tenants)))]:
                reach[index] = self._at(minute)
        moments = tuple(Moment(at=self._at(minute), **fields) for minute, fields in told["moments"])
        issue = SandboxIssue(
            id=told["id"],
            service=BY_NAME[told["service"]],
            title=told["title"],
            impact=told["impact"],
            classification=told["classification"],
            status=told["status"],
            feature=told["feature"],
            feature_group=told["group"],
            started_at=self._at(told["begins"]),
            reach=reach,
            clock=self.world.clock,
            moments=moments,
            vanished_at=inf if told["vanishes"] is None else self._at(told["vanishes"]),
        )
        return replace(issue, late=self._late(told, order=order))

    def _late(self, told: Mapping[str, Any], *, order: list[int]) -> dict[int, float]:
        """The first of those hit are those whom the closing reaches last."""
        share, minutes = told["late"]
        closed = next((minute for minute, fields in told["moments"] if fields.get("closes")), None)
        if not share or closed is None:
            return {}
        return dict.fromkeys(order[: max(1, round(share * len(order)))], self._at(closed + minutes))

    def _at(self, minute: int) -> float:
        return self.began + minute * 60


def _waits(tenant: Tenant, *, now: float) -> bool:
    return tenant.throttled_until is not None and tenant.throttled_until > now


def _set(tenant: Tenant, faults: Mapping[str, object]) -> None:
    for name, value in faults.items():
        setattr(tenant, name, value)

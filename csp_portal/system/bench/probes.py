"""Single measurements of the sweep, each made in a fresh process; they print raw figures, sweep.py judges them."""

import cProfile
import pstats
import sys
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models.functions import Now

from csp_portal.system.bench.floor import PlainLoop
from csp_portal.system.bench.gauges import Figures, connections_to, measured, peak_memory_mb
from csp_portal.system.bench.page_probe import probe_pages
from csp_portal.system.bench.scene import all_due, desk, drain, set_scene, sweep
from customers.connections import Access
from customers.models import Connection, Customer, Feed
from health.models import Post
from health.sweep import claim_now

ROUNDS = 5
LATENCY = 0.1
LATENCY_TENANTS = 400


def probe_sweep(tenants: int) -> dict[str, Any]:
    """Budgets 1, 2, 3 and 6: a first round, then unchanged ones beside the plain loop, then one where all changed."""
    set_scene(tenants)
    messages: list[int] = []
    profile = cProfile.Profile()
    profile.enable()
    first = sweep(lambda claims: messages.append(len(claims)))
    profile.disable()
    posts, connections = Post.objects.count(), connections_to(settings.MICROSOFT_CLOUDS["custom"].graph_url)
    plain, tokens = PlainLoop(settings.MICROSOFT_CLOUDS["custom"]), tokens_in_hand()
    before = desk().counts()
    loops, sweeps = [], []
    for _ in range(ROUNDS):
        loops.append(_measure(lambda: plain.run(tokens)))
        all_due()
        sweeps.append(_measure(sweep))
    asked = _difference(desk().counts(), before)
    desk().break_service("Exchange Online", fraction=1.0, title="Mail is slow")
    all_due()
    changed = _measure(sweep)
    return {
        "read": first.read,
        "messages": len(messages),
        "sanitized": _calls(profile, "sanitize_post"),
        "posts": posts,
        "loop_cpu": min(one.cpu for one in loops),
        "sweep_cpu": min(one.cpu for one in sweeps),
        "statements": sweeps[-1].statements,
        "wal": sweeps[-1].wal,
        "statements_changed": changed.statements,
        "graph_requests": asked.get("graph", 0) / ROUNDS - tenants,  # the plain loop asked once a tenant, too
        "token_requests": asked.get("token", 0),
        "discoveries": desk().counts().get("discovery", 0),
        "connections": connections,
    }


def probe_faults(tenants: int) -> dict[str, Any]:
    """Budget 4 and the end of 3: one in a hundred throttled, one broken, one cut off, and who is asked too soon."""
    set_scene(tenants)
    sweep()
    calm = []
    for _ in range(ROUNDS):
        all_due()
        calm.append(_measure(sweep).cpu)
    ids = [str(tenant_id) for tenant_id in Customer.objects.order_by("pk").values_list("tenant_id", flat=True)]
    some = max(1, tenants // 100)
    for index, tenant_id in enumerate(ids[: 3 * some]):
        fault = ({"throttled_for": 3}, {"fail_with": 503, "fail_times": 1}, {"reset_connection": True})[index // some]
        desk().set_fault(tenant_id, **fault)
    all_due()
    with measured() as rough:
        done = sweep()
        too_soon = _asked_too_soon(some)
        time.sleep(3)
        for tenant_id in ids[2 * some : 3 * some]:
            desk().set_fault(tenant_id, heal=True)
        Feed.objects.exclude(problem="").update(due_at=Now())  # their back-off goes by
        done.add(sweep())
    return {
        "read": done.read,
        "cpu": rough.cpu / min(calm),
        "too_soon": too_soon,
        "one_throttled": _one_throttled(ids[0]),
    }


def _asked_too_soon(throttled: int) -> int:
    """How many throttled tenants are taken although everybody is to be read at once."""
    claims = claim_now(Feed.objects.filter(problem=Feed.Problem.THROTTLED))
    due = Feed.objects.filter(problem=Feed.Problem.THROTTLED).count()
    return len(claims) + max(0, throttled - due)


def _one_throttled(tenant_id: str) -> float:
    """Seconds of a sweep with one throttled tenant in proportion to one without, taken in turns; the best of each.

    At a latency as in production: there a sweep waits for answers, and its time is not at the mercy of other programs.
    """
    desk().set_fault("*", slow_by=LATENCY)
    waiting: list[float] = []
    calm: list[float] = []
    for _ in range(3):
        for seconds, throttled_for in ((waiting, 120), (calm, None)):
            desk().set_fault(tenant_id, throttled_for=throttled_for)
            all_due(at_most=LATENCY_TENANTS)
            seconds.append(_measure(sweep).seconds)
    desk().set_fault("*", heal=True)
    return min(waiting) / min(calm)


def probe_scale(tenants: int) -> dict[str, Any]:
    """Budget 5: what a process costs that reads this many tenants, changed and unchanged."""
    set_scene(tenants)
    sweep()
    rounds = []
    for _ in range(ROUNDS):
        all_due()
        rounds.append(_measure(sweep))
    return {"cpu": min(one.cpu for one in rounds), "memory": peak_memory_mb()}


def probe_latency(tenants: int) -> dict[str, Any]:
    """Budget 7, its first half: the scene, the CPU of a tenant, and what one request takes at 100 ms latency."""
    set_scene(tenants)
    sweep()
    all_due()
    calm = _measure(sweep)
    desk().set_fault("*", slow_by=LATENCY)
    plain, tokens = PlainLoop(settings.MICROSOFT_CLOUDS["custom"]), tokens_in_hand()[:20]
    seconds = _measure(lambda: plain.run(tokens, threads=1)).seconds
    return {"cpu": calm.cpu / tenants, "latency": seconds / len(tokens)}


def probe_drain(tenants: int) -> dict[str, Any]:
    """One worker: says when it is ready, waits for the word, and reads what is due."""
    sys.stdout.write("ready\n")
    sys.stdin.readline()
    started = time.perf_counter()
    done = drain()
    return {"read": done.read, "seconds": time.perf_counter() - started}


def probe_due(tenants: int) -> dict[str, Any]:
    all_due()
    return {}


def probe_heal(tenants: int) -> dict[str, Any]:
    desk().set_fault("*", heal=True)
    return {}


PROBES: dict[str, Callable[[int], dict[str, Any]]] = {
    "sweep": probe_sweep,
    "faults": probe_faults,
    "scale": probe_scale,
    "latency": probe_latency,
    "drain": probe_drain,
    "due": probe_due,
    "heal": probe_heal,
    "pages": probe_pages,
}


def tokens_in_hand() -> list[str]:
    """The tokens that the sweep keeps for all customers."""
    tenant_ids = [str(tenant_id) for tenant_id in Customer.objects.values_list("tenant_id", flat=True)]
    return [token.value for token in Access(Connection.objects.get()).tokens_in_hand(tenant_ids).values()]


def _measure(work: Callable[[], object]) -> Figures:
    with measured() as figures:
        work()
    return figures


def _difference(after: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {kind: count - before.get(kind, 0) for kind, count in after.items()}


def _calls(profile: cProfile.Profile, function: str) -> int:
    """How often a function ran while the profile was on."""
    stats: Any = pstats.Stats(profile)
    return sum(counts[1] for place, counts in stats.stats.items() if place[2] == function)

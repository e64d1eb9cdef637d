"""The budgets of the sweep (1 to 7), each held against a floor measured in the same run."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from csp_portal.system.bench.probes import LATENCY_TENANTS
from csp_portal.system.bench.stage import Stage, figures_of, open_stage
from csp_portal.system.bench.table import Row

THREADS = 8


def rows(state: Path, *, tenants: int, say: Callable[[str], object]) -> list[Row]:
    """Measure everything; takes some minutes for 1,000 tenants."""
    with open_stage(state, tenants=tenants) as stage:
        say(f"first, unchanged and changed rounds of {tenants:,} tenants beside the plain loop …")
        table = _sweep_rows(stage.probe("sweep", tenants=tenants), tenants=tenants)
        say("one tenant in a hundred throttled, broken, cut off …")
        table += _fault_rows(stage.probe("faults", tenants=tenants), tenants=tenants)
        small = max(10, tenants // 10)
        say(f"{small:,} tenants against {tenants:,} …")
        table += _scale_rows(
            stage.probe("scale", tenants=small), stage.probe("scale", tenants=tenants), times=tenants / small
        )
        say("one worker and two, at 100 ms latency …")
        table += _latency_rows(stage, tenants=min(tenants, LATENCY_TENANTS))
    return sorted(table, key=lambda row: row.budget)


def _sweep_rows(found: dict[str, Any], *, tenants: int) -> list[Row]:
    return [
        Row.at_most("1 unchanged sweep ÷ plain loop, CPU", found["sweep_cpu"] / found["loop_cpu"], 1.25),
        Row.at_most("2 statements per unchanged tenant", found["statements"] / tenants, 0.2),
        Row.at_most("2 statements per changed tenant", found["statements_changed"] / tenants, 2),
        Row.at_most("2 WAL per unchanged tenant, bytes", found["wal"] / tenants, 1024),
        Row.at_most("3 Graph requests per tenant and round", found["graph_requests"] / tenants, 1),
        Row.at_most("3 tokens asked for after the first round", found["token_requests"], 0),
        Row.at_most("3 discoveries per process", found["discoveries"], 1),
        Row.at_most("3 connections per process", found["connections"], 2 * THREADS),
        Row.at_least("6 tenants per Celery message", tenants / found["messages"], 25),
        Row.at_most("6 times a post is sanitized", found["sanitized"] / max(1, found["posts"]), 1),
    ]


def _fault_rows(found: dict[str, Any], *, tenants: int) -> list[Row]:
    return [
        Row.at_most("3 requests before a Retry-After is over", found["too_soon"], 0),
        Row.at_least("4 tenants read despite 1 % each of 429, 5xx, resets", found["read"] / tenants, 1),
        Row.at_most("4 the same, CPU ÷ calm sweep", found["cpu"], 1.2),
        Row.at_most("4 sweep with one throttled tenant ÷ calm sweep, seconds", found["one_throttled"], 1.05),
    ]


def _scale_rows(small: dict[str, Any], large: dict[str, Any], *, times: float) -> list[Row]:
    exponent = math.log(large["cpu"] / small["cpu"]) / math.log(times)
    return [
        Row.at_most("5 growth of CPU with tenants, exponent", exponent, 1.05),
        Row.at_most("5 memory of a worker, MB", large["memory"], 150),
        Row.at_most("5 memory at ten times the tenants", large["memory"] / small["memory"], 1.2),
    ]


def _latency_rows(stage: Stage, *, tenants: int) -> list[Row]:
    """Tenants per second against min(requests in flight ÷ latency, cores ÷ CPU per tenant), and a second worker."""
    found = stage.probe("latency", tenants=tenants)
    possible = min(THREADS / found["latency"], 1 / found["cpu"])
    one = _tenants_per_second(stage, workers=1, tenants=tenants)
    two = _tenants_per_second(stage, workers=2, tenants=tenants)
    stage.probe("heal", tenants=tenants)
    return [
        Row.at_most("7 possible ÷ reached tenants per second at 100 ms", possible / one, 1.3),
        Row.at_least("5 speed of two workers ÷ one", two / one, 1.7),
    ]


def _tenants_per_second(stage: Stage, *, workers: int, tenants: int) -> float:
    stage.probe("due", tenants=tenants)
    processes = [stage.open_probe("drain", tenants=tenants) for _ in range(workers)]
    for process in processes:
        while process.stdout and process.stdout.readline().strip() not in {"ready", ""}:
            continue
    for process in processes:
        if process.stdin:
            process.stdin.write("go\n")
            process.stdin.flush()
    found = [figures_of(process, output=process.communicate()[0]) for process in processes]
    return float(sum(one["read"] for one in found) / max(one["seconds"] for one in found))

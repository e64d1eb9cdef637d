"""Writes week.json anew: `python -m tests.week.record_week`; the same seed makes the same week."""

import json
import random
from pathlib import Path
from typing import Any

WEEK = Path(__file__).with_name("week.json")
MINUTES = 7 * 24 * 60
ISSUES = 40
SERVICES = (
    ("Exchange Online", "EX"),
    ("Microsoft Teams", "TM"),
    ("SharePoint Online", "SP"),
    ("OneDrive for Business", "OD"),
    ("Microsoft 365 suite", "MO"),
    ("Microsoft Entra", "AD"),
    ("Microsoft Intune", "IT"),
    ("Power BI", "PB"),
    ("Dynamics 365 Apps", "CR"),
    ("Microsoft 365 apps", "MA"),
    ("Microsoft Defender XDR", "DZ"),
    ("Microsoft Bookings", "BK"),
)
COURSE = ("serviceDegradation", "serviceInterruption", "restoringService", "verifyingService", "extendedRecovery")
# What happens to which issue, beside what happens to all.
CLASS_RISES, CLASS_FALLS, LATE, REVIEWED = (3, 17), (8, 26), (1, 5, 12, 23, 31), (2, 9, 14)
REOPENS, DROPPED_OPEN, DROPPED_LATER, FALSE_POSITIVE = (4, 20, 33), (6, 28), (7, 16), (10, 24, 35)
SOON_AGAIN, RIDDLE = (20, 33), (29,)  # open again before all have read that it was over; closed in words unheard of
UNHEARD_OF, STAYS_OPEN, ENDED_BEFORE = (11, 29), (36, 37, 38, 39), (13,)
FAULTS = (
    ["consent-1", "consent", 1_500, 5_300, 0.010],
    ["consent-2", "consent", 6_000, 99_999, 0.004],
    ["role", "forbidden", 2_200, 4_000, 0.040],
    ["secret", "secret", 4_500, 4_620, 1.0],
    ["outage", "unavailable", 2_900, 3_020, 0.30],
    ["silent", "unavailable", 3_000, 6_600, 0.005],
    ["empty", "empty", 1_000, 4_900, 0.006],
    ["cut", "cut", 5_000, 5_400, 0.020],
    ["reset", "reset", 7_000, 7_300, 0.050],
    ["short", "forbidden", 8_300, 8_480, 0.150],
)
CUSTOMERS = (
    ["newcomers", 3_300, 0.02, "joins"],
    ["late-newcomers", 8_000, 0.01, "joins"],
    ["leavers", 5_800, 0.015, "leaves"],
)


def main() -> None:
    issues = [_issue(number, random.Random(f"week:{number}")) for number in range(ISSUES)]
    week = {
        "seed": 4,
        "starts": "2026-02-26T00:00:00+00:00",
        "minutes": MINUTES,
        "weather": {
            "every": 15,
            "share": 0.01,
            "of": ["throttled", "unavailable", "reset"],
            "retry_after": [900, 1800, 2700, 3600],
        },
        "issues": issues,
        "faults": FAULTS,
        "customers": CUSTOMERS,
    }
    lines = ",\n".join(json.dumps(issue, separators=(",", ":")) for issue in issues)
    head = json.dumps({**week, "issues": []}, indent=1)
    WEEK.write_text(head.replace('"issues": []', f'"issues": [\n{lines}\n]') + "\n")


def _issue(number: int, rng: random.Random) -> dict[str, Any]:
    service, prefix = SERVICES[rng.randrange(len(SERVICES))]
    begins = -1_400 if number in ENDED_BEFORE else rng.randrange(30, 8_600)
    classification = rng.choice(("incident", "advisory"))
    classification = {**dict.fromkeys(CLASS_RISES, "advisory"), **dict.fromkeys(CLASS_FALLS, "incident")}.get(
        number, classification
    )
    first = rng.choice((0.003, 0.01, 0.05))
    last = max(first, rng.choice((0.02, 0.08, 0.25, 0.6)))
    moments, ended = _moments(number, begins=begins, rng=rng)
    return {
        "id": f"{prefix}14{number:05d}",
        "service": service,
        "classification": classification,
        "status": "gradualRecovery" if number in UNHEARD_OF else "investigating",
        "title": f"Some users can't use a feature of {service} ({number})",
        "impact": f"Users may be unable to use feature {number} of {service}.",
        "feature": f"Feature {number % 7}",
        "group": service,
        "begins": begins,
        "reach": [[begins, first], [begins + 95, round((first + last) / 2, 4)], [begins + 260, last]],
        "moments": moments,
        "late": [0.1, 200] if number in LATE else [0, 0],
        "vanishes": _vanishes(number, begins=begins, ended=ended),
    }


def _vanishes(number: int, *, begins: int, ended: int | None) -> int | None:
    if number in DROPPED_OPEN:
        return begins + 500
    return ended + 700 if number in DROPPED_LATER and ended is not None else None


def _moments(number: int, *, begins: int, rng: random.Random) -> tuple[list[list[Any]], int | None]:
    """The moments, and when it was closed first."""
    at, moments = begins, [[begins, {"post": _post(number, 0, rng), "post_type": "quick"}]]
    updates = rng.randrange(2, 8)
    for turn in range(1, updates + 1):
        at += rng.randrange(41, 170)
        said: dict[str, Any] = {"post": _post(number, turn, rng)}
        if number not in UNHEARD_OF and rng.random() < 0.6:
            said["status"] = COURSE[min(len(COURSE) - 1, turn * len(COURSE) // (updates + 1))]
        if turn == 2 and number in (*CLASS_RISES, *CLASS_FALLS):
            said["classification"] = "incident" if number in CLASS_RISES else "advisory"
        moments.append([at, said])
    if number in STAYS_OPEN or number in DROPPED_OPEN:
        return moments, None
    ended = at + rng.randrange(60, 300)
    status = "falsePositive" if number in FALSE_POSITIVE else "serviceRestored"
    status = "gradualRecovery" if number in RIDDLE else status
    moments.append([ended, {"post": _post(number, 98, rng), "status": status, "closes": True}])
    moments.append([ended + 30, {"settles": True}])
    if number in REVIEWED:
        moments.append([ended + 620, {"post": _post(number, 99, rng), "status": "postIncidentReviewPublished"}])
    if number in REOPENS:
        again = ended + (90 if number in SOON_AGAIN else 400)
        moments.append([again, {"post": _post(number, 50, rng), "status": "serviceDegradation", "reopens": True}])
        moments.append([again + 350, {"post": _post(number, 51, rng), "status": "serviceRestored", "closes": True}])
        moments.append([again + 380, {"settles": True}])
    return moments, ended


def _post(number: int, turn: int, rng: random.Random) -> str:
    share = rng.randrange(1, 99)
    return (
        f"<p><b>Current status:</b> update {turn} of issue {number}: {share}% of the affected infrastructure is "
        "recovering, and we validate the rest.</p>"
    )


if __name__ == "__main__":
    main()

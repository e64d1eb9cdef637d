"""What Microsoft shows one tenant at one moment of a week, and what that means: read from the stream anew.

Neither the sandbox's code nor the portal's is used here; both are compared with what follows from this.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

INCIDENT, DEGRADED, UNKNOWN, HEALTHY = "INCIDENT", "DEGRADED", "UNKNOWN", "HEALTHY"
WORST_FIRST = (INCIDENT, DEGRADED, UNKNOWN, HEALTHY)
MEANING = {
    "serviceOperational": HEALTHY,
    "serviceRestored": HEALTHY,
    "falsePositive": HEALTHY,
    "postIncidentReviewPublished": HEALTHY,
    "investigating": DEGRADED,
    "serviceDegradation": DEGRADED,
    "restoringService": DEGRADED,
    "verifyingService": DEGRADED,
    "extendedRecovery": DEGRADED,
    "serviceInterruption": INCIDENT,
}
# Which of several issues lends its status to the service: the sandbox's rule, as Microsoft seems to have it.
LENDS_FIRST = ("serviceInterruption", "serviceDegradation", "investigating", "restoringService", "extendedRecovery")
LENDS_NEXT, LENDS_LAST = ("verifyingService",), ("falsePositive", "serviceRestored")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """An issue as one tenant is shown it at one moment."""

    id: str
    service: str
    classification: str
    status: str
    is_resolved: bool
    is_settled: bool
    modified: int
    ended: int | None
    posts: tuple[tuple[int, str], ...]


def listing(issue: Mapping[str, Any], *, at: int, late: int) -> Listing:
    passed = [(minute, told) for minute, told in issue["moments"] if minute <= at]
    closing = next((minute for minute, told in passed if told.get("closes")), None)
    if closing is not None and at < closing + late:
        passed = [(minute, told) for minute, told in passed if minute < closing]
    status, classification, ended, is_settled, modified = issue["status"], issue["classification"], None, False, 0
    modified = issue["begins"]
    for minute, told in passed:
        status, classification = told.get("status", status), told.get("classification", classification)
        if told.get("closes"):
            ended = minute
        if told.get("reopens"):
            ended, is_settled = None, False
        if told.get("settles"):
            is_settled = True
        else:
            modified = minute
    return Listing(
        id=issue["id"],
        service=issue["service"],
        classification=classification,
        status=status,
        is_resolved=ended is not None,
        is_settled=is_settled,
        modified=modified,
        ended=ended,
        posts=tuple((minute, told["post"]) for minute, told in passed if "post" in told),
    )


def state_of(one: Listing) -> str:
    """How bad it is: an open incident outweighs its status."""
    if one.is_resolved:
        return HEALTHY
    return INCIDENT if one.classification == "incident" else MEANING.get(one.status, UNKNOWN)


def status_of(listings: Iterable[Listing]) -> str:
    shown = {one.status for one in listings if not one.is_settled}
    unheard_of = sorted(shown - {*LENDS_FIRST, *LENDS_NEXT, *LENDS_LAST})
    for status in (*LENDS_FIRST, *LENDS_NEXT, *unheard_of, *LENDS_LAST):
        if status in shown:
            return status
    return "serviceOperational"

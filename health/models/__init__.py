"""What is wrong with customers' services, since when, and who is hit."""

from health.models.exposure import Exposure, ExposureQuerySet
from health.models.issue import Issue, IssueQuerySet, Post, Service
from health.models.state import Gap, ServiceState, StateChange
from health.models.suspicion import Suspicion

__all__ = [
    "Exposure",
    "ExposureQuerySet",
    "Gap",
    "Issue",
    "IssueQuerySet",
    "Post",
    "Service",
    "ServiceState",
    "StateChange",
    "Suspicion",
]

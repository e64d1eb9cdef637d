"""What is wrong with customers' services, since when, and who is hit."""

from health.models.call import Call
from health.models.downtime import Claim, Downtime, ReckonedMonth
from health.models.exposure import Exposure, ExposureQuerySet
from health.models.issue import Issue, IssueQuerySet, Post, Service
from health.models.issue_change import IssueChange
from health.models.message import Message, MessageSighting
from health.models.notice_run import Notice, NoticeRun, NoticeTemplate, NoticeText
from health.models.review import Review
from health.models.share import Share
from health.models.shift import ShiftLook, Takeover
from health.models.state import Gap, ServiceState, StateChange
from health.models.suspicion import Suspicion

__all__ = [
    "Call",
    "Claim",
    "Downtime",
    "Exposure",
    "ExposureQuerySet",
    "Gap",
    "Issue",
    "IssueChange",
    "IssueQuerySet",
    "Message",
    "MessageSighting",
    "Notice",
    "NoticeRun",
    "NoticeTemplate",
    "NoticeText",
    "Post",
    "ReckonedMonth",
    "Review",
    "Service",
    "ServiceState",
    "Share",
    "ShiftLook",
    "StateChange",
    "Suspicion",
    "Takeover",
]

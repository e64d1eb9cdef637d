"""Fetches post-incident reviews that are due through customers that were hit, one after another until one answers."""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.models import Attachment
from csp_portal.attachments.take_in import LARGEST, take_in_published
from csp_portal.microsoft.errors import AccessDenied, MicrosoftError, OverLimit, Throttled, Unavailable
from csp_portal.microsoft.graph import read_incident_report
from csp_portal.notices.events import raise_event
from csp_portal.notices.kinds import EventKind, Severity
from customers.connections import Access
from customers.models import Customer, Feed
from health.hold import hold_back
from health.models import Issue, Review

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
FIRST_RETRY, LAST_RETRY = timedelta(minutes=2), timedelta(hours=6)
NOBODY_TO_ASK = timedelta(minutes=10)
SET_ASIDE_AFTER = 5
MOST_ASKED = 5  # customers in one go
MOST = 10
ENDINGS = (".docx", ".pdf")  # which of them it is, the content tells


class _NobodyToAsk(Unavailable):
    """Every customer that was hit waits, is paused or can't be read; that ends without this review's doing."""


def add_missing_reviews() -> int:
    """A row for each issue whose review is published and that has none yet; returns how many there were."""
    published = Issue.objects.filter(status=Issue.Status.REVIEW_PUBLISHED, review__isnull=True)
    rows = [Review(issue_id=pk) for pk in published.values_list("pk", flat=True)[:500]]
    Review.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def claim_reviews() -> list[tuple[int, int]]:
    """Take what is due by moving it on by the lease; returns (id, epoch) of each."""
    due = Review.objects.select_for_update(skip_locked=True).filter(state=Review.State.WAITING, due_at__lte=Now())
    taken = Review.objects.filter(pk__in=list(due.order_by("due_at").values_list("pk", flat=True)[:MOST]))
    taken.update(due_at=Now() + LEASE, epoch=F("epoch") + 1)
    return list(taken.values_list("pk", "epoch"))


def fetch_review(pk: int, epoch: int, *, now: datetime) -> bool:
    """Whether the document is kept now; a worker that slept past its lease keeps nothing."""
    review = Review.objects.select_related("issue").filter(pk=pk, epoch=epoch, state=Review.State.WAITING).first()
    if review is None:
        return False
    error: MicrosoftError = _NobodyToAsk("No customer that was hit can be asked now.")
    for customer in _whom_to_ask(review.issue):
        try:
            content = _ask(customer, issue=review.issue)
        except MicrosoftError as refusal:
            error = refusal
            if isinstance(error, Throttled) and not isinstance(error, OverLimit):
                hold_back({customer.pk: error.retry_after})
            continue
        return _keep(review, content, now=now)
    logger.warning("The review of %s was not fetched: %s", review.issue.microsoft_id, error.detail)
    problem = Feed.Problem.NOT_READ if isinstance(error, _NobodyToAsk) else Feed.Problem.of(error)
    _note_failure(review, problem=problem, detail=error.detail, error=error)
    return False


def _whom_to_ask(issue: Issue) -> list[Customer]:
    """Customers that were hit, are read well and were not told to wait; the one read last comes first."""
    hit = Customer.objects.current().filter(exposures__issue=issue, paused_at__isnull=True)
    hit = hit.filter(connection__is_paused=False, connection__circuit_since__isnull=True)
    read = hit.filter(feeds__kind=Feed.Kind.HEALTH, feeds__paused_because="", feeds__read_at__isnull=False)
    read = read.exclude(pk__in=Feed.objects.told_to_wait().values("customer"))
    return list(read.select_related("connection").order_by("-feeds__read_at", "pk")[:MOST_ASKED])


def _ask(customer: Customer, *, issue: Issue) -> bytes:
    connection = customer.connection
    if connection is None:
        raise Unavailable("This customer has no connection.")
    access, tenant_id = Access(connection), str(customer.tenant_id)
    try:
        token = access.tokens_in_hand([tenant_id]).get(tenant_id) or access.graph_token(tenant_id)
        return read_incident_report(
            access.http_at(tenant_id),
            cloud=access.cloud,
            token=token.value,
            issue_id=issue.microsoft_id,
            max_bytes=LARGEST,
        )
    except AccessDenied:
        access.forget([tenant_id])
        raise
    finally:
        access.keep()


def _keep(review: Review, content: bytes, *, now: datetime) -> bool:
    """Keep it and tell it, in one transaction: a worker that dies in between leaves a row that is due again."""
    try:
        with transaction.atomic():
            mine = Review.objects.select_for_update().filter(pk=review.pk, epoch=review.epoch)
            if not mine.filter(state=Review.State.WAITING).exists():
                return False
            document = _take_in(content, issue=review.issue)
            mine.update(
                state=Review.State.STORED,
                attachment=document,
                fetched_at=now,
                problem="",
                problem_detail="",
                failures=0,
            )
            _tell(review.issue, now=now)
    except AttachmentError as error:
        _note_failure(review, problem=Feed.Problem.UNEXPECTED, detail=str(error), error=None)
        return False
    return True


def _take_in(content: bytes, *, issue: Issue) -> Attachment:
    for ending in ENDINGS[:-1]:
        try:
            return take_in_published(content, name=f"{issue.microsoft_id}{ending}")
        except AttachmentError:
            continue
    return take_in_published(content, name=f"{issue.microsoft_id}{ENDINGS[-1]}")


def _tell(issue: Issue, *, now: datetime) -> None:
    raise_event(
        EventKind.REVIEW_PUBLISHED,
        key=f"review/{issue.cloud}/{issue.microsoft_id}",
        severity=Severity.INFO,
        facts={"title": issue.title, "path": f"/issues/{issue.cloud}/{issue.microsoft_id}/"},
        cloud=issue.cloud,
        service=issue.service_name,
        issue=issue.microsoft_id,
        now=now,
    )


def _note_failure(review: Review, *, problem: Feed.Problem, detail: str, error: MicrosoftError | None) -> None:
    """Due again later; after five failures a person sees it and may ask again. To have to wait is no failure."""
    is_wait = isinstance(error, Throttled | _NobodyToAsk)
    failures = min(review.failures + (not is_wait), 100)
    pause = min(LAST_RETRY, FIRST_RETRY * (1 << min(failures, 10)))
    if isinstance(error, Throttled):
        pause = timedelta(seconds=error.retry_after)
    elif is_wait:
        pause = NOBODY_TO_ASK
    Review.objects.filter(pk=review.pk, epoch=review.epoch).update(
        due_at=Now() + pause,
        failures=failures,
        state=Review.State.FAILED if failures >= SET_ASIDE_AFTER else Review.State.WAITING,
        problem=problem,
        problem_detail=detail.replace("\x00", "")[:2000],
    )


def ask_again(review: Review) -> None:
    Review.objects.filter(pk=review.pk).exclude(state=Review.State.STORED).update(
        state=Review.State.WAITING, due_at=Now(), failures=0
    )

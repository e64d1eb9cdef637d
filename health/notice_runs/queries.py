"""What pages, files and the API read of runs and notices: only what concerns customers that a person may see."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from customers.access import of_visible_customers, visible_groups
from customers.models import Customer, CustomerGroup
from health.models import Exposure, Issue, Notice, NoticeRun

NEWEST_FIRST = ("-drafted_at", "-id")


def visible_runs(user: User) -> QuerySet[NoticeRun]:
    """Runs of one's own, about an issue that hits somebody visible, or that told somebody visible."""
    runs = NoticeRun.objects.select_related("issue", "post", "author", "editor", "approver", "stopper")
    if not may(user, Capability.SEE_CUSTOMERS):
        return runs.none()
    if user.sees == User.Sees.ALL:
        return runs
    hits = of_visible_customers(Exposure.objects.filter(issue=OuterRef("issue")), user=user)
    told = of_visible_customers(Notice.objects.filter(run=OuterRef("pk")), user=user)
    return runs.filter(Q(author=user) | Exists(hits) | Exists(told))


def get_run(user: User, pk: int) -> NoticeRun:
    run = visible_runs(user).filter(pk=pk).first()
    if run is None:
        raise Http404(_("There is no such notice run, or it is about customers that you may not see."))
    return run


def runs_of(user: User, issue: Issue) -> list[NoticeRun]:
    """Of an issue that the caller may see, newest first, each with its counts."""
    return list(with_counts(visible_runs(user).filter(issue=issue), user=user).order_by(*NEWEST_FIRST)[:50])


def with_counts(runs: QuerySet[NoticeRun], *, user: User) -> QuerySet[Any]:
    """Annotate `sent`, `waiting`, `troubled` and `all_notices`: of notices to visible customers."""
    mine = Q(notices__in=of_visible_customers(Notice.objects.all(), user=user)) if user.sees != User.Sees.ALL else Q()
    found: QuerySet[Any] = runs.annotate(
        all_notices=Count("notices", filter=mine) if mine else Count("notices"),
        sent=Count("notices", filter=mine & Q(notices__state=Notice.State.SENT)),
        waiting=Count("notices", filter=mine & Q(notices__state__in=(Notice.State.PENDING, Notice.State.SENDING))),
        troubled=Count("notices", filter=mine & Q(notices__state__in=TROUBLED)),
    )
    return found


TROUBLED = (Notice.State.BOUNCED, Notice.State.UNCERTAIN, Notice.State.FAILED)


def visible_notices(user: User) -> QuerySet[Notice]:
    rows = of_visible_customers(Notice.objects.all(), user=user)
    return rows.select_related("run", "run__issue", "contact", "customer")


def told_by(user: User, customer: Customer, *, at: datetime) -> list[Notice]:
    """What had been sent to a visible customer up to a moment, the newest first."""
    sent = visible_notices(user).filter(customer=customer, sent_at__lte=at)
    return list(sent.order_by("-sent_at", "-pk")[:20])


def counts_of(user: User, run: NoticeRun) -> dict[str, int]:
    """State → how many notices to visible customers are in it; states without any are left out."""
    rows = of_visible_customers(Notice.objects.filter(run=run), user=user)
    return dict(rows.order_by().values_list("state").annotate(count=Count("pk")))


def sees_all_of(user: User, run: NoticeRun) -> bool:
    """Whether every customer that the run tells, or would tell, is one that this person may see."""
    if user.sees == User.Sees.ALL or (run.may_change and user.pk == run.author_id):
        return True
    ours = of_visible_customers(run.notices.all(), user=user).order_by().values("pk")
    return not run.may_change and not run.notices.exclude(pk__in=ours).exists()


def groups_named(user: User, run: NoticeRun) -> tuple[list[CustomerGroup], list[CustomerGroup]]:
    """The groups that are in, and those that are out, as far as this person may know of them."""
    known = visible_groups(user)
    return list(run.groups_in.filter(pk__in=known.values("pk"))), list(run.groups_out.filter(pk__in=known.values("pk")))

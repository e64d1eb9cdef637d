"""The post-incident review of an issue as a file to keep, and the button that has it fetched again."""

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.download import download_of
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.limits.rates import limited
from health.models import Issue, Review
from health.queries import get_issue
from health.reviews.fetch import ask_again


@limited("export", per_minute=10)
@require_safe
@requires(Capability.SEE_CUSTOMERS)
def review_file(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponseBase:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    review = _review_of(issue)
    if review.attachment is None or not review.attachment.may_be_read:
        state = review.attachment.get_state_display() if review.attachment else review.get_state_display()
        messages.error(request, _("This file is not handed out: %(state)s.") % {"state": state})
        return redirect("health:issue_page", cloud, microsoft_id)
    record(Action.FILE_READ, by=request.user, about=review.attachment)
    return download_of(review.attachment)


@limited("read again", per_minute=30)
@require_POST
@requires(Capability.EDIT_CUSTOMERS)
def review_again(request: SignedInRequest, cloud: str, microsoft_id: str) -> HttpResponse:
    issue = get_issue(request.user, cloud=cloud, microsoft_id=microsoft_id)
    ask_again(_review_of(issue))
    messages.success(request, _("It will be fetched in a moment."))
    return redirect("health:issue_page", cloud, microsoft_id)


def _review_of(issue: Issue) -> Review:
    review = Review.objects.select_related("attachment").filter(issue=issue).first()
    if review is None:
        raise Http404(_("Microsoft has published no review of this issue."))
    return review

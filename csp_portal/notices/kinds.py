"""What our people are told of, and how bad it is."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class EventKind(models.TextChoices):
    """A kind is either a state, which lasts until it is closed, or news, which just happened (`NEWS`)."""

    ISSUE_OPENED = "ISSUE_OPENED", _("Issue hits customers")
    ISSUE_UPDATED = "ISSUE_UPDATED", _("Update of an issue")
    ISSUE_WORSENED = "ISSUE_WORSENED", _("Issue got worse")
    ISSUE_RESOLVED = "ISSUE_RESOLVED", _("Issue resolved")
    ACCESS_LOST = "ACCESS_LOST", _("Access to a customer lost")
    CONNECTION_BROKEN = "CONNECTION_BROKEN", _("Connection broken")
    CREDENTIAL_ENDS = "CREDENTIAL_ENDS", _("Credential ends")
    SUSPICION_RAISED = "SUSPICION_RAISED", _("Incident suspected")
    SUSPICION_CONFIRMED = "SUSPICION_CONFIRMED", _("Suspicion confirmed by Microsoft")
    MESSAGE_POSTED = "MESSAGE_POSTED", _("Message of the message center")
    REVIEW_PUBLISHED = "REVIEW_PUBLISHED", _("Post-incident review published")
    NOTICE_BOUNCED = "NOTICE_BOUNCED", _("Notice to a customer bounced")
    ACCESS_ENDS = "ACCESS_ENDS", _("Delegated access ends")
    INVITATION_LAPSES = "INVITATION_LAPSES", _("Invitation lapses")
    PROMISE_ENDS = "PROMISE_ENDS", _("Time promised to a customer is nearly used up")
    PROMISE_BROKEN = "PROMISE_BROKEN", _("Promise to a customer broken")
    MICROSOFT_LATE = "MICROSOFT_LATE", _("Microsoft is late")
    MAILBOX_BROKEN = "MAILBOX_BROKEN", _("Mailbox of the desk can't be read")
    TICKET_OPENED = "TICKET_OPENED", _("Ticket opened")
    TICKET_WORD = "TICKET_WORD", _("Customer wrote to a ticket")
    TICKET_STATUS = "TICKET_STATUS", _("Status of a ticket changed")
    TICKET_OWNER = "TICKET_OWNER", _("Ticket has another owner")
    TICKET_MERGED = "TICKET_MERGED", _("Ticket merged into another one")
    TICKET_RATED = "TICKET_RATED", _("Customer rated our help")


NEWS = frozenset(
    {
        EventKind.ISSUE_UPDATED,
        EventKind.ISSUE_WORSENED,
        EventKind.ISSUE_RESOLVED,
        EventKind.SUSPICION_CONFIRMED,
        EventKind.MESSAGE_POSTED,
        EventKind.REVIEW_PUBLISHED,
        EventKind.NOTICE_BOUNCED,
        EventKind.TICKET_OPENED,
        EventKind.TICKET_WORD,
        EventKind.TICKET_STATUS,
        EventKind.TICKET_OWNER,
        EventKind.TICKET_MERGED,
        EventKind.TICKET_RATED,
    }
)


class Severity(models.IntegerChoices):
    """Worst first, so that the database sorts by it."""

    CRITICAL = 0, _("Critical")
    WARNING = 1, _("Warning")
    INFO = 2, _("Information")

"""What a ticket is about and how far it is, in the words of the trade."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Family(models.TextChoices):
    """Product families, each with its own requirements for support."""

    MICROSOFT_365 = "MICROSOFT_365", _("Microsoft 365")
    AZURE = "AZURE", _("Azure")
    DYNAMICS_365 = "DYNAMICS_365", _("Dynamics 365")
    PARTNER_CENTER = "PARTNER_CENTER", _("Partner Center")
    OTHER = "OTHER", _("Other")


class Kind(models.TextChoices):
    COMMERCIAL = "COMMERCIAL", _("Commercial")
    TECHNICAL = "TECHNICAL", _("Technical")


class Severity(models.TextChoices):
    """Microsoft's three, the worst first; the alphabet sorts them."""

    A = "A", _("A: critical")
    B = "B", _("B: moderate")
    C = "C", _("C: minimal")


class Turn(models.TextChoices):
    """Who has the ball."""

    US = "US", _("Us")
    CUSTOMER = "CUSTOMER", _("Customer")
    MICROSOFT = "MICROSOFT", _("Microsoft")
    DISTRIBUTOR = "DISTRIBUTOR", _("Distributor")
    NOBODY = "NOBODY", _("Nobody")


class Status(models.TextChoices):
    NEW = "NEW", _("New")
    OPEN = "OPEN", _("Open")
    WAITING_CUSTOMER = "WAITING_CUSTOMER", _("Waiting for the customer")
    WAITING_MICROSOFT = "WAITING_MICROSOFT", _("Waiting for Microsoft")
    WAITING_DISTRIBUTOR = "WAITING_DISTRIBUTOR", _("Waiting for the distributor")
    VERIFYING = "VERIFYING", _("Verify with the customer")
    SOLVED = "SOLVED", _("Solved")
    CLOSED = "CLOSED", _("Closed")


TURN_OF = {
    Status.NEW: Turn.US,
    Status.OPEN: Turn.US,
    Status.WAITING_CUSTOMER: Turn.CUSTOMER,
    Status.WAITING_MICROSOFT: Turn.MICROSOFT,
    Status.WAITING_DISTRIBUTOR: Turn.DISTRIBUTOR,
    Status.VERIFYING: Turn.US,
    Status.SOLVED: Turn.NOBODY,
    Status.CLOSED: Turn.NOBODY,
}
# Solved may still be reopened by a word of the customer; closed is history.
ENDED = (Status.SOLVED, Status.CLOSED)


class Channel(models.TextChoices):
    """The way on which something came to us."""

    STAFF = "STAFF", _("Noted by one of us")
    MAIL = "MAIL", _("Mail")
    FORM = "FORM", _("Request form")
    CUSTOMER_PAGE = "CUSTOMER_PAGE", _("Customer's page")
    API = "API", _("API")
    IMPORT = "IMPORT", _("Import")

"""How an export names things: in English and in Traditional Chinese at once, for whoever will read it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

LANGUAGES = ("en", "zh-hant")
KINDS: dict[str, str | Promise] = {
    "customers.Customer": _("The customer"),
    "customers.Contact": _("Contacts"),
    "customers.Relationship": _("Delegated access"),
    "customers.OrderItem": _("Changes of delegated access"),
    "customers.ChangeNotice": _("Told of changes of our access"),
    "health.Exposure": _("Issues that hit the customer"),
    "health.StateChange": _("History of its services"),
    "health.Notice": _("Notices sent"),
    "health.Call": _("Calls about issues"),
    "support.Ticket": _("Tickets"),
    "support.Entry": _("What was said on tickets"),
    "support.ReceivedMail": _("Mails as they came"),
    "support.OutgoingMail": _("Mails sent"),
    "support.CustomerPerson": _("People with access to their own pages"),
    "support.Rating": _("Ratings"),
    "support.TimeSpent": _("Time spent"),
    "attachments.Attachment": _("Files"),
    "audit.Entry": _("Audit"),
}
HEADINGS: dict[str, str | Promise] = {
    "title": _("Everything kept about %(whom)s"),
    "what": _(
        "Each kind of record has a file of its own, oldest first, as JSON. "
        "Files and mails lie beside them as they came."
    ),
    "notes": _(
        "Internal notes were written by the support team for itself. They are marked; "
        "look at them before you hand this on."
    ),
    "infected": _("Files in which a virus was found are named in the list, but not enclosed."),
    "kind": _("Kind"),
    "number": _("Number"),
    "file": _("File"),
    "tickets": _("Tickets"),
    "made": _("As of"),
    "note": _("Internal note"),
}


def both(text: str | Promise, **values: object) -> str:
    """The sentence in each language, once where they are the same."""
    said = []
    for language in LANGUAGES:
        with override(language):
            said.append(str(text) % values if values else str(text))
    return " / ".join(dict.fromkeys(said))


def kind_of(label: str) -> str:
    """What people call such rows; what nobody has named yet goes by its own name."""
    return both(KINDS[label]) if label in KINDS else label.rpartition(".")[2]

"""What a person can do about a mailbox that can't be read."""

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.models import Mailbox

Problem = Mailbox.Problem

HOW_TO_MEND: dict[str, str | Promise] = {
    Problem.HOST: _("Check the spelling of the mail server."),
    Problem.PRIVATE: _("Let the administrator of the portal name the server's network in MAILBOX_NETWORKS."),
    Problem.UNREACHABLE: _("Check server and port. The portal tries again by itself; mails wait in the mailbox."),
    Problem.CERTIFICATE: _(
        "Enter the name that the certificate has. If your own authority signed it, let the administrator of the portal "
        "name that in MAILBOX_CA_FILE."
    ),
    Problem.LOGIN: _("Enter the user and the password anew, and check that IMAP is allowed for this mailbox."),
    Problem.FOLDER: _("Check the spelling of the folders, and make the folder to move to."),
    Problem.TELLING: _(
        "Let the user change flags and move mails; at Microsoft check the stop switch and the permission "
        "Mail.ReadWrite. New mails are taken in meanwhile, and none twice."
    ),
    Problem.SECRET: _("Enter the password anew."),
    Problem.CONNECTION: _("Choose another connection, or let this one go on in the settings of connections."),
    Problem.ACCESS: _(
        "In Entra, grant the app registration the application permission Mail.ReadWrite (for IMAP: "
        "IMAP.AccessAsApp), and let it into this mailbox in Exchange Online."
    ),
    Problem.THROTTLED: _("Nothing; the portal asks again when Microsoft allows it."),
    Problem.ANSWER: _("Check that the server speaks IMAP at this port, and that the address is a mailbox of its own."),
}


def sentence_of(problem: Problem) -> str:
    """In English, as facts are kept; the catalog knows it."""
    with translation.override("en"):
        return str(problem.label)

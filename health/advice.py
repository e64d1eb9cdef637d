"""Why a group of customers is unknown and what to do about all of them, in a line for the dashboard."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Feed

Problem = Feed.Problem


@dataclass(frozen=True, kw_only=True)
class Advice:
    """`what` is wrong and what to `do`."""

    what: str | Promise
    do: str | Promise


_DO: dict[Feed.Problem, str | Promise] = {
    Problem.CONSENT_MISSING: _("Let an admin of the customer's tenant consent to our application, then read again."),
    Problem.APP_MISSING: _("Consent to our application in the customer's tenant, or check the connection's client ID."),
    Problem.TENANT_NOT_FOUND: _("Check the tenant ID; the tenant may have been deleted or be in another cloud."),
    Problem.MFA_NEEDED: _("An admin agent must consent again in the settings, with multifactor authentication."),
    Problem.SIGN_IN_EXPIRED: _("An admin agent must consent again in the settings of the connection."),
    Problem.SECRET_WRONG: _("Enter the right secret in the settings of the connection."),
    Problem.SECRET_EXPIRED: _("Make a new secret in the Microsoft Entra admin center and enter it in the settings."),
    Problem.FORBIDDEN: _("Grant ServiceHealth.Read.All to our application, or the delegated role to our group."),
    Problem.TOKEN_REFUSED: _("Test the connection in the settings; it says what Microsoft refuses."),
    Problem.NO_CONNECTION: _("Give the customer a connection: import it again, or add a connection for its cloud."),
    Problem.OTHER: _("Test the connection in the settings and look at the customer's last error."),
    Problem.THROTTLED: _("Nothing to do: it is read again as soon as Microsoft allows."),
    Problem.UNAVAILABLE: _("Nothing to do if it is short: it is tried again by itself. Else check our network."),
    Problem.UNEXPECTED: _("Look at the customer's last error and tell whoever runs the portal."),
    Problem.EMPTY: _("It is tried again by itself; check the customer's subscriptions if it stays."),
    Problem.NOT_READ: _("Wait for the first reading; if it takes long, check that a worker is running."),
    Problem.STALE: _("Check on the system page that a worker is running and that Microsoft answers."),
    Problem.PAUSED: _("Nothing is read until an owner lets the connection go on in the settings."),
}
_UNHEARD_OF = Advice(
    what=_("Microsoft reports a status that we have not heard of"),
    do=_("Open the customer and read the issue itself; the raw value is shown there."),
)


def advice_for(cause: str) -> Advice:
    """What to say about a cause: a Feed.Problem, or "" where only the status is a riddle."""
    if cause not in Problem.values:
        return _UNHEARD_OF
    problem = Problem(cause)
    return Advice(what=problem.label, do=_DO[problem])

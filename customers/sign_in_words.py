"""What went wrong with a sign-in at Microsoft, in words for the person in front of it."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError
from csp_portal.microsoft.sign_in import SignInRefused

# What csp_portal.microsoft.id_token and sign_in say, which know nothing of translations.
REASONS = (
    gettext_noop("The answer does not belong to the sign-in that was started here. Start again."),
    gettext_noop("The sign-in holds no readable token."),
    gettext_noop("The sign-in is not signed the way Microsoft signs (RS256)."),
    gettext_noop("The sign-in is signed with a key that Microsoft does not publish."),
    gettext_noop("The signature of the sign-in is not Microsoft's."),
    gettext_noop("This account belongs to another organization than the one configured here."),
    gettext_noop("The sign-in was made for another application."),
    gettext_noop("The sign-in names no account (oid)."),
    gettext_noop("The sign-in was issued by somebody else than the organization configured here."),
    gettext_noop("The sign-in has expired. Start again, and check the clock of this server."),
    gettext_noop("The sign-in is not valid yet. Check the clock of this server."),
    gettext_noop("Microsoft does not say when you signed in (auth_time), so it can't count as a new sign-in."),
    gettext_noop("Microsoft used an older sign-in. Sign in anew when Microsoft asks for it."),
)


def sentence_of(error: MicrosoftError | SignInRefused) -> str:
    """What went wrong with a sign-in at Microsoft, for the person in front of it."""
    if isinstance(error, SignInRefused):
        return _("Microsoft's answer was refused. %(reason)s") % {"reason": _(str(error))}
    if not isinstance(error, AccessDenied):
        return _("Microsoft can't be reached now. Try again in a few minutes, or sign in with a password.")
    if error.code == "AADSTS65004" or "access_denied" in error.detail:
        return _("The sign-in at Microsoft was cancelled.")
    if error.cause in (Cause.SECRET_WRONG, Cause.SECRET_EXPIRED):
        return _("Microsoft refuses the portal's secret (%(code)s). An owner has to renew it in the settings.") % {
            "code": error.code or error.cause
        }
    return _("Microsoft refuses this sign-in (%(code)s). Start again; if it goes on, show this to an owner.") % {
        "code": error.code or error.cause
    }


def without_second_factor(*, context: str) -> str:
    """Why a sign-in without multifactor authentication is refused, and where that is mended."""
    if context:
        return _(
            "Microsoft did not confirm a second factor (authentication context %(context)s). Sign in again and confirm "
            "with your second factor. If you are not asked for one, an administrator has to make a Conditional Access "
            "policy in Entra that requires multifactor authentication for this authentication context."
        ) % {"context": context}
    return _(
        "Microsoft did not confirm a second factor. Sign in again and confirm with your second factor. If you are not "
        "asked for one, an administrator has to require multifactor authentication for this application with a "
        "Conditional Access policy in Entra, and an owner has to enter its authentication context at the connection."
    )


def groups_unheard() -> str:
    """What people with too many groups read, and whoever they ask."""
    return _(
        "You are in more groups than Microsoft names in a sign-in, so no group was looked at for your role. An "
        "administrator can let Entra name only the groups assigned to the application (Token configuration), or give "
        "you an app role."
    )

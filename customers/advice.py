"""Why we do not know how a customer, or a group of them, is, and what to do about it, in a sentence for each cause."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from csp_portal.microsoft.sign_in import admin_consent_url
from customers.models import Connection, Customer, Feed

P = Feed.Problem
CONSENT = "customers.consent"  # the salt of the state in a consent link

TEXTS: Mapping[str, str | Promise] = {
    P.CONSENT_MISSING: _(
        "Send the link below to a Global Administrator of the customer. After the consent the next reading comes by "
        "itself."
    ),
    P.APP_MISSING: _(
        "Our application was never added to this tenant, or was removed or disabled there. Send the link below to a "
        "Global Administrator of the customer: the consent adds it."
    ),
    P.TENANT_NOT_FOUND: _(
        "Check the tenant ID and the cloud. If the customer closed its tenant, it leaves the list with the next import."
    ),
    P.MFA_NEEDED: _(
        "An owner of the portal has to consent again for this connection, signing in with multifactor authentication. "
        "All customers of the connection wait for it."
    ),
    P.SIGN_IN_EXPIRED: _(
        "An owner of the portal has to consent again for this connection. All customers of the connection wait for it."
    ),
    P.SECRET_WRONG: _(
        "An owner of the portal has to enter the current secret of the app registration. All customers of the "
        "connection wait for it."
    ),
    P.SECRET_EXPIRED: _(
        "An owner of the portal has to make a new secret in the app registration and enter it. All customers of the "
        "connection wait for it."
    ),
    P.FORBIDDEN: _(
        "Our application's consent in this tenant lacks ServiceHealth.Read.All, or it was taken back. Send the link "
        "below to a Global Administrator of the customer to grant it again."
    ),
    P.TOKEN_REFUSED: _(
        "Microsoft refused a token it had just given. Read again now; if that does not help, the clock of the server "
        "or the cloud of the connection may be wrong."
    ),
    P.NO_CONNECTION: _(
        "Nobody reads this customer. Import it again from a file with a connection, or let a connection import it from "
        "Microsoft."
    ),
    P.OTHER: _("Microsoft's reason stands below. Mend it in Entra, then read again."),
    P.THROTTLED: _("Nothing is to do: Microsoft asked for a pause, and the reading goes on by itself after it."),
    P.UNAVAILABLE: _(
        "Nothing is to do at the customer: it is tried again by itself. If it lasts, check the network of the portal."
    ),
    P.UNEXPECTED: _("Tell whoever runs the portal what stands below: the portal may need an update."),
    P.EMPTY: _(
        "Microsoft names no services for this tenant. Check that it has active subscriptions and that our role may see "
        "them."
    ),
    P.NOT_READ: _("The first reading is due soon. If it does not come, the system page says whether a worker runs."),
    P.STALE: _("No reading has come for too long. The system page says whether a worker runs."),
    P.PAUSED: _("The connection of this customer is paused, so nothing is read. An owner can go on in the settings."),
    "": _("A service has a status that this portal has not heard of; “Service health” shows it as Microsoft sent it."),
}
# For many customers at once, where the sentence above speaks of one and of what stands below it.
_GROUP_TEXTS: Mapping[str, str | Promise] = {
    P.CONSENT_MISSING: _(
        "Send each customer's Global Administrator the consent link that stands on the customer's page."
    ),
    P.APP_MISSING: _("Send each customer's Global Administrator the consent link that stands on the customer's page."),
    P.FORBIDDEN: _("Grant ServiceHealth.Read.All to our application, or the delegated role to our group."),
    P.NO_CONNECTION: _("Give the customer a connection: import it again, or add a connection for its cloud."),
    P.OTHER: _("Test the connection in the settings and look at the customer's last error."),
    P.UNEXPECTED: _("Look at the customer's last error and tell whoever runs the portal."),
    P.PAUSED: _("Nothing is read until the customer is resumed, or its connection in the settings."),
    "": _("Open the customer and read the issue itself; the raw value is shown there."),
}
_UNHEARD_OF = _("Microsoft reports a status that we have not heard of")
_DELEGATED_FORBIDDEN = _(
    "The delegated relationship (GDAP) with this customer has ended, or our group in it lacks a role that reads "
    "service health, for instance Service Support Administrator. Renew it or add the role."
)
_GONE = _(
    "Microsoft no longer lists this customer as ours, so it is no longer read. What was known stays; it comes back by "
    "itself when it is listed again."
)

NEEDS_CONSENT = frozenset({P.CONSENT_MISSING, P.APP_MISSING, P.FORBIDDEN})
_OWNERS_CALL = frozenset({P.MFA_NEEDED, P.SIGN_IN_EXPIRED, P.SECRET_WRONG, P.SECRET_EXPIRED, P.PAUSED})
_SYSTEM_PAGE = frozenset({P.NOT_READ, P.STALE})


@dataclass(frozen=True, kw_only=True, slots=True)
class Advice:
    """`view` is the page of the portal where it is mended; `consent_url` is for an administrator of the customer."""

    level: str
    title: str | Promise
    text: str | Promise
    view: str = ""
    consent_url: str = ""
    detail: str = ""


def advice_on(customer: Customer, *, cause: str, is_unknown: bool, feed: Feed | None) -> Advice | None:
    """What to say about a customer whose health is not known, or None where there is nothing to say.

    `cause` is a Feed.Problem as `with_health_at` found it; `feed` is the customer's health feed.
    """
    if customer.is_gone:
        return Advice(level="info", title=_("No longer our customer"), text=_GONE)
    if customer.paused_at is not None:
        return _of_pause(customer)
    connection = customer.connection
    if connection is not None and connection.is_paused:
        return Advice(level="warning", title=_("Paused"), text=TEXTS[P.PAUSED], view="settings:overview")
    if not is_unknown:
        return None
    cause = _deeper_cause(cause, feed=feed)
    return Advice(
        level="warning",
        title=P(cause).label if cause in P.values else _("Unknown status"),
        text=_text(cause, connection=connection),
        view=_view(cause),
        consent_url=consent_url(customer) if cause in NEEDS_CONSENT else "",
        detail=feed.problem_detail if feed is not None else "",
    )


def _of_pause(customer: Customer) -> Advice:
    by = customer.paused_by.name if customer.paused_by else "?"
    words = {"person": by, "reason": customer.paused_reason}
    text = gettext("%(person)s paused this customer: %(reason)s Nothing is read there and nothing written.") % words
    return Advice(level="warning", title=_("Paused"), text=text)


def advice_on_group(cause: str) -> Advice:
    """What to say about all customers that are unknown for a Feed.Problem, or for "", where the status is a riddle."""
    return Advice(
        level="warning",
        title=P(cause).label if cause in P.values else _UNHEARD_OF,
        text=_GROUP_TEXTS.get(cause) or _text(cause, connection=None),
        view=_view(cause),
    )


def consent_url(customer: Customer) -> str:
    """Where a Global Administrator of the customer lets our application in; empty where our app asks differently.

    learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
    """
    connection = customer.connection
    if connection is None or connection.auth_model != Connection.AuthModel.APP_ONLY:
        return ""
    cloud = settings.MICROSOFT_CLOUDS.get(connection.cloud)
    if cloud is None:
        return ""
    return admin_consent_url(
        cloud,
        client_id=str(connection.client_id),
        tenant_id=str(customer.tenant_id),
        redirect_uri=settings.PORTAL_URL + reverse("customers:consented"),
        state=consent_state(customer),
    )


def consent_state(customer: Customer) -> str:
    """What proves, when Microsoft leads an administrator back, that the link was ours and for this customer."""
    return signing.dumps(str(customer.tenant_id), salt=CONSENT)


def _deeper_cause(cause: str, *, feed: Feed | None) -> str:
    """A reading is too old or never came because of something: that is what a person can mend."""
    if cause in _SYSTEM_PAGE and feed is not None and feed.problem:
        return feed.problem
    return cause


def _text(cause: str, *, connection: Connection | None) -> str | Promise:
    is_delegated = connection is not None and connection.auth_model == Connection.AuthModel.SECURE_APP_MODEL
    if cause == P.FORBIDDEN and is_delegated:
        return _DELEGATED_FORBIDDEN
    return TEXTS.get(cause, TEXTS[P.OTHER])


def _view(cause: str) -> str:
    if cause in _OWNERS_CALL:
        return "settings:overview"
    return "system:overview" if cause in _SYSTEM_PAGE else ""

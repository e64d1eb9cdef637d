"""Tries out what a connection may do at Microsoft, and says in words what is missing and how to mend it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cryptography.x509 import load_pem_x509_certificate
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.microsoft.auth import MemoryTokenStore
from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError, Throttled, Unavailable
from csp_portal.microsoft.graph import list_contracts, list_delegated_admin_customers, read_health
from csp_portal.microsoft.partner_center import list_customers
from customers.connections import Access
from customers.credentials import REFRESH_TOKEN_LASTS, SOON, Kind, expiries_of
from customers.findings import Finding
from customers.models import Connection, Customer, Feed
from customers.token_file_check import check_token_file

MEND: dict[Cause, str | Promise] = {
    Cause.SECRET_WRONG: gettext_lazy(
        "In Entra, open the app registration → Certificates & secrets. Compare the federated credential with what the "
        "token file says, upload the certificate that is entered here, or make a new client secret and enter its value "
        "(not its ID) here."
    ),
    Cause.SECRET_EXPIRED: gettext_lazy(
        "In Entra, open the app registration → Certificates & secrets. Upload a new certificate and enter it here with "
        "its key, or make a new client secret and enter its value here. A token file has to be renewed by its issuer."
    ),
    Cause.APP_MISSING: gettext_lazy(
        "Compare the application (client) ID with the app registration in Entra, and its tenant with the partner "
        "tenant ID here."
    ),
    Cause.TENANT_NOT_FOUND: gettext_lazy("Compare the partner tenant ID and the cloud with Entra → Overview."),
    Cause.CONSENT_MISSING: gettext_lazy(
        "In Entra, open the app registration → API permissions and grant admin consent for the partner tenant."
    ),
    Cause.MFA_NEEDED: gettext_lazy(
        "Let an admin agent consent again below, signing in with multifactor authentication."
    ),
    Cause.SIGN_IN_EXPIRED: gettext_lazy(
        "Let an admin agent consent below, signing in with multifactor authentication."
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Source:
    """A way to learn who the customers are, with what it needs in either model of tokens."""

    label: str | Promise
    read: Callable[[Access], Iterator[str]]
    app_only: str | Promise
    delegated: str | Promise


def check_connection(connection: Connection, *, now: datetime) -> list[Finding]:
    """What this connection may do now; asks Microsoft for fresh tokens, so a new secret is really tried.

    Uses the network: call it outside of a transaction.
    """
    stored = [
        *check_token_file(connection, now=now),
        *_certificate(connection, now=now),
        *_secret(connection, now=now),
        *_consent(connection, now=now),
    ]
    try:
        access = Access(connection, store=MemoryTokenStore(), insists=True)
    except AccessDenied as error:
        return [*stored, _no_token(error)]
    try:
        access.partner_token(access.cloud.graph_scope)
        token = Finding(
            name=_("Tokens in the partner tenant"), ok=True, sentence=_("Microsoft accepts our application.")
        )
        sources, listed = _check_sources(access)
        return [*stored, token, *sources, _check_health(access, listed=listed)]
    except MicrosoftError as error:
        return [*stored, _no_token(error)]
    finally:
        access.keep()


def _certificate(connection: Connection, *, now: datetime) -> Iterator[Finding]:
    if not connection.certificate:
        return
    name, ends_at = _("Certificate"), load_pem_x509_certificate(connection.certificate.encode()).not_valid_after_utc
    mend = _("Make a new certificate, upload it in Entra → App registrations → Certificates & secrets, enter it here.")
    words = {"date": ends_at.date().isoformat()}
    if ends_at <= now:
        yield Finding(name=name, ok=False, sentence=_("It expired on %(date)s.") % words, how_to_mend=mend)
    elif ends_at <= now + SOON:
        yield Finding(name=name, ok=None, sentence=_("It expires on %(date)s.") % words, how_to_mend=mend)
    else:
        yield Finding(name=name, ok=True, sentence=_("It is valid until %(date)s.") % words)


def _secret(connection: Connection, *, now: datetime) -> Iterator[Finding]:
    """Worth a word where it ends soon or nobody entered when; only a certificate says itself when it ends."""
    for expiry in expiries_of(connection):
        if expiry.kind == Kind.SECRET and expiry.is_urgent(now):
            ok = False if expiry.at is not None and expiry.at <= now else None
            mend = _("Enter the day at the connection, as Entra shows it beside the secret.") if not expiry.at else ""
            mend = mend or str(MEND[Cause.SECRET_EXPIRED])
            yield Finding(name=_("Client secret"), ok=ok, sentence=expiry.sentence(now), how_to_mend=mend)


def _consent(connection: Connection, *, now: datetime) -> Iterator[Finding]:
    """The stored sign-in of the Secure Application Model; Microsoft forgets it after 90 days without use."""
    if connection.auth_model != Connection.AuthModel.SECURE_APP_MODEL or connection.refresh_token_at is None:
        return
    name, days = _("Admin agent's sign-in"), (now - connection.refresh_token_at).days
    if now - connection.refresh_token_at < REFRESH_TOKEN_LASTS - SOON:
        yield Finding(name=name, ok=True, sentence=_("It was renewed %(days)d days ago.") % {"days": days})
        return
    yield Finding(
        name=name,
        ok=None,
        sentence=_("It was last renewed %(days)d days ago; Microsoft forgets it after 90 days.") % {"days": days},
        how_to_mend=str(MEND[Cause.SIGN_IN_EXPIRED]),
    )


def _no_token(error: MicrosoftError) -> Finding:
    name = _("Tokens in the partner tenant")
    if isinstance(error, AccessDenied):
        mend = str(MEND.get(error.cause, _("Look the code up at https://login.microsoftonline.com/error")))
        return Finding(name=name, ok=False, sentence=f"{_meaning(error)} {error.detail}", how_to_mend=mend)
    return _not_asked(name, error)


def _not_asked(name: str, error: MicrosoftError) -> Finding:
    """Microsoft could not be asked; that says nothing about the connection."""
    if isinstance(error, Throttled):
        seconds = round(error.retry_after)
        sentence = _("Microsoft asks us to wait %(seconds)d seconds.") % {"seconds": seconds}
        return Finding(name=name, ok=None, sentence=sentence, how_to_mend=_("Test again after that."))
    if isinstance(error, Unavailable):
        sentence, mend = _("Microsoft can't be reached."), _("Check the network and the proxy, then test again.")
    else:
        sentence, mend = _("Microsoft's answer is not what its contract says."), _("Test again; then report this.")
    return Finding(name=name, ok=None, sentence=f"{sentence} {error.detail}", how_to_mend=mend)


def _meaning(error: AccessDenied) -> str:
    return str(Feed.Problem(error.cause.value).label) + (f" ({error.code})." if error.code else ".")


def _check_sources(access: Access) -> tuple[list[Finding], str]:
    """Each list of customers, and one tenant that a list named; one list is enough, so the others only tell."""
    answers = [(source, *_try(source, access)) for source in _sources(access)]
    one_answers = any(error is None for _source, _listed, error in answers)
    findings = [
        _of_source(source, access, listed=listed, error=error, is_needed=not one_answers)
        for source, listed, error in answers
    ]
    return findings, next((listed for _source, listed, _error in answers if listed), "")


def _try(source: _Source, access: Access) -> tuple[str, MicrosoftError | None]:
    try:
        return next(source.read(access), ""), None
    except MicrosoftError as error:
        return "", error


def _of_source(
    source: _Source, access: Access, *, listed: str, error: MicrosoftError | None, is_needed: bool
) -> Finding:
    name = _("List of customers: %(source)s") % {"source": source.label}
    if error is None:
        return Finding(name=name, ok=True, sentence=_("It answers.") if listed else _("It answers, and is empty."))
    if not isinstance(error, AccessDenied):
        return _not_asked(name, error)
    is_app_only = access.connection.auth_model == Connection.AuthModel.APP_ONLY
    mend = str(source.app_only if is_app_only else source.delegated)
    sentence = f"{_meaning(error)} {error.detail}"
    if is_needed:
        return Finding(name=name, ok=False, sentence=sentence, how_to_mend=mend)
    optional = _("Another list answers, so customers can be imported without it.")
    return Finding(name=name, ok=None, sentence=f"{optional} {sentence}", how_to_mend=mend)


def _sources(access: Access) -> Iterator[_Source]:
    """The ways of customers.sources; permissions by the pages of Graph's and Partner Center's reference."""
    if access.cloud.has_partner_center:
        yield _Source(
            label=Customer.Source.PARTNER_CENTER.label,
            read=_from_partner_center,
            app_only=gettext_lazy(
                "Register the application in Partner Center → Account settings → App management as a web app."
            ),
            delegated=gettext_lazy(
                "Add the delegated permission user_impersonation of the API “Microsoft Partner Center”, and consent "
                "as a person with the role Admin agent."
            ),
        )
    yield _Source(
        label=Customer.Source.CONTRACTS.label,
        read=_from_contracts,
        app_only=_permission("Directory.Read.All", is_app_only=True),
        delegated=_permission("Directory.Read.All", is_app_only=False),
    )
    if access.cloud.has_gdap:
        yield _Source(
            label=Customer.Source.DELEGATED_ADMIN.label,
            read=_from_delegated_admin,
            app_only=_permission("DelegatedAdminRelationship.Read.All", is_app_only=True),
            delegated=_permission("DelegatedAdminRelationship.Read.All", is_app_only=False),
        )


def _permission(name: str, *, is_app_only: bool) -> str:
    sentence = (
        _(
            "Missing is the application permission %(name)s of Microsoft Graph: add it in the app registration and "
            "grant admin consent."
        )
        if is_app_only
        else _(
            "Missing is the delegated permission %(name)s of Microsoft Graph: add it in the app registration and "
            "consent again."
        )
    )
    return sentence % {"name": name}


def _from_partner_center(access: Access) -> Iterator[str]:
    token = access.partner_token(access.cloud.partner_center_scope).value
    for one in list_customers(access.http, cloud=access.cloud, token=token, page_size=1):
        yield one.tenant_id


def _from_contracts(access: Access) -> Iterator[str]:
    token = access.partner_token(access.cloud.graph_scope).value
    for one in list_contracts(access.http, cloud=access.cloud, token=token):
        yield one.customer_id


def _from_delegated_admin(access: Access) -> Iterator[str]:
    token = access.partner_token(access.cloud.graph_scope).value
    for one in list_delegated_admin_customers(access.http, cloud=access.cloud, token=token):
        yield one.tenant_id


def _check_health(access: Access, *, listed: str) -> Finding:
    """Read the service health of one customer: of one that was read before where there is one."""
    known = Customer.objects.filter(connection=access.connection, gone_at__isnull=True, feeds__kind=Feed.Kind.HEALTH)
    customer = known.order_by("feeds__paused_because", "feeds__problem", "name").first()
    tenant_id, who = (str(customer.tenant_id), customer.name) if customer else (listed, listed)
    if not tenant_id:
        sentence = _("There is no customer to try it with yet.")
        return Finding(name=_("Service health of a customer"), ok=None, sentence=sentence)
    name = _("Service health of %(customer)s") % {"customer": who}
    try:
        token = access.graph_token(tenant_id)
        services = read_health(access.http_at(tenant_id), cloud=access.cloud, token=token.value).services()
    except AccessDenied as error:
        mend = _mend_health(access, error)
        return Finding(name=name, ok=False, sentence=f"{_meaning(error)} {error.detail}", how_to_mend=mend)
    except MicrosoftError as error:
        return _not_asked(name, error)
    return Finding(name=name, ok=True, sentence=_("%(count)d services were read.") % {"count": len(services)})


def _mend_health(access: Access, error: AccessDenied) -> str:
    is_app_only = access.connection.auth_model == Connection.AuthModel.APP_ONLY
    if error.cause == Cause.FORBIDDEN:
        permission = _permission("ServiceHealth.Read.All", is_app_only=is_app_only)
        if is_app_only:
            return permission
        role = _(
            "The admin agent also needs a delegated role in that tenant, for instance Service support administrator."
        )
        return f"{permission} {role}"
    if error.cause in (Cause.CONSENT_MISSING, Cause.APP_MISSING):
        return _("Let an administrator of that customer consent to our application, then test again.")
    return str(MEND.get(error.cause, _("Open the customer's page to see whether others are read well.")))

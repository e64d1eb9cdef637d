"""Takes everything back that a connection can sign in with, in one act."""

from datetime import datetime

from django.db import transaction

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.microsoft.clouds import CloudName
from csp_portal.token_store import shared_token_store
from customers.models import Connection

# Where an application's credentials and consents are ended; the blade opens by the application's id.
_ENTRA = {
    CloudName.GLOBAL: "https://entra.microsoft.com",
    CloudName.US_GOV: "https://entra.microsoft.us",
    CloudName.US_GOV_DOD: "https://entra.microsoft.us",
    CloudName.CHINA: "https://entra.microsoftonline.cn",
}
_BLADE = "/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Credentials/appId/"


@transaction.atomic
def revoke_all(connection: Connection, *, by: User, now: datetime) -> None:
    """Wipe all credentials, pause the connection, and make every token that was got with them unfindable.

    The new `token_epoch` is part of the name of each token, so no process finds an old one, wherever it is kept.
    """
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    before = {"had_secret": bool(row.sealed_client_secret), "had_certificate": bool(row.certificate)}
    if row.federated_token_file:
        before |= {"had_token_file": True}
    before |= {"had_sign_in": bool(row.sealed_refresh_token), "is_paused": row.is_paused}
    old_key = row.token_key
    row.sealed_client_secret = row.sealed_private_key = row.sealed_refresh_token = row.certificate = ""
    row.federated_token_file = ""
    row.secret_expires_on = row.refresh_token_at = None
    row.grant_refused = ""
    row.is_paused, row.revoked_at, row.token_epoch = True, now, row.token_epoch + 1
    row.save(
        update_fields=[
            *("sealed_client_secret", "sealed_private_key", "sealed_refresh_token", "certificate"),
            "federated_token_file",
            *("secret_expires_on", "refresh_token_at", "grant_refused", "is_paused", "revoked_at", "token_epoch"),
        ]
    )
    record(Action.CONNECTION_REVOKED, by=by, about=row, before=before, after={"is_paused": True})
    transaction.on_commit(lambda: shared_token_store().forget_all_of(old_key))


def entra_url(connection: Connection) -> str:
    """Where the credentials of the application are deleted in Entra; empty for a cloud that has none."""
    host = _ENTRA.get(CloudName(connection.cloud))
    return f"{host}{_BLADE}{connection.client_id}" if host else ""

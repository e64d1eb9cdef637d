"""Tokens through a connection: its credential, and access to its customers' tenants for one batch of work."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from django.conf import settings
from django.db import transaction

from csp_portal.microsoft.aadsts import DEAD_GRANTS
from csp_portal.microsoft.auth import Credential, Token, TokenSource, TokenStore
from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import AccessDenied, Cause
from csp_portal.microsoft.http import Http, shared_http
from csp_portal.secrets import SecretError
from csp_portal.token_store import shared_token_store
from customers.allowance import Allowance
from customers.federated import FederatedTokenError, read_token, token_path
from customers.models import Connection


def cloud_of(connection: Connection) -> Cloud:
    clouds: Mapping[str, Cloud] = settings.MICROSOFT_CLOUDS
    if connection.cloud not in clouds:
        raise AccessDenied(
            f"The connection {connection.name} belongs to the cloud {connection.cloud!r}, which the settings do not "
            "describe. Set MICROSOFT_LOGIN_URL, MICROSOFT_GRAPH_URL, MICROSOFT_PARTNER_CENTER_URL and "
            "MICROSOFT_ARM_URL.",
            cause=Cause.OTHER,
        )
    return clouds[connection.cloud]


def credential_of(connection: Connection) -> Credential:
    """The connection's secrets in plain words; AccessDenied where they can't be opened."""
    return Credential(
        cloud=cloud_of(connection),
        client_id=str(connection.client_id),
        partner_tenant_id=str(connection.partner_tenant_id),
        key=connection.token_key,
        secret=_open(connection, "client_secret") or None,
        private_key_pem=_open(connection, "private_key") or None,
        certificate_pem=connection.certificate or None,
        read_assertion=_assertion_reader(connection) if connection.federated_token_file else None,
    )


def _assertion_reader(connection: Connection) -> Callable[[], str]:
    """Reads the token file anew whenever MSAL needs an assertion; AccessDenied where it can't be read."""

    def read() -> str:
        try:
            return read_token(token_path(connection.federated_token_file))
        except FederatedTokenError as error:
            raise AccessDenied(
                f"The token file of the connection {connection.name} can't be used. {error}", cause=Cause.SECRET_WRONG
            ) from error

    return read


class Access:
    """One connection's tokens for one batch: threads draw them, the main thread keeps what is new at the end."""

    def __init__(
        self,
        connection: Connection,
        *,
        store: TokenStore | None = None,
        http: Http | None = None,
        clock: Callable[[], float] = time.time,
        insists: bool = False,
    ) -> None:
        """`insists` shows Microsoft even a sign-in that it has called dead before: somebody asks for it."""
        self.connection = connection
        self.credential = credential_of(connection)
        self.cloud = self.credential.cloud
        plain = http or shared_http()
        self.allowance = Allowance(connection, cloud=self.cloud)
        # For lists that make sense only whole: each request counts for the connection, and none of them waits.
        self.http = plain.asking(self.allowance.note)
        self._is_delegated = connection.auth_model == Connection.AuthModel.SECURE_APP_MODEL
        self._refresh_token = _open(connection, "refresh_token") if self._is_delegated else ""
        self._started_from = self._refresh_token
        self._rotated_at: float | None = None
        self._dead_grant: AccessDenied | None = None
        if connection.grant_refused and not insists:
            detail = f"{connection.grant_refused} Nobody has consented again for the connection {connection.name}."
            self._dead_grant = AccessDenied(detail, cause=Cause.SIGN_IN_EXPIRED)
        self._lock = threading.Lock()
        self.is_ended = False  # the connection was paused or revoked meanwhile: nothing more is sent through it
        self._clock = clock
        self._store = store or shared_token_store()
        self._basket = _Basket()
        self._kept = TokenSource(self.credential, store=self._store, http=self.http, clock=clock)
        self._new = TokenSource(self.credential, store=self._basket, http=self.http, clock=clock)

    def tokens_in_hand(self, tenant_ids: Sequence[str]) -> dict[str, Token]:
        """The Graph tokens of a whole batch that need not be asked for, by tenant id, with one look into the store."""
        return self._kept.tokens_in_hand(tenant_ids, scope=self.cloud.graph_scope, delegated=self._is_delegated)

    def http_at(self, tenant_id: str) -> Http:
        """For what is read of this tenant's health and messages: OverLimit where it or the connection has no room."""
        return self.http.asking(lambda: self.allowance.take(tenant_id))

    def http_in_turn(self) -> Http:
        """For what is read customer by customer at the partner's own tenant: OverLimit by the connection's limit."""
        return self.http.asking(self.allowance.take_of_connection)

    def graph_token(self, tenant_id: str) -> Token:
        """A new Graph token for this tenant from Microsoft, or one of the four errors; safe in any thread."""
        return self._ask(tenant_id, scope=self.cloud.graph_scope)

    def arm_token(self, tenant_id: str) -> Token:
        """A token for Azure in this tenant, from the store where it can."""
        held = self._kept.tokens_in_hand([tenant_id], scope=self.cloud.arm_scope, delegated=self._is_delegated)
        return held.get(tenant_id) or self._ask(tenant_id, scope=self.cloud.arm_scope)

    def partner_token(self, scope: str) -> Token:
        """A token for the partner's own tenant, from the store where it can."""
        tenant_id = self.credential.partner_tenant_id
        held = self._kept.tokens_in_hand([tenant_id], scope=scope, delegated=self._is_delegated)
        return held.get(tenant_id) or self._ask(tenant_id, scope=scope)

    def forget(self, tenant_ids: Sequence[str]) -> None:
        """Drop the tokens of these tenants for Graph and Azure: Microsoft refused them."""
        for source in (self._kept, self._new):
            source.forget(tenant_ids, scope=self.cloud.graph_scope)
            source.forget(tenant_ids, scope=self.cloud.arm_scope)

    def forget_partner(self, scope: str) -> None:
        """The same for the partner's own tenant."""
        for source in (self._kept, self._new):
            source.forget([self.credential.partner_tenant_id], scope=scope)

    def look_again(self) -> None:
        """Main thread: note whether the connection may still be used; threads look at `is_ended`."""
        same = Connection.objects.filter(pk=self.connection.pk, token_epoch=self.connection.token_epoch)
        self.is_ended = not same.filter(is_paused=False).exists()

    def keep(self) -> None:
        """Store what is new; call it in the main thread after the batch, whatever became of the batch."""
        tokens = self._basket.empty()
        if tokens:
            self._store.put_many(tokens)
        if self._rotated_at is not None:
            self._keep_refresh_token(datetime.fromtimestamp(self._rotated_at, UTC))
            self._rotated_at = None
        elif self._dead_grant is not None and self._dead_grant.code:
            self._note_dead_grant(self._dead_grant)

    def _ask(self, tenant_id: str, *, scope: str) -> Token:
        if not self._is_delegated:
            return self._new.app_token(tenant_id, scope=scope)
        if not self._refresh_token:
            raise AccessDenied(
                f"No admin agent has consented for the connection {self.connection.name} yet.",
                cause=Cause.SIGN_IN_EXPIRED,
            )
        if self._dead_grant is not None:
            raise self._dead_grant
        try:
            token, rotated = self._new.delegated_token(tenant_id, scope=scope, refresh_token=self._refresh_token)
        except AccessDenied as error:
            if error.code in DEAD_GRANTS:
                self._dead_grant = error
            raise
        if rotated:
            with self._lock:
                self._refresh_token, self._rotated_at = rotated, self._clock()
        return token

    def _keep_refresh_token(self, rotated_at: datetime) -> None:
        """Renew the row under its lock, unless somebody renewed it first: theirs is as good, or a new consent."""
        with transaction.atomic():
            row = Connection.objects.select_for_update().get(pk=self.connection.pk)
            if _open(row, "refresh_token") != self._started_from:
                return
            row.seal_secret("refresh_token", self._refresh_token)
            row.refresh_token_at, row.grant_refused = rotated_at, ""
            row.save(update_fields=["sealed_refresh_token", "refresh_token_at", "grant_refused"])
        self._started_from = self._refresh_token

    def _note_dead_grant(self, refusal: AccessDenied) -> None:
        """Say on the row that its sign-in is dead, unless it holds another by now: nobody shows it again."""
        with transaction.atomic():
            row = Connection.objects.select_for_update().get(pk=self.connection.pk)
            if _open(row, "refresh_token") == self._started_from:
                row.grant_refused = refusal.detail[:500]
                row.save(update_fields=["grant_refused"])


class _Basket:
    """The TokenStore of a batch: what is new in it waits here until the main thread keeps it."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}

    def get_many(self, keys: Sequence[str]) -> dict[str, Token]:
        return {key: self._tokens[key] for key in keys if key in self._tokens}

    def put_many(self, tokens: Mapping[str, Token]) -> None:
        self._tokens.update(tokens)

    def forget(self, keys: Sequence[str]) -> None:
        for key in keys:
            self._tokens.pop(key, None)

    def empty(self) -> dict[str, Token]:
        tokens, self._tokens = self._tokens, {}
        return tokens


def _open(connection: Connection, secret: str) -> str:
    try:
        return connection.open_secret(secret)
    except SecretError as error:
        raise AccessDenied(
            f"The secret of the connection {connection.name} can't be opened: {error} Restore the keys file or enter "
            "the secret anew.",
            cause=Cause.SECRET_WRONG,
        ) from error

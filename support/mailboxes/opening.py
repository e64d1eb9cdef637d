"""Opens a mailbox the way its row says, and says what went wrong in one kind of error."""

import imaplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from imapclient.exceptions import ProtocolError

from csp_portal.deadline import Deadline
from csp_portal.microsoft.auth import TokenSource
from csp_portal.microsoft.errors import MicrosoftError
from csp_portal.microsoft.mail import MailDesk
from csp_portal.secrets import SecretError
from csp_portal.token_store import shared_token_store
from customers.connections import Access
from customers.models import Connection
from customers.writes import WritesStopped, permit_at_partner, read_switch
from support.mailboxes.boxes import Box, BoxError, Problem
from support.mailboxes.graph import GraphBox, box_error
from support.mailboxes.imap import Client, connect, open_folder
from support.models import Mailbox

OPEN_SECONDS = 150.0  # in one go; shorter than a lease


@contextmanager
def open_box(mailbox: Mailbox, *, reads_only: bool = False) -> Iterator[Box]:
    """The open mailbox; whatever goes wrong within is a BoxError."""
    try:
        if mailbox.kind == Mailbox.Kind.GRAPH:
            yield _graph(mailbox)
            return
        with Deadline(OPEN_SECONDS) as deadline:
            client = connect(mailbox, login=_login(mailbox), deadline=deadline)
            try:
                yield open_folder(mailbox, client, reads_only=reads_only)
            finally:
                with suppress(OSError, imaplib.IMAP4.error):  # what had to be said was said
                    client.logout()
    except MicrosoftError as error:
        raise box_error(error) from error
    except WritesStopped as error:
        raise BoxError(Problem.TELLING, str(error)) from error
    except (OSError, imaplib.IMAP4.abort) as error:
        raise BoxError(Problem.UNREACHABLE, f"{type(error).__name__}: {error}") from error
    except (imaplib.IMAP4.error, ProtocolError, KeyError, ValueError) as error:  # parsers of answers raise the last two
        raise BoxError(Problem.ANSWER, f"{type(error).__name__}: {error}") from error


def _graph(mailbox: Mailbox) -> GraphBox:
    connection = _connection(mailbox)
    access = Access(connection)
    desk = MailDesk(
        http=access.http,
        cloud=access.cloud,
        token=_token(access, scope=access.cloud.graph_scope),
        address=mailbox.address,
        may_write=permit_at_partner(connection, era=read_switch().era),
    )
    return GraphBox(mailbox, desk)


def _login(mailbox: Mailbox) -> Callable[[Client], object]:
    if mailbox.kind == Mailbox.Kind.IMAP_TOKEN:
        # Exchange Online names its resource by the host that is asked; so the token is of no use anywhere else.
        token = _token(Access(_connection(mailbox)), scope=f"https://{mailbox.host}/.default")
        return lambda client: client.oauth2_login(mailbox.user or mailbox.address, token)
    try:
        password = mailbox.open_secret("password")
    except SecretError as error:
        raise BoxError(Problem.SECRET, str(error)) from error
    return lambda client: client.login(mailbox.user or mailbox.address, password)


def _connection(mailbox: Mailbox) -> Connection:
    connection = mailbox.connection
    if connection is None or connection.is_paused:
        raise BoxError(Problem.CONNECTION)
    return connection


def _token(access: Access, *, scope: str) -> str:
    """Of the app itself, also where customers are read as an admin agent: mailboxes are granted to the app."""
    source = TokenSource(access.credential, store=shared_token_store(), http=access.http)
    return source.app_token(access.credential.partner_tenant_id, scope=scope).value

"""Mailboxes that speak IMAP: TLS from the first byte, to a host that was looked at before."""

import imaplib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientError, LoginError
from imapclient.tls import IMAP4_TLS

from csp_portal.deadline import Deadline
from csp_portal.outgoing import AddressRefused, NotFound, place_of
from support.mail.taking_in import LARGEST
from support.mailboxes.boxes import BoxError, Counted, Fetched, Found, Listing, Problem
from support.models import Mailbox

CONNECT_SECONDS, READ_SECONDS = 10.0, 30.0
HEAD_BYTES = 64 * 1024  # of a mail that is too large
LARGEST_UID = 2**32 - 1
SEEN, DELETED = b"\\Seen", b"\\Deleted"
Login = Callable[["Client"], object]


class Client(IMAPClient):  # type: ignore[misc]  # it comes without types
    """Connects to the very address that was checked, so that no second answer of the resolver counts."""

    def __init__(self, host: str, *, port: int, deadline: Deadline) -> None:
        self.place = place_of(host, port, networks=settings.MAILBOX_NETWORKS)
        self.deadline = deadline
        context = ssl.create_default_context(cafile=settings.MAILBOX_CA_FILE or None)
        timeout = SocketTimeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        super().__init__(host, port=port, ssl=True, ssl_context=context, timeout=timeout)
        self.normalise_times = False

    def _create_IMAP4(self) -> IMAP4_TLS:
        client = self

        class Pinned(IMAP4_TLS):  # type: ignore[misc]
            def _create_socket(self, timeout: float | None = None) -> socket.socket:
                plain = socket.create_connection((client.place, client.port), timeout=CONNECT_SECONDS)
                client.deadline.keep(plain)
                plain.settimeout(READ_SECONDS)
                return client.ssl_context.wrap_socket(plain, server_hostname=client.host)  # type: ignore[no-any-return]

        return Pinned(self.host, self.port, self.ssl_context, CONNECT_SECONDS)


class ImapBox:
    """One folder, open for writing."""

    def __init__(self, mailbox: Mailbox, client: Client, *, status: Mapping[bytes, Any]) -> None:
        self.mailbox, self.client = mailbox, client
        self.validity = int(status[b"UIDVALIDITY"])
        self._next = int(status.get(b"UIDNEXT", 0))
        self._capabilities = set(client.capabilities())

    def look(self, *, now: datetime) -> Listing:
        """Above what was read: unread mails, and all that came since we first looked into this folder."""
        box, start = self.mailbox, {}
        if box.uid_validity != self.validity:
            start = self._begin()
            for name, value in start.items():
                setattr(box, name, value)
        wanted: list[object] = ["UID", _above(box.last_uid + 1), "OR", "UNSEEN"]
        if box.read_since:
            wanted += ["OR", "SINCE", box.read_since.date()]
        wanted += ["UID", _above(box.first_uid)]
        uids = sorted(self.client.search(wanted))
        return Listing(found=[self._found(uid) for uid in uids], start=start)

    def _begin(self) -> dict[str, object]:
        """A folder that we see for the first time, or whose numbers all changed: then what came lately counts again."""
        read_to = self.mailbox.last_success_at
        next_uid = self._next or int(self.client.folder_status(self.mailbox.folder, [b"UIDNEXT"])[b"UIDNEXT"])
        return {
            "uid_validity": self.validity,
            "first_uid": next_uid,
            "last_uid": 0,
            "read_since": read_to - timedelta(days=1) if read_to else None,
        }

    def _found(self, uid: int) -> Found:
        progress = {"uid_validity": self.validity, "last_uid": uid}
        return Found(place=f"{self.validity}.{uid}", progress=progress)

    def fetch(self, place: str, *, now: datetime) -> Fetched | None:
        uid = _uid(place)
        facts = self.client.fetch([uid], [b"RFC822.SIZE", b"INTERNALDATE"]).get(uid)
        if facts is None:
            return None
        size, arrived = int(facts[b"RFC822.SIZE"]), _moment(facts.get(b"INTERNALDATE"), now=now)
        most = HEAD_BYTES if size > LARGEST else LARGEST + 1
        told = self.client.fetch([uid], [f"BODY.PEEK[]<0.{most}>"]).get(uid, {})
        raw = next((value for key, value in told.items() if key.startswith(b"BODY[]")), None)
        if raw is None:
            return None
        why = _("It is larger than 25 MB and stays in the mailbox.") if max(size, len(raw)) > LARGEST else ""
        return Fetched(raw=raw[:HEAD_BYTES] if why else raw, arrived_at=arrived, size=max(size, len(raw)), why=why)

    def tell(self, places: Sequence[str]) -> None:
        """Of places of a former UIDVALIDITY nobody knows which mail they mean today: they are left alone."""
        uids = [_uid(place) for place in places if place.startswith(f"{self.validity}.")]
        if not uids:
            return
        try:
            self.client.add_flags(uids, [SEEN], silent=True)
            if self.mailbox.afterwards == Mailbox.Afterwards.MOVE:
                self._move(uids)
        except IMAPClientError as error:
            if isinstance(error, imaplib.IMAP4.abort):
                raise
            raise BoxError(Problem.TELLING, str(error)) from error

    def _move(self, uids: Sequence[int]) -> None:
        if b"MOVE" in self._capabilities:
            self.client.move(uids, self.mailbox.moved_to)
            return
        self.client.copy(uids, self.mailbox.moved_to)
        self.client.add_flags(uids, [DELETED], silent=True)
        if b"UIDPLUS" in self._capabilities:  # without it EXPUNGE would take away what others marked
            self.client.uid_expunge(uids)

    def count(self) -> Counted:
        told = self.client.folder_status(self.mailbox.folder, [b"MESSAGES", b"UNSEEN"])
        if self.mailbox.afterwards == Mailbox.Afterwards.MOVE and not self.client.folder_exists(self.mailbox.moved_to):
            raise BoxError(Problem.FOLDER, self.mailbox.moved_to)
        return Counted(mails=int(told[b"MESSAGES"]), unread=int(told[b"UNSEEN"]))


def connect(mailbox: Mailbox, *, login: Login, deadline: Deadline) -> Client:
    """A client that is signed in, or a BoxError that says how far it came."""
    try:
        client = Client(mailbox.host, port=mailbox.port, deadline=deadline)
    except NotFound as error:
        raise BoxError(Problem.HOST, str(error)) from error
    except AddressRefused as error:
        raise BoxError(Problem.PRIVATE, str(error)) from error
    except ssl.SSLCertVerificationError as error:
        raise BoxError(Problem.CERTIFICATE, error.verify_message) from error
    try:
        login(client)
    except LoginError as error:
        _close(client)
        raise BoxError(Problem.LOGIN, str(error)) from error
    return client


def open_folder(mailbox: Mailbox, client: Client, *, reads_only: bool) -> ImapBox:
    try:
        status = client.select_folder(mailbox.folder, readonly=reads_only)
        return ImapBox(mailbox, client, status=status)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise BoxError(Problem.FOLDER, f"{mailbox.folder}: {error}") from error


def _close(client: Client) -> None:
    client.shutdown()


def _above(uid: int) -> str:
    """Without the star: "9:*" would name the last mail even where its number is smaller."""
    return f"{uid}:{LARGEST_UID}"


def _uid(place: str) -> int:
    return int(place.rpartition(".")[2])


def _moment(arrived: object, *, now: datetime) -> datetime:
    """When the mail server took it; never later than now, whatever its clock says."""
    if not isinstance(arrived, datetime):
        return now
    return min(arrived if arrived.tzinfo else arrived.replace(tzinfo=UTC), now)

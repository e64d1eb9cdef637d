"""Mails of one mailbox in Microsoft Graph: what is new, the MIME of each, and that it was read or moved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import Refused, UnexpectedAnswer
from csp_portal.microsoft.fields import moment, parts, required_text, text
from csp_portal.microsoft.http import Answer, Http, WriteMethod

# Without it a mail that is moved gets another id (outlook-immutable-id.md).
LASTING_IDS = {"Prefer": 'IdType="ImmutableId"'}
WELL_KNOWN = frozenset({"inbox", "archive", "deleteditems", "junkemail"})
MOST_MIME_SECONDS = 120.0


@dataclass(frozen=True, kw_only=True, slots=True)
class MailHead:
    id: str
    received_at: datetime
    is_read: bool

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        received_at = moment(raw, "receivedDateTime", of="message")
        if received_at is None:
            raise UnexpectedAnswer("A message has no receivedDateTime.")
        return cls(
            id=required_text(raw, "id", of="message"), received_at=received_at, is_read=raw.get("isRead") is True
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Folder:
    id: str
    mails: int
    unread: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MailDesk:
    """One mailbox, by the address of its user: with Mail.ReadWrite as a permission of the application."""

    http: Http
    cloud: Cloud
    token: str = field(repr=False)
    address: str
    may_write: Callable[[], None]

    def folder(self, name: str) -> Folder | None:
        """By one of Graph's own names for it, or by the name people see at the top of the mailbox."""
        if name.casefold() in WELL_KNOWN:
            return _folder(self._get_json(f"/mailFolders/{name.casefold()}"))
        wanted = name.replace("'", "''")
        pages = self._pages("/mailFolders", params={"$filter": f"displayName eq '{wanted}'"})
        return next((_folder(raw) for page in pages for raw in page), None)

    def new_mails(self, folder_id: str, *, since: datetime | None) -> list[MailHead]:
        """The unread ones, and all that came at or after `since`; oldest first.

        Sorting by receivedDateTime asks for a filter that begins with it (user-list-messages.md), so it is done here.
        """
        wanted = "isRead eq false"
        if since is not None:
            wanted += f" or receivedDateTime ge {since:%Y-%m-%dT%H:%M:%SZ}"
        params = {"$filter": wanted, "$select": "id,receivedDateTime,isRead", "$top": "100"}
        pages = self._pages(f"/mailFolders/{quote(folder_id, safe='')}/messages", params=params)
        found = [MailHead.from_json(raw) for page in pages for raw in page]
        return sorted(found, key=lambda head: (head.received_at, head.id))

    def mime(self, mail_id: str, *, max_bytes: int) -> bytes | None:
        """The mail as it came (outlook-get-mime-message.md); None where it is gone, TooLarge where it is larger."""
        url = self._url(f"{_message(mail_id)}/$value")
        ways: dict[str, Any] = {"headers": LASTING_IDS, "max_bytes": max_bytes, "deadline": MOST_MIME_SECONDS}
        try:
            return self.http.get(url, cloud=self.cloud, token=self.token, **ways).body
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def head_lines(self, mail_id: str) -> list[tuple[str, str]]:
        """Names and values of its header."""
        raw = self._get_json(_message(mail_id), params={"$select": "internetMessageHeaders"})
        return [(text(one, "name"), text(one, "value")) for one in parts(raw, "internetMessageHeaders")]

    def mark_read(self, mail_id: str) -> None:
        self._write("PATCH", _message(mail_id), json={"isRead": True})

    def move(self, mail_id: str, *, folder_id: str) -> None:
        self._write("POST", f"{_message(mail_id)}/move", json={"destinationId": folder_id})

    def _write(self, method: WriteMethod, path: str, *, json: Any) -> Answer | None:
        """None where the mail is gone: somebody moved or deleted it, so there is nothing to say about it."""
        url = self._url(path)
        ways: dict[str, Any] = {"may_write": self.may_write, "json": json, "headers": LASTING_IDS}
        try:
            return self.http.write(method, url, cloud=self.cloud, token=self.token, **ways)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    def _get_json(self, path: str, *, params: Mapping[str, str] | None = None) -> Any:
        return self.http.get_json(
            self._url(path), cloud=self.cloud, token=self.token, params=params, headers=LASTING_IDS
        )

    def _pages(self, path: str, *, params: Mapping[str, str]) -> Any:
        return self.http.pages(self._url(path), cloud=self.cloud, token=self.token, params=params, headers=LASTING_IDS)

    def _url(self, path: str) -> str:
        return f"{self.cloud.graph_url}/v1.0/users/{quote(self.address, safe='@')}{path}"


def _message(mail_id: str) -> str:
    return f"/messages/{quote(mail_id, safe='')}"


def _folder(raw: Mapping[str, Any]) -> Folder:
    return Folder(
        id=required_text(raw, "id", of="mailFolder"),
        mails=int(raw.get("totalItemCount") or 0),
        unread=int(raw.get("unreadItemCount") or 0),
    )

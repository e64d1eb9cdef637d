"""The sandbox's mailboxes: folders of mails, their MIME, and what the partner's app may change in them."""

import re
import threading
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from urllib.parse import unquote

import orjson

from csp_portal.microsoft.sandbox.odata import collection
from csp_portal.microsoft.sandbox.tenants import Tenant
from csp_portal.microsoft.sandbox.wire import Call, Reply, graph_error, json_reply

_SINCE = re.compile(r"receivedDateTime ge (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")
_NAMED = re.compile(r"displayName eq '((?:[^']|'')*)'")
INBOX = "inbox"
NOBODY = "ErrorInvalidUser"  # such an address has no mailbox in this tenant


@dataclass(kw_only=True)
class SandboxMail:
    mime: bytes
    received_at: datetime
    folder: str = INBOX
    is_read: bool = False
    id: str = field(default_factory=lambda: f"AAkALg{uuid.uuid4().hex}==")


@dataclass(kw_only=True)
class SandboxMailbox:
    """`folders` are ids by the name that people see; the inbox is always there."""

    mails: list[SandboxMail] = field(default_factory=list)
    folders: dict[str, str] = field(default_factory=lambda: {"Inbox": INBOX, "Archive": "archive"})


class MailWorld:
    """Mailboxes of the partner's tenant by address."""

    def __init__(self) -> None:
        self.boxes: dict[str, SandboxMailbox] = {}
        self.resources = {"https://outlook.office365.com"}  # whose tokens let the app in by IMAP
        self._lock = threading.Lock()

    def box(self, address: str) -> SandboxMailbox:
        with self._lock:
            return self.boxes.setdefault(address.casefold(), SandboxMailbox())

    def deliver(self, address: str, mime: bytes, *, at: datetime, is_read: bool = False) -> SandboxMail:
        mail = SandboxMail(mime=mime, received_at=at, is_read=is_read)
        self.box(address).mails.append(mail)
        return mail


class MailApi:
    """Graph's /users/{address}/… of mailboxes, for the app itself."""

    def __init__(self, world: MailWorld) -> None:
        self.world = world

    def folders(self, call: Call, tenant: Tenant, address: str) -> Reply:
        box = self._box(address)
        if box is None:
            return _missing(call, NOBODY)
        match = _NAMED.search(call.query.get("$filter", ""))
        wanted = match[1].replace("''", "'").casefold() if match else None
        items = [one for one in box.folders.items() if wanted in (None, one[0].casefold())]
        return collection(
            call, tenant, context="$metadata#mailFolders", items=items, as_json=lambda one: _folder_json(box, one)
        )

    def folder(self, call: Call, tenant: Tenant, address: str, name: str) -> Reply:
        box = self._box(address)
        if box is None:
            return _missing(call, NOBODY)
        found = next((one for one in box.folders.items() if one[1] == name), None)
        return json_reply(_folder_json(box, found)) if found else _missing(call)

    def messages(self, call: Call, tenant: Tenant, address: str, name: str) -> Reply:
        """Newest first, as Graph lists them where nothing else is asked for."""
        box = self._box(address)
        if box is None or unquote(name) not in box.folders.values():
            return _missing(call)
        found = [mail for mail in box.mails if mail.folder == unquote(name) and _is_wanted(mail, call)]
        found.sort(key=lambda mail: mail.received_at, reverse=True)
        return collection(
            call, tenant, context="$metadata#messages", items=found, as_json=_mail_json, page=10, mark="$skip"
        )

    def message(self, call: Call, tenant: Tenant, address: str, mail_id: str) -> Reply:
        mail = self._mail(address, mail_id)
        if mail is None:
            return _missing(call)
        head = message_from_bytes(mail.mime.split(b"\r\n\r\n", 1)[0])
        lines = [{"name": name, "value": str(value)} for name, value in head.items()]
        return json_reply({**_mail_json(mail), "internetMessageHeaders": lines})

    def mime(self, call: Call, tenant: Tenant, address: str, mail_id: str) -> Reply:
        mail = self._mail(address, mail_id)
        return Reply(body=mail.mime, content_type="text/plain") if mail else _missing(call)

    def change(self, call: Call, tenant: Tenant, address: str, mail_id: str) -> Reply:
        mail = self._mail(address, mail_id)
        if mail is None:
            return _missing(call)
        mail.is_read = orjson.loads(call.body).get("isRead", mail.is_read)
        return json_reply(_mail_json(mail))

    def move(self, call: Call, tenant: Tenant, address: str, mail_id: str) -> Reply:
        box, mail = self._box(address), self._mail(address, mail_id)
        target = orjson.loads(call.body).get("destinationId")
        if box is None or mail is None or target not in box.folders.values():
            return _missing(call)
        mail.folder = target
        return json_reply(_mail_json(mail), status=201)

    def _box(self, address: str) -> SandboxMailbox | None:
        return self.world.boxes.get(unquote(address).casefold())

    def _mail(self, address: str, mail_id: str) -> SandboxMail | None:
        box = self._box(address)
        return next((mail for mail in box.mails if mail.id == unquote(mail_id)), None) if box else None


def _is_wanted(mail: SandboxMail, call: Call) -> bool:
    """Two conditions joined by "or" are all that is known here."""
    asked = call.query.get("$filter", "")
    since = _SINCE.search(asked)
    is_unread = "isRead eq false" in asked and not mail.is_read
    return not asked or is_unread or bool(since and mail.received_at >= datetime.fromisoformat(since[1]))


def _mail_json(mail: SandboxMail) -> dict[str, object]:
    received = mail.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"id": mail.id, "receivedDateTime": received, "isRead": mail.is_read, "parentFolderId": mail.folder}


def _folder_json(box: SandboxMailbox, named: tuple[str, str]) -> dict[str, object]:
    lying: Sequence[SandboxMail] = [mail for mail in box.mails if mail.folder == named[1]]
    unread = sum(not mail.is_read for mail in lying)
    return {"id": named[1], "displayName": named[0], "totalItemCount": len(lying), "unreadItemCount": unread}


def _missing(call: Call, code: str = "ErrorItemNotFound") -> Reply:
    return graph_error(call, status=404, code=code, message="The specified object was not found in the store.")

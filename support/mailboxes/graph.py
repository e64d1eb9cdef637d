"""Mailboxes that are read through Microsoft Graph, by a connection's own app registration."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from csp_portal.microsoft.errors import AccessDenied, MicrosoftError, Refused, Throttled, TooLarge
from csp_portal.microsoft.mail import Folder, MailDesk
from support.mail.taking_in import LARGEST
from support.mailboxes.boxes import BoxError, Counted, Fetched, Found, Listing, Problem
from support.models import Mailbox

_NO_FOLDER = frozenset({"ErrorItemNotFound", "ErrorFolderNotFound", "ErrorInvalidIdMalformed"})
OVERLAP = timedelta(days=1)  # mails that were stuck on their way, or that somebody took out of the junk folder


class GraphBox:
    def __init__(self, mailbox: Mailbox, desk: MailDesk) -> None:
        self.mailbox, self.desk = mailbox, desk
        self._arrived: dict[str, datetime] = {}

    def look(self, *, now: datetime) -> Listing:
        """Unread mails, and those that came lately; at the first look the unread ones alone."""
        box = self.mailbox
        since = max(box.read_since, (box.last_success_at or now) - OVERLAP) if box.read_since else None
        heads = self.desk.new_mails(self._folder(box.folder).id, since=since)
        self._arrived = {head.id: min(head.received_at, now) for head in heads}
        known = set(box.places.filter(place__in=list(self._arrived)).values_list("place", flat=True))
        found = [Found(place=head.id) for head in heads if head.id not in known]
        return Listing(found=found, start={} if box.read_since else {"read_since": now})

    def fetch(self, place: str, *, now: datetime) -> Fetched | None:
        arrived = self._arrived.get(place, now)
        try:
            raw = self.desk.mime(place, max_bytes=LARGEST)
        except TooLarge:
            why = _("It is larger than 25 MB and stays in the mailbox.")
        except Refused as error:
            why = _("Microsoft does not give it out; it stays in the mailbox: %(said)s") % {"said": error.said[:150]}
        else:
            return Fetched(raw=raw, arrived_at=arrived, size=len(raw)) if raw is not None else None
        lines = [f"{name}: {value}" for name, value in self.desk.head_lines(place)]
        head = "\r\n".join([*lines, "", ""]).encode()
        return Fetched(raw=head, arrived_at=arrived, size=len(head), why=why)

    def tell(self, places: Sequence[str]) -> None:
        moves = self.mailbox.afterwards == Mailbox.Afterwards.MOVE
        target = self._folder(self.mailbox.moved_to).id if moves and places else ""
        for place in places:
            self.desk.mark_read(place)
            if moves:
                self.desk.move(place, folder_id=target)

    def count(self) -> Counted:
        folder = self._folder(self.mailbox.folder)
        if self.mailbox.afterwards == Mailbox.Afterwards.MOVE:
            self._folder(self.mailbox.moved_to)
        return Counted(mails=folder.mails, unread=folder.unread)

    def _folder(self, name: str) -> Folder:
        try:
            found = self.desk.folder(name)
        except Refused as error:
            problem = Problem.FOLDER if error.code in _NO_FOLDER else Problem.ACCESS
            raise BoxError(problem, f"{name}: {error.said or error.detail}") from error
        if found is None:
            raise BoxError(Problem.FOLDER, name)
        return found


def box_error(error: MicrosoftError) -> BoxError:
    """What an error of Microsoft's means for a mailbox."""
    if isinstance(error, Throttled):
        return BoxError(Problem.THROTTLED, error.detail, retry_after=error.retry_after)
    if isinstance(error, AccessDenied):
        return BoxError(Problem.ACCESS, error.detail)
    if isinstance(error, Refused):
        return BoxError(Problem.ANSWER, error.said or error.detail)
    return BoxError(Problem.UNREACHABLE, error.detail)

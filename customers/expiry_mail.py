"""Tells the owners by mail that a credential of ours ends: at each mark once, again and again until it is sent."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from csp_portal.accounts.models import Role, User
from csp_portal.notices.events import Raised, close_events, raise_events
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Event
from customers.credentials import Expiry, expiries_of
from customers.models import Connection, ExpiryNotice

logger = logging.getLogger(__name__)

MARKS = (0, 1, 7, 14, 30, 60)  # days before the end
LAST_WEEK = 7
LEASE = timedelta(minutes=10)
MOST = 50


def note_marks(*, now: datetime) -> None:
    """Make the row of the mark that each credential has passed last; what was noted before stays as it was.

    Its alert lasts until the credential is renewed, and gets worse when its last week begins.
    """
    connections = list(Connection.objects.all())
    notices = [notice for connection in connections for notice in _notices_of(connection, now=now)]
    with transaction.atomic():
        known = set(ExpiryNotice.objects.values_list("connection", "kind", "ends_at", "days"))
        ExpiryNotice.objects.bulk_create(notices, ignore_conflicts=True)
        raise_events([_raised(notice) for notice in notices if _mark_of(notice) not in known], now=now)
        ours = {_key(notice) for notice in notices}
        renewed = Event.objects.active().filter(kind=EventKind.CREDENTIAL_ENDS).exclude(key__in=ours)
        close_events(list(renewed.values_list("key", flat=True)), now=now)


def send_due_notices(*, now: datetime) -> int:
    """Mail what is due; returns how many notices were sent. One that can't be sent is due again after the lease."""
    sent = 0
    for notice in _claim():
        expiry = next(
            (e for e in expiries_of(notice.connection) if (e.kind, e.at) == (notice.kind, notice.ends_at)), None
        )
        if expiry is not None and not _mail(expiry, now=now):
            continue
        ExpiryNotice.objects.filter(pk=notice.pk).update(sent_at=now)  # what was renewed meanwhile needs no mail
        sent += expiry is not None
    return sent


def _notices_of(connection: Connection, *, now: datetime) -> list[ExpiryNotice]:
    found = []
    for expiry in expiries_of(connection):
        left = expiry.days_left(now)
        if expiry.at is None or left is None or left >= MARKS[-1] + 1:
            continue
        mark = next(mark for mark in MARKS if left <= mark)
        found.append(ExpiryNotice(connection=connection, kind=expiry.kind, ends_at=expiry.at, days=mark))
    return found


def _mark_of(notice: ExpiryNotice) -> tuple[object, ...]:
    return (notice.connection_id, notice.kind, notice.ends_at, notice.days)


def _key(notice: ExpiryNotice) -> str:
    return f"credential/{notice.connection_id}/{notice.kind}/{notice.ends_at.date()}"


def _raised(notice: ExpiryNotice) -> Raised:
    with override("en"):  # who is told reads it in their language: the words are translated again then
        what = str(notice.get_kind_display())
    return Raised(
        kind=EventKind.CREDENTIAL_ENDS,
        key=_key(notice),
        severity=Severity.CRITICAL if notice.days <= LAST_WEEK else Severity.WARNING,
        facts={
            **{"title": notice.connection.name, "what": what, "ends_at": notice.ends_at.isoformat()},
            "path": reverse("settings:connection_edit", args=[notice.connection_id]),
        },
        cloud=notice.connection.cloud,
    )


@transaction.atomic
def _claim() -> list[ExpiryNotice]:
    due = ExpiryNotice.objects.select_for_update(skip_locked=True, of=("self",)).select_related("connection")
    notices = list(due.filter(sent_at__isnull=True, due_at__lte=Now()).order_by("due_at")[:MOST])
    ExpiryNotice.objects.filter(pk__in=[notice.pk for notice in notices]).update(due_at=Now() + LEASE)
    return notices


def _mail(expiry: Expiry, *, now: datetime) -> bool:
    """One mail to each owner in their language; False where the mail server takes none."""
    page = settings.PORTAL_URL + reverse("settings:connection_edit", args=[expiry.connection.pk])
    owners = User.objects.filter(role=Role.OWNER, is_active=True).order_by("pk")
    for owner in owners:
        if not owner.address:
            continue
        with override(owner.language or settings.LANGUAGE_CODE):
            subject = expiry.sentence(now)
            text = _("Without it the portal reads no customer of this connection. Renew it in Entra and enter it here:")
        try:
            send_mail(subject, f"{subject}\n\n{text}\n{page}\n", None, [owner.address])
        except (OSError, SMTPException) as error:
            logger.warning("A mail about the end of a credential could not be sent: %s", error)
            return False
    return True

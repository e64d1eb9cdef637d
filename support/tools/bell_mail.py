"""Bells by mail: a number and a link, never what was said."""

import logging
from datetime import datetime, timedelta
from smtplib import SMTPException
from urllib.parse import urljoin

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from support.access import visible_tickets
from support.models import Bell, QuietPerson

logger = logging.getLogger(__name__)
BATCH = 50
TRIED_AGAIN = timedelta(minutes=5)


def mail_due(*, now: datetime) -> int:
    """Send what is due; returns how many mails left.

    A bell is taken off before its mail is sent: a worker that dies in between leaves it ringing on the page alone.
    """
    return sum(_mail(bell, now=now) for bell in _take(now=now))


@transaction.atomic
def _take(*, now: datetime) -> list[Bell]:
    rows = Bell.objects.select_for_update(skip_locked=True, of=("self",)).select_related("person", "ticket__customer")
    taken = list(rows.filter(mail_due_at__lte=now).order_by("mail_due_at")[:BATCH])
    Bell.objects.filter(pk__in=[bell.pk for bell in taken]).update(mail_due_at=None)
    quiet = set(QuietPerson.objects.values_list("person", flat=True))
    return [bell for bell in taken if bell.seen_at is None and bell.person_id not in quiet]


def _mail(bell: Bell, *, now: datetime) -> bool:
    """To people who may still see the ticket."""
    person = bell.person
    if not person.is_active or not person.email or not visible_tickets(person).filter(pk=bell.ticket_id).exists():
        return False
    with translation.override(person.language or settings.LANGUAGE_CODE):
        subject, body = _words(bell)
    try:
        EmailMessage(subject, body, None, [person.email]).send()
    except (OSError, SMTPException, UnicodeError) as error:
        logger.warning("A bell could not be mailed: %s", type(error).__name__)
        Bell.objects.filter(pk=bell.pk, seen_at=None).update(mail_due_at=now + TRIED_AGAIN)
        return False
    return True


def _words(bell: Bell) -> tuple[str, str]:
    why = {
        Bell.Why.REMINDER: _("Reminder: ticket #%(number)d"),
        Bell.Why.MENTION: _("You were mentioned at ticket #%(number)d"),
        Bell.Why.WORD: _("The customer wrote to ticket #%(number)d"),
    }[Bell.Why(bell.why)]
    customer = bell.ticket.customer.name if bell.ticket.customer else _("nobody's customer yet")
    told = [customer, bell.words, urljoin(settings.PORTAL_URL, f"/tickets/{bell.ticket_id}/")]
    choice = _("Whether this comes by mail: %(link)s") % {"link": urljoin(settings.PORTAL_URL, "/tickets/for-you/")}
    return why % {"number": bell.ticket_id}, "\n".join([*filter(None, told), "", choice, ""])

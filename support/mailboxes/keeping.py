"""Keeps what a person entered of a mailbox, and lets it be read anew."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from csp_portal.notices.events import close_event
from support.mailboxes.forms import MailboxForm
from support.mailboxes.reading import event_key
from support.models import Mailbox

_SHOWN = ("name", "kind", "address", "host", "port", "user", "folder", "afterwards", "moved_to", "is_enabled")
# Another folder, server or user: what was read there says nothing of what lies here.
_FROM_THE_BEGINNING: dict[str, object] = {
    "uid_validity": None,
    "first_uid": 0,
    "last_uid": 0,
    "read_since": None,
    "last_success_at": None,
}


@transaction.atomic
def keep_mailbox(form: MailboxForm, *, now: datetime) -> Mailbox:
    """A worker that reads it at this moment has no say any more."""
    mailbox = form.save(commit=False)
    if form.cleaned_data["password"]:
        mailbox.seal_secret("password", form.cleaned_data["password"])
    if mailbox.kind != Mailbox.Kind.IMAP:
        mailbox.seal_secret("password", "")
    if form.is_new:
        mailbox.save()
    else:
        mailbox.save(update_fields=[*MailboxForm.Meta.fields, "sealed_password"])
    if form.leads_elsewhere:
        Mailbox.objects.filter(pk=mailbox.pk).update(**_FROM_THE_BEGINNING)
    go_on(mailbox, now=now)
    return mailbox


def go_on(mailbox: Mailbox, *, now: datetime) -> None:
    """Due now, with what went wrong before forgotten; the alert comes back if it still holds."""
    well: dict[str, object] = {"problem": "", "detail": "", "failures": 0, "failing_since": None, "stuck_at": ""}
    Mailbox.objects.filter(pk=mailbox.pk).update(due_at=now, epoch=F("epoch") + 1, **well)
    close_event(event_key(mailbox), now=now)


def facts_of(mailbox: Mailbox) -> dict[str, object]:
    """What the audit keeps: nothing that is secret."""
    facts: dict[str, object] = {name: getattr(mailbox, name) for name in _SHOWN}
    facts["queue"] = mailbox.queue.name if mailbox.queue_id else ""
    facts["connection"] = mailbox.connection.name if mailbox.connection else ""
    return facts | {"sends_replies": mailbox.sends_replies, "has_password": bool(mailbox.sealed_password)}

"""Settings: the mailboxes of the desk, how each does, and what to do where one can't be read."""

from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.notices.events import close_event
from support.mailboxes.forms import MailboxForm
from support.mailboxes.keeping import facts_of, go_on, keep_mailbox
from support.mailboxes.reading import event_key
from support.mailboxes.trying import ask_test
from support.models import Mailbox, ReceivedMail


@require_safe
@requires(Capability.MANAGE_PORTAL)
def mailboxes(request: SignedInRequest) -> HttpResponse:
    """All of them; a page asks itself again while a test is on its way."""
    found = list(Mailbox.objects.select_related("queue").order_by("name"))
    aside = ReceivedMail.objects.filter(state=ReceivedMail.State.QUARANTINED).count()
    is_trying = any(one.test_due_at for one in found)
    template = "settings/_mailboxes.html" if request.headers.get("HX-Request") else "settings/mailboxes.html"
    return render(request, template, {"mailboxes": found, "aside": aside, "is_trying": is_trying})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def mailbox_new(request: SignedInRequest) -> HttpResponse:
    return _edit(request, Mailbox(due_at=timezone.now()))


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def mailbox_edit(request: SignedInRequest, mailbox_id: UUID) -> HttpResponse:
    return _edit(request, get_object_or_404(Mailbox.objects.select_related("queue", "connection"), pk=mailbox_id))


def _edit(request: SignedInRequest, mailbox: Mailbox) -> HttpResponse:
    is_new, before = mailbox._state.adding, facts_of(mailbox)
    form = MailboxForm(request.POST or None, instance=mailbox)
    if not form.is_valid():
        context = {"form": form, "is_new": is_new, "title": before["name"], "has_password": mailbox.sealed_password}
        return render(request, "settings/mailbox.html", context | {"mailbox": mailbox})
    now = timezone.now()
    with transaction.atomic():
        kept = keep_mailbox(form, now=now)
        after = facts_of(kept) | {"new_password": bool(form.cleaned_data["password"])}
        action = Action.MAILBOX_ADDED if is_new else Action.MAILBOX_CHANGED
        record(action, by=request.user, about=kept, before=before, after=after)
        ask_test(kept, now=now)
    messages.success(request, _("%(name)s is saved and is being tested.") % {"name": kept.name})
    return redirect("support:mailboxes")


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def mailbox_delete(request: SignedInRequest, mailbox_id: UUID) -> HttpResponse:
    mailbox = get_object_or_404(Mailbox.objects.select_related("queue", "connection"), pk=mailbox_id)
    with transaction.atomic():
        record(Action.MAILBOX_DELETED, by=request.user, about=mailbox, before=facts_of(mailbox))
        close_event(event_key(mailbox), now=timezone.now())
        mailbox.delete()
    messages.success(request, _("%(name)s is deleted here. Its mails and tickets stay.") % {"name": mailbox.name})
    return redirect("support:mailboxes")


@require_POST
@requires(Capability.MANAGE_PORTAL)
def mailbox_test(request: SignedInRequest, mailbox_id: UUID) -> HttpResponse:
    """Only ask: a worker connects."""
    ask_test(get_object_or_404(Mailbox, pk=mailbox_id), now=timezone.now())
    return redirect("support:mailboxes")


@require_POST
@requires(Capability.MANAGE_PORTAL)
def mailbox_pause(request: SignedInRequest, mailbox_id: UUID) -> HttpResponse:
    """Pause or go on; mails wait in a paused mailbox and are taken in afterwards."""
    mailbox = get_object_or_404(Mailbox.objects.select_related("queue", "connection"), pk=mailbox_id)
    before, now = facts_of(mailbox), timezone.now()
    with transaction.atomic():
        mailbox.is_enabled = not mailbox.is_enabled
        mailbox.save(update_fields=["is_enabled"])
        go_on(mailbox, now=now)
        record(Action.MAILBOX_CHANGED, by=request.user, about=mailbox, before=before, after=facts_of(mailbox))
    words = _("%(name)s is read again.") if mailbox.is_enabled else _("%(name)s is paused: nothing is read from it.")
    messages.success(request, words % {"name": mailbox.name})
    return redirect("support:mailboxes")

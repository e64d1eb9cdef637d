"""One act at Microsoft, and whether it is there already."""

from django.utils.translation import gettext as _

from csp_portal.attachments import store
from csp_portal.microsoft.azure_support import SUPPORT as _SUPPORT
from csp_portal.microsoft.azure_support import Counter, list_communications, read_ticket
from csp_portal.microsoft.azure_support_writes import (
    SEVERITIES,
    Pen,
    change_ticket,
    send_communication,
    upload_file,
)
from csp_portal.microsoft.errors import OverLimit, Refused, Throttled
from support.escalation.values import Filing
from support.models import EscalationAct

Kind = EscalationAct.Kind


def do(act: EscalationAct, *, pen: Pen) -> None:
    """An error of microsoft.errors where Microsoft did not say that it is done."""
    row, form = act.escalation, Filing.from_json(act.escalation.form)
    if act.kind == Kind.MESSAGE:
        send_communication(
            pen,
            ticket_id=row.remote_id,
            name=act.name,
            subject=form.title or f"#{row.microsoft_number}",
            body=act.text,
            sender=form.address,
        )
    elif act.kind == Kind.FILE:
        upload_file(pen, workspace=_workspace(act), name=_file_name(act), content=_bytes(act))
    elif act.kind == Kind.SEVERITY:
        change_ticket(pen, ticket_id=row.remote_id, severity=act.severity)
    else:
        change_ticket(pen, ticket_id=row.remote_id, status="closed")


def has_arrived(act: EscalationAct, *, counter: Counter) -> bool:
    """Of a file only its announcement can be seen: it is sent again, which changes nothing where it was whole."""
    row = act.escalation
    if act.kind == Kind.MESSAGE:
        messages = list_communications(counter, ticket_id=row.remote_id)
        return any(message.id.rpartition("/")[2] == act.name for message in messages)
    if act.kind == Kind.FILE:
        return False
    ticket = read_ticket(counter, ticket_id=row.remote_id)
    if act.kind == Kind.SEVERITY:
        return ticket.severity == SEVERITIES[act.severity]
    return ticket.status.casefold() == "closed"


def was_kept_out(error: Throttled) -> bool:
    """Whether it is sure that nothing was done: 429, or we did not even ask. A busy server (503) may have done it."""
    return isinstance(error, OverLimit) or error.status == 429


def _workspace(act: EscalationAct) -> str:
    """The request's own, which has its number for a name (Microsoft's New-AzSupportFileAndUpload, example 2)."""
    form = Filing.from_json(act.escalation.form)
    return f"subscriptions/{form.subscription_id}/{_SUPPORT}/fileWorkspaces/{act.escalation.microsoft_number}"


def _file_name(act: EscalationAct) -> str:
    """What Azure takes as a part of an address, and still told from other files of the same name."""
    plain = "".join(sign if sign.isascii() and (sign.isalnum() or sign in "._-") else "-" for sign in act.text)
    return f"{act.pk}-{plain.strip('.-')[-80:] or 'file'}"


def _bytes(act: EscalationAct) -> bytes:
    if act.attachment is None or not act.attachment.may_be_read:
        raise Refused(_("The file is not there any more, or may not be handed out."), status=0)
    try:
        with store.read(act.attachment.key) as file:
            return file.read()
    except OSError as error:
        raise Refused(_("The file can't be read here any more."), status=0) from error

"""What Microsoft sent back: noted with its reason, and made an item of the checklist so that it happens once."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from support.changes import locked
from support.desk import add_note
from support.escalation.baseline import newest_of, publish
from support.escalation.beginning import Refused
from support.escalation.following.hearing import give_back_ball
from support.models import Area, Baseline, Escalation, EscalationBounce, Kind

Reason, State = EscalationBounce.Reason, Escalation.State
# What an agent does before the next request, in both languages as checklists keep it.
ITEMS: dict[str, tuple[str, str]] = {
    Reason.WRONG_PLAN: (
        "Looked at which support plan this product needs, and that ours is still valid",
        "已確認此產品所需的支援方案，且我們的方案仍有效",
    ),
    Reason.NOT_ENTITLED: (
        "Looked at the entitlement: it was bought through us and we may file it",
        "已確認權利：由我們銷售，且可由我們提出",
    ),
    Reason.NO_PERMISSION: (
        "Looked at our roles at this customer: we may file requests there",
        "已確認我們在此客戶的角色可提出要求",
    ),
    Reason.MISSING_ID: (
        "Noted tenant ID, correlation or request IDs and logs with the time in UTC",
        "已記錄租用戶識別碼、關聯或要求識別碼，以及附 UTC 時間的記錄",
    ),
    Reason.NO_REPRODUCTION: (
        "Wrote down step by step how it is reproduced, or why that is not possible",
        "已逐步寫下重現方式，或無法重現的原因",
    ),
    Reason.WRONG_PRODUCT: (
        "Looked at which service the symptom belongs to before choosing the product",
        "選擇產品前已確認症狀屬於哪一項服務",
    ),
    Reason.WRONG_SEVERITY: (
        "Held the severity against Microsoft's wording and the impact that was written down",
        "已將嚴重性與 Microsoft 的定義及所記錄的影響比對",
    ),
    Reason.DUPLICATE: (
        "Looked for an open request of this customer about the same",
        "已查看此客戶是否有相同且未結案的要求",
    ),
}
_AREA = {Kind.COMMERCIAL: Area.BILLING, Kind.TECHNICAL: Area.TECHNICAL}


@transaction.atomic
def note_bounce(pk: int, *, reason: str, words: str, by: User, now: datetime) -> EscalationBounce:
    """`Refused` where nothing was asked of Microsoft yet, or the reason is none."""
    ticket = locked(Escalation.objects.values_list("ticket_id", flat=True).get(pk=pk))
    row = Escalation.objects.select_for_update(of=("self",)).get(pk=pk)
    if row.state not in (State.FILED, State.CLOSED) and not row.attempts:
        raise Refused("not_filed", _("Microsoft has not been asked yet, so it has sent nothing back."))
    if reason not in Reason.values:
        raise Refused("no_reason", _("Choose why Microsoft sent it back."))
    said = " ".join(words.split())[:1000]
    if reason == Reason.OTHER and not said:
        raise Refused("no_words", _("Write what Microsoft said."))
    made = EscalationBounce.objects.create(escalation=row, reason=reason, words=said, at=now, by=by)
    told = _("Microsoft sent escalation %(number)d back: %(reason)s. %(words)s")
    text = told % {"number": row.escalation_no, "reason": made.get_reason_display(), "words": said}
    add_note(row.ticket_id, text=text.strip(), by=by, now=now, keeps_draft=True)
    give_back_ball(ticket, now=now)
    customer = ticket.customer.tenant_id if ticket.customer else None
    record(Action.ESCALATION_BOUNCED, by=by, about=row, customer=customer, after={"reason": reason})
    return made


@transaction.atomic
def ask_from_now_on(bounce: EscalationBounce, *, by: User, now: datetime) -> Baseline:
    """A required item in the next version of the product's checklist; what is asked already is not asked twice."""
    row = EscalationBounce.objects.select_for_update(of=("self",)).select_related("escalation").get(pk=bounce.pk)
    family, area = row.escalation.product, _AREA[Kind(row.escalation.kind)]
    item = _item(row)
    newest = newest_of(family).get(area)
    kept = list(newest.items) if newest else []
    known = {one["key"]: one for one in kept}
    if newest is not None and item["key"] in known and known[item["key"]]["required"]:
        baseline = newest
    else:
        kept = [*(one for one in kept if one["key"] != item["key"]), item]
        baseline = publish(family, area, items=kept, by=by, now=now)
    row.asked_by = baseline
    row.save(update_fields=["asked_by"])
    return baseline


def _item(row: EscalationBounce) -> dict[str, Any]:
    if row.reason in ITEMS:
        english, chinese = ITEMS[row.reason]
        return {"key": f"bounced-{row.reason.lower()}", "en": english, "zh-hant": chinese, "required": True}
    return {"key": f"bounced-{row.pk}", "en": row.words[:300], "zh-hant": "", "required": True}

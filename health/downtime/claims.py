"""A claim's way: candidate, claimed, granted or refused; each step is in the audit and can be taken back."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from health.models import Claim, Downtime


@transaction.atomic
def file_claim(
    downtime: Downtime, *, number: str, claimed_on: date, note: str, by: User, now: datetime
) -> Claim | None:
    """None where somebody had claimed it already."""
    facts = {"number": number, "claimed_on": claimed_on, "note": note}
    claim, is_new = Claim.objects.get_or_create(
        downtime=downtime, defaults={**facts, "claimed_by": by, "claimed_at": now}
    )
    if not is_new:
        return None
    _record(Action.CLAIM_FILED, downtime, by=by, after=facts)
    return claim


@transaction.atomic
def decide_claim(
    downtime: Downtime, *, outcome: Claim.Outcome, amount: str, note: str, by: User, now: datetime
) -> bool:
    """What Microsoft said; False where the claim was decided already, or taken back."""
    told = {"outcome": outcome.value, "amount": amount, "note": note}
    is_ours = Claim.objects.filter(downtime=downtime, outcome=Claim.Outcome.CLAIMED).update(
        **told, decided_by=by, decided_at=now
    )
    if is_ours:
        _record(Action.CLAIM_DECIDED, downtime, by=by, after=told)
    return bool(is_ours)


@transaction.atomic
def undo_claim(downtime: Downtime, *, outcome: str, by: User) -> bool:
    """One step back from this outcome: a decision is open again, an open claim is a candidate again."""
    claim = Claim.objects.select_for_update().filter(downtime=downtime, outcome=outcome).first()
    if claim is None:
        return False
    before = {name: str(getattr(claim, name)) for name in ("outcome", "number", "claimed_on", "amount", "note")}
    if claim.outcome == Claim.Outcome.CLAIMED:
        claim.delete()
    else:
        claim.outcome, claim.amount, claim.decided_by, claim.decided_at = Claim.Outcome.CLAIMED, "", None, None
        claim.save(update_fields=["outcome", "amount", "decided_by", "decided_at"])
    _record(Action.CLAIM_UNDONE, downtime, by=by, before=before)
    return True


def _record(
    action: Action, downtime: Downtime, *, by: User, before: Mapping[str, Any] | None = None, **after: Any
) -> None:
    about = {"service": downtime.service.name, "month": f"{downtime.month:%Y-%m}"}
    told = {name: str(value) for name, value in (after.get("after") or {}).items()}
    record(
        action,
        by=by,
        about=downtime,
        customer=downtime.customer.tenant_id,
        before={**about, **before} if before else {},
        after={**about, **told} if told else {},
    )

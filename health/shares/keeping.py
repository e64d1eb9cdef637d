"""Signed links as they are made, listed and revoked; only the hash of a link's token is kept."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Customer, CustomerGroup
from health.models import Share

PREFIX = "csp_"  # by which the logs know it for a secret


def hash_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def make_share(
    by: User,
    *,
    kind: str,
    name: str,
    language: str,
    lifetime: timedelta,
    now: datetime,
    group: CustomerGroup | None = None,
    customer: Customer | None = None,
) -> tuple[Share, str]:
    """The link and its token, which nobody can learn again."""
    token = PREFIX + secrets.token_hex(24)
    share = Share.objects.create(
        kind=kind,
        name=name,
        language=language,
        group=group,
        customer=customer,
        token_hash=hash_of(token),
        made_by=by,
        made_at=now,
        expires_at=now + lifetime,
    )
    record(
        Action.SHARE_MADE, by=by, about=share, customer=customer.tenant_id if customer else None, after=_facts(share)
    )
    return share, token


def visible_shares(user: User) -> QuerySet[Share]:
    """One's own; owners see and revoke everybody's."""
    shares = Share.objects.select_related("group", "customer", "made_by").order_by("-made_at", "-id")
    return shares if may(user, Capability.MANAGE_PORTAL) else shares.filter(made_by=user)


@transaction.atomic
def revoke_share(pk: int, *, by: User, now: datetime) -> Share | None:
    """None where there is no such link that this person may revoke, or it is revoked already."""
    share = visible_shares(by).select_for_update(of=("self",)).filter(pk=pk, revoked_at__isnull=True).first()
    if share is not None:
        share.revoked_at = now
        share.save(update_fields=["revoked_at"])
        record(
            Action.SHARE_REVOKED,
            by=by,
            about=share,
            customer=share.customer.tenant_id if share.customer else None,
            before=_facts(share),
        )
    return share


def _facts(share: Share) -> dict[str, object]:
    return {
        "kind": share.kind,
        "group": share.group.name if share.group else "",
        "valid until": share.expires_at,
        "made by": str(share.made_by),
    }

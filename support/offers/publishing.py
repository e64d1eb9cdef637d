"""Writes, publishes and follows versions of offers; a published one is never altered."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.calendars.models import Calendar
from customers.models import Customer
from support.models import OfferVersion, SlaPolicy, SupportOffer
from support.sla.sweep import offer_changed

TEXTS = ("covered_en", "covered_zh", "not_covered_en", "not_covered_zh")
WAYS = ("phone", "mail", "page")
CALENDARS = ("calendar", *(f"{way}_calendar" for way in WAYS))
# What a draft takes over from the version before it, or from a pattern.
CONTENT = (
    *("delivery", "company", *TEXTS, *WAYS, *CALENDARS),
    *("amount", "currency", "per", "policy"),
)


class NotPublished(Exception):
    """What a draft lacks, in a sentence for a person."""


@transaction.atomic
def draft_of(customer: Customer, *, family: str, like: OfferVersion | None = None) -> OfferVersion:
    """The draft that there is, else a new one like the pattern, or like the newest version."""
    offer, _made = SupportOffer.objects.get_or_create(customer=customer, family=family)
    offer = SupportOffer.objects.select_for_update().get(pk=offer.pk)
    draft = offer.versions.filter(published_at__isnull=True).first()
    if draft is not None:
        return draft
    newest = offer.versions.order_by("-number").first()
    number = (offer.versions.aggregate(last=Max("number"))["last"] or 0) + 1
    draft = OfferVersion(offer=offer, number=number)
    if (source := like or newest) is not None:
        copy_content(source, draft)
    draft.save()
    return draft


def copy_content(source: OfferVersion, target: OfferVersion) -> None:
    for name in CONTENT:
        setattr(target, name, getattr(source, name))


@transaction.atomic
def publish(draft: OfferVersion, *, by: User, now: datetime) -> OfferVersion:
    """What is promised and the hours are written down as they are now; the versions before stay what they were."""
    offer = SupportOffer.objects.select_for_update().get(pk=draft.offer_id)
    version = OfferVersion.objects.select_related("policy", *CALENDARS).get(pk=draft.pk)
    before = offer.versions.published().order_by("-number").first()
    if problem := problem_of(version, before=before, now=now):
        raise NotPublished(problem)
    policy, customer = version.policy, offer.customer
    of_others = [one.calendar for one in (policy, customer) if one is not None]
    version.calendar = next((one for one in (version.calendar, *of_others) if one is not None), None)
    version.promised = promised_by(policy)
    version.hours = {name: spans_of(getattr(version, name)) for name in CALENDARS}
    version.published_at, version.published_by = now, by
    version.save()
    follow_offer(offer, now=now)
    told_before = facts_of(before) if before else {}
    about = customer.tenant_id if customer else None
    record(Action.OFFER_PUBLISHED, by=by, about=version, customer=about, before=told_before, after=facts_of(version))
    return version


def problem_of(version: OfferVersion, *, before: OfferVersion | None, now: datetime) -> str:
    """Why it cannot be published, or nothing."""
    today, problems = timezone.localdate(now), []
    if version.published_at is not None:
        return _("This version is published already; make a new one.")
    if not (version.covered_en or version.covered_zh):
        problems.append(_("Write what is covered."))
    if not any(getattr(version, way) for way in WAYS):
        problems.append(_("Write at least one way to reach the support."))
    if version.delivery != OfferVersion.Delivery.OURS and not version.company:
        problems.append(_("Name the other company that delivers it."))
    if version.valid_from is None:
        problems.append(_("Choose the day from which it holds."))
    elif before is not None and before.valid_from is not None and version.valid_from <= before.valid_from:
        problems.append(_("It must begin after version %(number)d, which stays as it is.") % {"number": before.number})
    elif before is not None and version.valid_from < today:
        problems.append(_("A new version begins today or later: what held until now was promised."))
    return " ".join(problems)


def promised_by(policy: SlaPolicy | None) -> dict[str, Any]:
    """Minutes by severity as the policy promises them now."""
    if policy is None:
        return {}
    targets = {
        target.severity: {
            "first_response": target.first_response,
            "update": target.update,
            "solution": target.solution,
        }
        for target in policy.targets.order_by("severity")
    }
    return {"name": policy.name, "pauses_in": list(policy.pauses_in), "targets": targets}


def spans_of(calendar: Calendar | None) -> dict[str, Any] | None:
    """Weekday, first minute and end of each span, and the zone."""
    if calendar is None:
        return None
    spans = calendar.spans.order_by("weekday", "begins")
    return {"zone": calendar.zone, "spans": [[one.weekday, one.begins, one.ends] for one in spans]}


def facts_of(version: OfferVersion) -> dict[str, Any]:
    """What the audit says of a version."""
    said = {name: str(getattr(version, name) or "") for name in (*CONTENT, "valid_from", "valid_to")}
    return {
        "offer": str(version.offer),
        "number": version.number,
        **{name: text for name, text in said.items() if text},
    }


def follow_offer(offer: SupportOffer, *, now: datetime) -> None:
    """Have the clocks of the customer's tickets looked at now, and again when a version begins or ends next."""
    offer_changed(offer, now=now)
    offer.due_at = _next_turn(offer.versions.published(), now=now)
    offer.save(update_fields=["due_at"])


def follow_offers(*, now: datetime, most: int = 200) -> int:
    """Offers of which a version began or ended; many workers may do it at once."""
    due = SupportOffer.objects.filter(due_at__lte=now).order_by("due_at").values_list("pk", flat=True)[:most]
    return sum(_follow_one(pk, now=now) for pk in list(due))


@transaction.atomic
def _follow_one(pk: int, *, now: datetime) -> bool:
    rows = SupportOffer.objects.select_for_update(skip_locked=True).filter(pk=pk, due_at__lte=now)
    offer = rows.first()
    if offer is not None:
        follow_offer(offer, now=now)
    return offer is not None


def _next_turn(versions: Iterable[OfferVersion], *, now: datetime) -> datetime | None:
    """The next midnight, by the portal's clock, at which another version holds than before."""
    days = []
    for version in versions:
        days += [version.valid_from, version.valid_to + timedelta(days=1) if version.valid_to else None]
    turns = [timezone.make_aware(datetime.combine(day, time())) for day in days if day is not None]
    return min((turn for turn in turns if turn > now), default=None)

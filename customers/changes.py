"""What people change at a customer: its tags, and when it is read."""

from enum import Enum

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Customer, Feed

MOST_TAGS = 20
LONGEST_TAG = 40
# What is read in the customer's own tenant shares its limits: asked to wait by one, all of these wait.
IN_THE_TENANT = frozenset[str]({Feed.Kind.HEALTH, Feed.Kind.MESSAGES})


class TagError(ValueError):
    """The tags can't be kept; the sentence says why."""


class Reading(Enum):
    """What became of the wish to read a customer now."""

    DUE = "due"
    THROTTLED = "throttled"
    OVER_LIMIT = "over limit"
    NO_CONNECTION = "no connection"
    PAUSED = "paused"
    CONNECTION_PAUSED = "connection paused"
    GONE = "gone"


def parsed_tags(text: str) -> list[str]:
    """Tags between commas, each once whatever its case, in the order written; TagError for too many or too long."""
    tags: dict[str, str] = {}
    for part in text.replace("\x00", "").replace("，", ",").replace("、", ",").split(","):
        tag = " ".join(part.split())
        if tag:
            tags.setdefault(tag.casefold(), tag)
    if len(tags) > MOST_TAGS:
        raise TagError(_("A customer may have at most %(most)d tags. Take some away.") % {"most": MOST_TAGS})
    long = next((tag for tag in tags.values() if len(tag) > LONGEST_TAG), None)
    if long is not None:
        text = _("“%(tag)s…” is longer than %(most)d characters. Shorten it.")
        raise TagError(text % {"tag": long[:LONGEST_TAG], "most": LONGEST_TAG})
    return list(tags.values())


@transaction.atomic
def keep_tags(customer: Customer, *, tags: list[str], by: User) -> None:
    before, customer.tags = customer.tags, tags
    customer.save(update_fields=["tags"])
    record(
        Action.CUSTOMER_TAGS_CHANGED,
        by=by,
        about=customer,
        customer=customer.tenant_id,
        before={"tags": before},
        after={"tags": tags},
    )


@transaction.atomic
def read_again(customer: Customer) -> Reading:
    """Make the customer's feeds due now, except where Microsoft asked us to wait or our own limit is reached."""
    if customer.is_gone:
        return Reading.GONE
    if customer.is_paused:
        return Reading.PAUSED
    if customer.connection is None:
        return Reading.NO_CONNECTION
    if customer.connection.is_paused:
        return Reading.CONNECTION_PAUSED
    waiting = customer.feeds.filter(problem=Feed.Problem.THROTTLED, due_at__gt=Now())
    kinds = set(waiting.values_list("kind", flat=True))
    is_waiting = not kinds.isdisjoint(IN_THE_TENANT)
    kinds |= IN_THE_TENANT if is_waiting else set()
    held = customer.feeds.filter(due_because=Feed.Because.LIMIT, due_at__gt=Now())
    kinds |= set(held.values_list("kind", flat=True))  # asked for again they would only go to the end of the queue
    if Feed.Kind.HEALTH in kinds and not is_waiting:
        return Reading.OVER_LIMIT
    customer.feeds.exclude(kind__in=kinds).filter(due_at__gt=Now()).move_due(Now(), because=Feed.Because.ASKED)
    return Reading.THROTTLED if is_waiting else Reading.DUE

"""The way of one item: look where something may have been sent, send, understand the answer, say what became of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from csp_portal.audit.actions import Action as Act
from csp_portal.audit.log import record
from csp_portal.microsoft.errors import (
    AccessDenied,
    Cause,
    Conflict,
    MicrosoftError,
    Throttled,
    Unavailable,
    UnexpectedAnswer,
)
from csp_portal.microsoft.gdap_writes import Desk
from customers.changes import read_again
from customers.gdap.again import ask_for_unread_groups
from customers.gdap.calls import NotingHttp
from customers.gdap.deeds import Told, make_call
from customers.gdap.granted import store_assignment
from customers.gdap.looking import Eyes, look, operation_status
from customers.gdap.outcome import LOCK_STEP, Outcome, asked_of, field_words, outcome_of, picture_of, what_differs
from customers.gdap.rules import why_not
from customers.gdap.store import store_relationship
from customers.models import Order, OrderItem, Relationship
from customers.writes import TooManyWrites, permit, permit_at_partner, read_switch

Action = Order.Action
State = OrderItem.State
MOST_TRIES = 5
CONFLICTS_RETRIED = 2
LOOK_AGAIN = 10.0  # seconds between looks at what Microsoft is working on
QUIET = 30.0  # seconds after a lost answer, doubled with each
LONGEST_FOLLOWED = timedelta(days=1)


def go_on(item: OrderItem, *, eyes: Eyes) -> None:
    """One try; raises what `permit` and Microsoft's errors of looking raise, for the caller to put the item off."""
    if item.state == State.WAITING:
        _send(item, eyes=eyes)
    elif item.state == State.FOLLOWING:
        _follow(item, eyes=eyes)
    else:
        look(item, eyes=eyes)
        if not _is_settled(item, eyes=eyes):
            _send_again(item, eyes=eyes)


def _send_again(item: OrderItem, *, eyes: Eyes) -> None:
    """The answer was lost and nothing of it is to be seen: it may be sent once more, with the ETag just read."""
    if item.tries >= MOST_TRIES:
        sentence = _("Microsoft gave no usable answer %(count)d times. Last: %(problem)s")
        set_aside(item, now=eyes.now, problem=sentence % {"count": item.tries, "problem": item.problem})
        return
    if item.order.state != Order.State.RUNNING:
        _save(item, state=State.STOPPED)
        return
    _send(item, eyes=eyes)


def _send(item: OrderItem, *, eyes: Eyes) -> None:
    refused = _why_not_now(item)
    if refused:
        set_aside(item, now=eyes.now, problem=refused)
        return
    http = NotingHttp(eyes.access.http, item=item, now=eyes.now)
    desk = Desk(http=http, cloud=eyes.access.cloud, token=_token(item, eyes=eyes), may_write=_leave(item))
    try:
        told = make_call(item, desk=desk)
    except TooManyWrites as refused_now:
        seconds = max((refused_now.retry_at - eyes.now).total_seconds(), 1.0)
        put_off(item, seconds=seconds, problem=str(refused_now))
    except Throttled as error:
        item.tries -= 1  # Microsoft refused to look at it: no try of ours failed
        item.state = State.WAITING
        _save(item, state=State.WAITING, tries=item.tries)
        raise error
    except MicrosoftError as error:
        _understand(item, error=error, eyes=eyes)
    else:
        _take_in(item, told=told, eyes=eyes)


def _token(item: OrderItem, *, eyes: Eyes) -> str:
    """Consent is Partner Center's matter and needs a token for it."""
    if item.order.action != Action.CONSENT:
        return eyes.token
    return eyes.access.partner_token(eyes.access.cloud.partner_center_scope).value


def _leave(item: OrderItem) -> Callable[[], None]:
    if item.customer is None:
        return permit_at_partner(item.connection, era=item.order.era)
    return permit(item.customer, era=item.order.era, has_second_approval=item.order.approved_by_id is not None)


def _why_not_now(item: OrderItem) -> str | None:
    """The rules once more, on what is known by now; and whether it is still what the person saw."""
    action = Action.LOCK if item.step == LOCK_STEP else item.order.action
    refused = why_not(
        action,
        item.relationship,
        switch=read_switch(),
        customer=item.customer,
        connection=item.connection,
        assignment=item.assignment,
        parameters=asked_of(item),
    )
    return refused or _changed_meanwhile(item)


def _changed_meanwhile(item: OrderItem) -> str | None:
    differing = what_differs(item)
    if not differing:
        return None
    words = field_words()
    sentence = _("It was changed at Microsoft after you looked at it: %(fields)s. Look at it and order it anew.")
    return sentence % {"fields": ", ".join(words[name] for name in differing)}


def _understand(item: OrderItem, *, error: MicrosoftError, eyes: Eyes) -> None:
    """An answer that is no good news, or none."""
    if isinstance(error, Conflict):
        _meet_conflict(item, error=error, eyes=eyes)
    elif isinstance(error, AccessDenied) and error.cause is Cause.TOKEN_REFUSED and item.tries < MOST_TRIES:
        eyes.access.forget([eyes.access.credential.partner_tenant_id])
        _save(item, state=State.WAITING, due_in=LOOK_AGAIN, problem=error.detail)
    elif isinstance(error, AccessDenied) or (isinstance(error, UnexpectedAnswer) and _is_refusal(error)):
        set_aside(item, now=eyes.now, problem=_("Microsoft refused: %(problem)s") % {"problem": error.detail})
    elif isinstance(error, Unavailable | UnexpectedAnswer):
        _save(item, state=State.SENDING, due_in=QUIET * 2 ** (item.tries - 1), problem=error.detail)


def _is_refusal(error: MicrosoftError) -> bool:
    return error.status is not None and 400 <= error.status < 500


def _meet_conflict(item: OrderItem, *, error: Conflict, eyes: Eyes) -> None:
    """Somebody changed it at Microsoft first: read it again, and go on where that does not touch what was ordered."""
    look(item, eyes=eyes)
    if item.order.action == Action.CONSENT or _is_settled(item, eyes=eyes):
        if item.state == State.SENDING:
            _end(item, state=State.DONE, eyes=eyes)  # Microsoft says that it was consented to before
        return
    met = item.calls.order_by("-pk").filter(status__in=(409, 412))[: item.tries]
    refused = _why_not_now(item)
    if refused or len(met) > CONFLICTS_RETRIED:
        set_aside(item, now=eyes.now, problem=refused or error.detail)
    else:
        problem = _("It was changed at Microsoft in between; what you ordered is not touched by that. Trying again.")
        _save(item, state=State.WAITING, due_in=0, problem=problem)


def _take_in(item: OrderItem, *, told: Told, eyes: Eyes) -> None:
    """A good answer: keep what it says, then see whether it is the end."""
    if told.relationship is not None:
        row = store_relationship(told.relationship, connection=item.connection, now=eyes.now, item=item)
        item.relationship = row
    if told.assignment is not None and item.relationship is not None:
        item.assignment = store_assignment(told.assignment, relationship=item.relationship, now=eyes.now, item=item)
        ask_for_unread_groups(item.connection)  # while Microsoft gives it the roles, we read who is in it
    if told.is_final:
        _end(item, state=State.DONE, eyes=eyes)
        return
    item.operation_url = told.operation_url[:500]
    _save(item, state=State.FOLLOWING, due_in=told.wait or LOOK_AGAIN)
    if told.operation_url:
        return
    if told.relationship is None and told.assignment is None:
        look(item, eyes=eyes)
    _is_settled(item, eyes=eyes)


def _follow(item: OrderItem, *, eyes: Eyes) -> None:
    """Ask what became of what Microsoft took."""
    status = operation_status(item, eyes=eyes) if item.operation_url else "succeeded"
    if status not in ("succeeded", "failed"):
        _keep_following(item, eyes=eyes)
        return
    look(item, eyes=eyes)
    if _is_settled(item, eyes=eyes):
        return
    if status == "failed":
        set_aside(item, now=eyes.now, problem=_("Microsoft took it and then failed to do it."))
    else:
        _keep_following(item, eyes=eyes)


def _keep_following(item: OrderItem, *, eyes: Eyes) -> None:
    first = item.calls.order_by("pk").first()
    if first is not None and eyes.now - first.at > LONGEST_FOLLOWED:
        problem = _("Microsoft has worked on it for more than a day. Look at the relationship before you try again.")
        _end(item, state=State.UNCERTAIN, eyes=eyes, problem=problem)
    else:
        _save(item, state=State.FOLLOWING, due_in=LOOK_AGAIN)


def _is_settled(item: OrderItem, *, eyes: Eyes) -> bool:
    """Whether the stored world shows how it ended, or that Microsoft works on it; then the item says so."""
    outcome = outcome_of(item)
    if outcome is Outcome.OPEN:
        return False
    if outcome is Outcome.UNDERWAY:
        _keep_following(item, eyes=eyes)
    elif outcome is Outcome.FAILED:
        set_aside(item, now=eyes.now, problem=_("Microsoft took it and then failed to do it."))
    elif item.order.action == Action.CREATE and item.step != LOCK_STEP:
        _created(item, eyes=eyes)
    else:
        _end(item, state=State.DONE, eyes=eyes)
    return True


def _created(item: OrderItem, *, eyes: Eyes) -> None:
    """Note what only we know of the new relationship; then the customer may be asked for approval."""
    row, asked = item.relationship, asked_of(item)
    if row is None:
        return
    row.template_id, row.reference = asked.get("template"), str(asked.get("reference", ""))[:100]
    row.save(update_fields=["template", "reference"])
    if not asked.get("lock"):
        _end(item, state=State.DONE, eyes=eyes)
        return
    item.step, item.tries = LOCK_STEP, 0
    _save(item, state=State.WAITING, due_in=0, step=item.step, tries=0)
    item.state = State.WAITING
    _send(item, eyes=eyes)


@transaction.atomic
def _end(item: OrderItem, *, state: str, eyes: Eyes, problem: str = "") -> None:
    item.after = picture_of(item.relationship, assignment=item.assignment) or None
    if not _save(item, state=state, problem=problem, ended_at=eyes.now):
        return
    if item.relationship is not None:
        Relationship.objects.filter(pk=item.relationship.pk).update(parts_due_at=Now())
        if item.order.action == Action.LOCK or item.step == LOCK_STEP:
            Relationship.objects.filter(pk=item.relationship.pk, locked_at=None).update(locked_at=eyes.now)
    is_done = state == State.DONE
    if is_done and item.order.action == Action.CONSENT and item.customer is not None:
        read_again(item.customer)  # only a reading shows whether we are let in
    record(
        Act.ORDER_ITEM_DONE if is_done else Act.ORDER_ITEM_FAILED,
        by=item.order.ordered_by,
        about=item,
        customer=item.customer.tenant_id if item.customer else None,
        before=item.before,
        after={**(item.after or {}), "action": item.order.action} | ({} if is_done else {"problem": problem}),
    )


def set_aside(item: OrderItem, *, now: datetime, problem: str) -> None:
    """Only a person can go on with it: FAILED, with the reason in words."""
    with transaction.atomic():
        item.after = picture_of(item.relationship, assignment=item.assignment) or None
        if _save(item, state=State.FAILED, problem=problem, ended_at=now):
            tenant = item.customer.tenant_id if item.customer else None
            told = {"action": item.order.action, "problem": problem}
            record(Act.ORDER_ITEM_FAILED, by=item.order.ordered_by, about=item, customer=tenant, after=told)


def put_off(
    item: OrderItem, *, seconds: float, problem: str, counts: bool = False, now: datetime | None = None
) -> None:
    """Due again after so many seconds, in the state it has; where it `counts`, five in a row set it aside."""
    if counts:
        item.tries += 1
        if item.tries > MOST_TRIES and now is not None:
            if item.state == State.WAITING:
                set_aside(item, now=now, problem=problem)
            else:
                _save(item, state=State.UNCERTAIN, problem=problem, ended_at=now)
            return
    _save(item, state=item.state, due_in=seconds, problem=problem, tries=item.tries)


def _save(item: OrderItem, *, state: str, due_in: float | None = None, problem: str = "", **columns: object) -> bool:
    """Say on the row how it stands, unless somebody else holds it by now."""
    item.state, item.problem = state, problem[:500]
    due = {} if due_in is None else {"due_at": Now() + timedelta(seconds=due_in)}
    mine = OrderItem.objects.filter(pk=item.pk, epoch=item.epoch)
    return bool(
        mine.update(
            state=state,
            problem=item.problem,
            relationship=item.relationship,
            assignment=item.assignment,
            operation_url=item.operation_url,
            after=item.after,
            **due,
            **columns,
        )
    )

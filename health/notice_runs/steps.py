"""The way of a run: asked for, approved by a second person, stopped, gone on with, given up."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Contact
from health.models import Notice, NoticeRun, NoticeText
from health.notice_runs.audience import Reach, contacts_of, customers_of, reach_of
from health.notice_runs.hours import contract_hours, earliest
from health.notice_runs.queries import sees_all_of
from health.notice_runs.words import OF_CONTACT, problems_of

State = NoticeRun.State
MANY = 10  # a run to more customers asks for a fresh proof of who approves
BATCH = 1000


class StepRefused(ValueError):
    """The run did not go on; the sentence says why and what to do."""


def asks_proof(run: NoticeRun, *, viewer: User) -> bool:
    return customers_of(run, viewer=viewer).order_by()[: MANY + 1].count() > MANY


def problems_with(run: NoticeRun, *, reach: Reach) -> list[str]:
    """Why nobody may approve the run as it stands; `reach` is whom it reaches now."""
    texts = {text.language: text for text in NoticeText.objects.filter(run=run)}
    found = []
    for text in texts.values():
        for problem in problems_of(f"{text.subject}\n{text.text}", known=OF_CONTACT):
            found.append(f"{text.get_language_display()}: {problem}")
    if not reach.contacts:
        found.append(_("It would reach nobody. Choose other customers, or give them contacts."))
    for language in reach.languages:
        if language not in texts or not (texts[language].subject.strip() and texts[language].text.strip()):
            name = dict(Contact._meta.get_field("language").flatchoices).get(language, language)
            found.append(_("%(language)s: some contacts read it, but subject or text is empty.") % {"language": name})
    if run.is_urgent and not run.urgent_reason.strip():
        found.append(_("Say why it is urgent: mails then arrive in people's quiet hours."))
    return found


def ask(run: NoticeRun, *, edition: int, by: User, now: datetime) -> None:
    def step(kept: NoticeRun) -> None:
        _must_be(kept, State.DRAFT)
        _must_be_edition(kept, edition)
        if problems := problems_with(kept, reach=reach_of(kept, viewer=by)):
            raise StepRefused(" ".join(problems))
        kept.state, kept.asked_at, kept.returned_because = State.WAITING, now, ""
        record(Action.RUN_APPROVAL_ASKED, by=by, about=kept, after={"edition": edition})

    _step(run, step)


def send_back(run: NoticeRun, *, because: str, by: User) -> None:
    """To its author, with what is to be corrected."""

    def step(kept: NoticeRun) -> None:
        _must_be(kept, State.WAITING)
        if not because.strip():
            raise StepRefused(_("Say in a few words what is to be corrected."))
        kept.state, kept.asked_at, kept.returned_because = State.DRAFT, None, because[:300]
        record(Action.RUN_RETURNED, by=by, about=kept, after={"because": because[:300]})

    _step(run, step)


def approve(run: NoticeRun, *, edition: int, contacts: int, by: User, now: datetime) -> int:
    """Freeze the audience as notices; returns how many. `contacts` is how many the approver was shown."""
    made = 0

    def step(kept: NoticeRun) -> None:
        nonlocal made
        _must_be(kept, State.WAITING)
        _must_be_edition(kept, edition)
        if by.pk in (kept.author_id, kept.editor_id):
            raise StepRefused(_("You wrote or changed this run yourself. Somebody else has to approve it."))
        if problems := problems_with(kept, reach=reach_of(kept, viewer=by)):
            raise StepRefused(" ".join(problems))
        audience = list(contacts_of(kept, viewer=by).select_related("customer").order_by("pk"))
        if len(audience) > contacts:
            words = _("It would now reach %(now)d contacts, not %(then)d as you saw. Look again, then approve.")
            raise StepRefused(words % {"now": len(audience), "then": contacts})
        kept.state, kept.approver, kept.approved_at = State.APPROVED, by, now
        kept.save()
        made = _freeze(kept, audience, now=now)
        record(Action.RUN_APPROVED, by=by, about=kept, after={"edition": edition, "notices": made})

    _step(run, step)
    return made


def stop(run: NoticeRun, *, by: User, now: datetime) -> None:
    """Nothing more leaves: who is just being written to is asked again before the last byte."""

    def step(kept: NoticeRun) -> None:
        _must_be(kept, State.APPROVED, State.SENDING)
        kept.state, kept.stopper, kept.stopped_at = State.STOPPED, by, now
        record(Action.RUN_STOPPED, by=by, about=kept)

    _step(run, step)


def resume(run: NoticeRun, *, by: User) -> None:
    def step(kept: NoticeRun) -> None:
        _must_be(kept, State.STOPPED)
        _must_see_all(kept, by=by)
        kept.state, kept.stopper, kept.stopped_at = State.SENDING, None, None
        record(Action.RUN_RESUMED, by=by, about=kept)

    _step(run, step)


def give_up(run: NoticeRun, *, by: User, now: datetime) -> None:
    """What was not sent yet never will be by this run; another run may then tell these contacts."""

    def step(kept: NoticeRun) -> None:
        _must_be(kept, State.STOPPED)
        _must_see_all(kept, by=by)
        given_up = kept.notices.filter(state=Notice.State.PENDING).update(state=Notice.State.CANCELED)
        kept.state, kept.ended_at = State.DONE, now
        record(Action.RUN_ENDED, by=by, about=kept, after={"notices": given_up})

    _step(run, step)


@transaction.atomic
def settle(notice: Notice, *, has_arrived: bool, by: User, now: datetime) -> bool:
    """What a person found out of an uncertain notice: it arrived, or it is sent once more; what failed is sent again.

    False where it is neither any more.
    """
    unsettled = (Notice.State.UNCERTAIN,) if has_arrived else (Notice.State.UNCERTAIN, Notice.State.FAILED)
    rows = Notice.objects.filter(pk=notice.pk, state__in=unsettled)
    if has_arrived:
        done = rows.update(state=Notice.State.SENT, sent_at=notice.taken_at or now)
    else:
        done = rows.update(state=Notice.State.PENDING, epoch=F("epoch") + 1, due_at=Now(), attempts=0)
        NoticeRun.objects.filter(pk=notice.run_id, state=State.DONE).update(state=State.SENDING, ended_at=None)
    if done:
        after = {"has_arrived": has_arrived, "contact": notice.address}
        record(Action.NOTICE_SETTLED, by=by, about=notice, customer=notice.customer.tenant_id, after=after)
    return bool(done)


def _freeze(run: NoticeRun, audience: list[Contact], *, now: datetime) -> int:
    """A notice for each contact; whom another run claimed at the same moment is left to that one."""
    contracts = contract_hours(run)
    rows = [
        Notice(
            run=run,
            contact=contact,
            customer_id=contact.customer_id,
            post_id=run.post_id,
            address=contact.address,
            due_at=earliest(run, contact, contracts=contracts, now=now),
        )
        for contact in audience
    ]
    Notice.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return run.notices.count()


@transaction.atomic
def _step(run: NoticeRun, step: Callable[[NoticeRun], None]) -> None:
    kept = NoticeRun.objects.select_for_update(of=("self",)).select_related("author").get(pk=run.pk)
    step(kept)
    kept.save()


def _must_be(run: NoticeRun, *states: str) -> None:
    if run.state not in states:
        words = _("Meanwhile the run is in the state “%(state)s”. Look at it again.")
        raise StepRefused(words % {"state": run.get_state_display()})


def _must_see_all(run: NoticeRun, *, by: User) -> None:
    """Everybody may stop a run; what becomes of it then is for who sees whom it concerns."""
    if not sees_all_of(by, run):
        raise StepRefused(_("This run is also about customers that you may not see. Ask a colleague who sees them."))


def _must_be_edition(run: NoticeRun, edition: int) -> None:
    if run.edition != edition:
        raise StepRefused(_("Somebody changed the run meanwhile. Read it again first."))

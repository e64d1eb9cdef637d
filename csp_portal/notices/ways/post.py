"""Sends a letter by its way, and says what became of it; touches no database."""

import logging
import time
from dataclasses import replace

import orjson
from django.utils.translation import override

from csp_portal.notices.letter import Letter, Outcome
from csp_portal.notices.models import Target
from csp_portal.notices.ways import mail, slack, teams, webhook
from csp_portal.outgoing import AddressRefused, Outgoing, Undeliverable, without_secrets

logger = logging.getLogger(__name__)
KEPT = 500  # characters of an answer
_BODIES = {
    Target.Way.TEAMS: teams.body_of,
    Target.Way.SLACK: slack.body_of,
    Target.Way.WEBHOOK: webhook.body_of,
}


def send(letter: Letter, *, client: Outgoing) -> Outcome:
    began = time.monotonic()
    try:
        with override(letter.language):
            outcome = mail.send(letter) if letter.way == Target.Way.MAIL else _post(letter, client=client)
    except Exception as error:
        # A bulkhead: an alert that our code trips over must not keep what else was sent from being noted.
        logger.exception("A letter by %s failed in our own code", letter.way)
        outcome = Outcome(deliveries=letter.deliveries, is_sent=False, answer=f"{type(error).__name__} in the portal")
    answer = outcome.answer.replace("\x00", "\ufffd")[:KEPT]
    return replace(outcome, answer=answer, took=time.monotonic() - began)


def _post(letter: Letter, *, client: Outgoing) -> Outcome:
    body = orjson.dumps(_BODIES[letter.way](letter))
    headers = {"Content-Type": "application/json"}
    if letter.way == Target.Way.WEBHOOK:
        headers |= webhook.signature_headers(
            body, letter_id=letter.id, signing_key=letter.signing_key, at=int(time.time())
        )
    try:
        answer = client.post(letter.url, body=body, headers=headers)
    except (AddressRefused, Undeliverable) as error:
        return Outcome(deliveries=letter.deliveries, is_sent=False, answer=str(error))
    return Outcome(
        deliveries=letter.deliveries,
        is_sent=200 <= answer.status < 300,
        status=answer.status,
        answer=without_secrets(answer.body.decode(errors="replace"), url=letter.url),
        retry_after=answer.retry_after,
    )

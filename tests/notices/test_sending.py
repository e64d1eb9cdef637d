"""What leaves: signed, once, one at a time a target; and whatever a target does slows nobody else."""

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from datetime import timedelta
from email.header import decode_header, make_header
from typing import Any

from csp_portal.notices.models import Delivery, Target
from csp_portal.notices.sending import FIRST_PAUSE, finish, send_due, take_targets
from csp_portal.outgoing import Outgoing
from tests.notices.times import NOW
from tests.receiver import say

CONTENT: dict[str, Any] = {
    **{"id": 7, "kind": "ISSUE_OPENED", "key": "issue/global/EX1", "severity": "CRITICAL", "count": 10},
    **{"firstSeenAt": "2026-11-02T08:58:00+00:00", "lastSeenAt": "2026-11-02T08:59:00+00:00", "closedAt": None},
    **{"cloud": "global", "service": "Exchange Online", "rule": "All"},
    "customers": {"count": 12, "names": ["Adatum", "[Contoso](https://evil.example)"]},
    "facts": {"title": "EX1 Mail <!channel> is slow", "status": "Service degradation", "path": "/issues/global/EX1/"},
}


def due(target: Target, **more: Any) -> Delivery:
    fields = {"id": uuid.uuid4(), "content": CONTENT, "made_at": NOW, "due_at": NOW, **more}
    return Delivery.objects.create(target=target, **fields)


def held_for(target: Target) -> timedelta:
    assert target.held_until and target.failing_since
    return target.held_until - target.failing_since


def quick(ca_bundle: str) -> Outgoing:
    """A client that loses patience soon, yet not with a receiver on a busy machine."""
    return Outgoing(ca_bundle=ca_bundle, allow_loopback=True, timeout=(20, 2))


def test_a_webhook_is_signed_so_that_its_receiver_can_verify_it(make_target, receiver, nearby):
    target = make_target()
    delivery = due(target)
    assert send_due(now=NOW, client=nearby) == 1

    ((path, body, headers),) = receiver.seen
    key = base64.b64decode(target.open_secret("signing_key").removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert (path, headers["webhook-signature"]) == ("/hook/Program", f"v1,{expected}")
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    told = json.loads(body)
    assert (told["schemaVersion"], told["deliveryId"]) == (1, str(delivery.pk))
    assert told["events"][0]["count"] == 10
    assert told["events"][0]["link"].endswith("/issues/global/EX1/")


def test_what_was_answered_stands_on_the_delivery(make_target, receiver, nearby):
    receiver.reply = lambda handler: say(handler, 202, "好".encode() * 600)
    due(make_target())
    send_due(now=NOW, client=nearby)

    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.status, delivery.answer, delivery.tries) == ("SENT", 202, "好" * 500, 1)
    assert delivery.took_ms is not None
    assert send_due(now=NOW + timedelta(days=1), client=nearby) == 0


def test_a_mail_says_it_in_the_language_of_the_target(make_target, mailbox):
    due(make_target("Desk", way=Target.Way.MAIL, addresses=["a@partner.example", "b@partner.example"]))
    assert send_due(now=NOW) == 1

    (mail,) = mailbox.mails
    assert mail["To"] == "a@partner.example, b@partner.example"
    assert (
        str(make_header(decode_header(mail["Subject"])))
        == "Critical · Issue hits customers: EX1 Mail <!channel> is slow"
    )
    text = mail.get_payload(decode=True).decode()
    assert "Customers hit: 12: Adatum, [Contoso](https://evil.example), and 10 more" in text
    assert "10 times" in text


def test_a_card_for_teams_holds_foreign_words_as_plain_runs(make_target, receiver, nearby):
    due(make_target("teams", way=Target.Way.TEAMS))
    send_due(now=NOW, client=nearby)

    message = json.loads(receiver.seen[0][1])
    (attachment,) = message["attachments"]
    assert (message["type"], attachment["contentType"]) == ("message", "application/vnd.microsoft.card.adaptive")
    card = attachment["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert card["actions"][0]["url"].endswith("/issues/global/EX1/")


def test_slack_is_told_in_plain_text_that_mentions_nobody(make_target, receiver, nearby):
    due(make_target("slack", way=Target.Way.SLACK))
    send_due(now=NOW, client=nearby)

    told = json.loads(receiver.seen[0][1])
    assert "&lt;!channel&gt;" in told["text"]
    assert {block["text"]["type"] for block in told["blocks"] if "text" in block} == {"plain_text"}


def test_digests_that_are_due_together_are_one_message(make_target, mailbox):
    target = make_target("Desk", way=Target.Way.MAIL, addresses=["a@partner.example"])
    for _ in range(3):
        due(target, is_digest=True)
    assert send_due(now=NOW) == 1

    (mail,) = mailbox.mails
    assert mail["Subject"] == "3 alerts of the portal"
    assert mail.get_payload(decode=True).decode().count("EX1 Mail") == 3
    assert set(Delivery.objects.values_list("state", flat=True)) == {"SENT"}


def test_a_hanging_target_delays_no_other_one_and_is_asked_less_and_less(make_target, receiver, ca_bundle):
    release = threading.Event()

    def reply(handler: Any) -> None:
        if handler.path.endswith("/hangs"):
            release.wait(60)
        say(handler, 200, b"thanks")

    receiver.reply = reply
    hangs = make_target("hangs")
    others = [make_target(f"other{number}") for number in range(5)]
    for target in (hangs, *others):
        due(target)
        due(target)
    assert send_due(now=NOW, client=quick(ca_bundle)) == 10  # all of them while it still hangs

    hangs.refresh_from_db()
    assert [row.tries for row in hangs.deliveries.order_by("tries")] == [0, 1]  # the second was not even begun
    assert hangs.failures == 1
    assert FIRST_PAUSE * 0.8 <= held_for(hangs) <= FIRST_PAUSE * 1.2
    assert send_due(now=NOW + timedelta(seconds=10), client=quick(ca_bundle)) == 0
    send_due(now=NOW + timedelta(minutes=1), client=quick(ca_bundle))
    again = Target.objects.get(pk=hangs.pk)
    assert again.failures == 2
    assert held_for(again) >= FIRST_PAUSE * 1.6
    release.set()


def test_a_target_that_answers_five_hundred_is_tried_as_often_as_configured_and_then_set_aside(
    make_target, receiver, nearby, settings
):
    settings.NOTICE_TRIES = 3
    receiver.reply = lambda handler: say(handler, 500, b"no")
    due(make_target())
    for hour in range(5):
        send_due(now=NOW + timedelta(hours=hour), client=nearby)

    delivery = Delivery.objects.get()
    assert (len(receiver.seen), delivery.tries, delivery.state) == (3, 3, "SET_ASIDE")
    assert (delivery.status, delivery.answer) == (500, "no")
    assert len({headers["webhook-id"] for _, _, headers in receiver.seen}) == 1
    assert len({body for _, body, _ in receiver.seen}) == 1


def test_no_target_is_asked_before_its_retry_after_is_over(make_target, receiver, nearby):
    receiver.reply = lambda handler: say(handler, 429, b"slow down", **{"Retry-After": "3600"})
    target = make_target()
    due(target)
    send_due(now=NOW, client=nearby)
    due(target)
    send_due(now=NOW + timedelta(minutes=59, seconds=59), client=nearby)
    assert len(receiver.seen) == 1

    receiver.reply = lambda handler: say(handler, 200, b"")
    send_due(now=NOW + timedelta(minutes=61), client=nearby)
    target.refresh_from_db()
    assert (target.failures, target.failing_since, target.held_until) == (0, None, None)
    assert set(Delivery.objects.values_list("state", flat=True)) == {"SENT"}


def test_a_redirect_to_a_private_address_is_not_followed_and_is_shown(make_target, receiver, nearby):
    receiver.reply = lambda handler: say(handler, 302, b"", Location=f"{receiver.url}/private")
    due(make_target())
    send_due(now=NOW, client=nearby)

    assert [path for path, _, _ in receiver.seen] == ["/hook/Program"]
    assert (Delivery.objects.get().state, Delivery.objects.get().status) == ("WAITING", 302)


def test_an_address_that_has_become_private_is_refused_at_send(make_target, receiver, ca_bundle):
    due(make_target())
    assert send_due(now=NOW, client=Outgoing(ca_bundle=ca_bundle)) == 0

    assert receiver.seen == []
    assert "not on the public internet" in Delivery.objects.get().answer


def test_a_mail_server_that_is_away_is_no_end(make_target, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    due(make_target("Desk", way=Target.Way.MAIL, addresses=["a@partner.example"]))
    assert send_due(now=NOW) == 0

    assert "ConnectionRefusedError" in Delivery.objects.get().answer


def test_a_worker_that_slept_past_its_lease_writes_nothing(make_target):
    target = make_target()
    due(target)
    (late,) = take_targets(now=NOW)
    assert take_targets(now=NOW + timedelta(seconds=5)) == []
    (newer,) = take_targets(now=NOW + timedelta(minutes=5))
    finish(late, [], now=NOW)

    assert Target.objects.get().held_until is not None
    finish(newer, [], now=NOW)
    assert Target.objects.get().held_until is None


def test_a_target_out_of_use_is_sent_nothing(make_target, receiver, nearby):
    due(make_target(is_enabled=False))

    assert send_due(now=NOW, client=nearby) == 0
    assert receiver.seen == []


def test_a_key_that_is_missing_keeps_no_other_target_waiting(make_target, receiver, nearby):
    torn = make_target("torn")
    Target.objects.filter(pk=torn.pk).update(sealed_url="v1:unknown:AAAA")
    due(torn)
    due(make_target("whole"))

    assert send_due(now=NOW, client=nearby) == 1
    assert torn.deliveries.get().tries == 1


def test_neither_an_error_nor_an_answer_gives_the_address_away(make_target, receiver, nearby):
    receiver.reply = lambda handler: say(handler, 404, f"Cannot POST {handler.path}".encode())
    due(make_target("Echo", url=f"{receiver.url}/T00/xoxSecretOfTheChannel?sig=AnotherSecretOfIt"))
    due(make_target("Away", url="https://127.0.0.1:9/services/T00/xoxSecretOfTheChannel"))
    send_due(now=NOW, client=nearby)

    answers = {row.target.name: row.answer for row in Delivery.objects.select_related("target")}
    assert answers["Echo"] == "Cannot POST …"
    assert answers["Away"].startswith("ConnectionError")
    assert not [answer for answer in answers.values() if "Secret" in answer or "T00" in answer]

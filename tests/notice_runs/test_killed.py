"""A worker killed in the middle of a run: every customer is told exactly once, or a person is asked."""

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.db import connection
from django.utils import timezone

from health.models import Notice, NoticeRun
from health.notice_runs.steps import settle
from tests.notice_runs.conftest import go_ahead, let_pass, send, states_of

ROOT = Path(__file__).resolve().parents[2]
WORK = (
    "import sys, django; django.setup(); from django.db import connection as c; c.settings_dict['NAME'] = sys.argv[1];"
    "from health.tasks import send_notices; send_notices()"
)
pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def start_worker():
    """A process that runs the worker's task on the test's database and mail server."""
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "csp_portal.settings",
        "EMAIL_HOST": live.EMAIL_HOST,
        "EMAIL_PORT": str(live.EMAIL_PORT),
    }
    command = [sys.executable, "-c", WORK, connection.settings_dict["NAME"]]
    return subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def kill_at(worker, address, *, answer):
    """A hook that kills the worker when the server hears of this address for the first time."""

    def hook(recipient):
        if recipient == address and worker and worker[0].poll() is None:
            os.kill(worker[0].pid, signal.SIGKILL)
            worker[0].wait()
            return answer
        return "250 OK"

    return hook


def test_a_run_killed_in_the_middle_and_resumed_tells_every_customer_exactly_once(draft, approver, mailbox):
    go_ahead(draft, approver=approver)
    worker: list[Any] = []
    mailbox.at_recipient = kill_at(worker, "it@duwamish.example", answer="250 OK")
    worker.append(start_worker())
    assert worker[0].wait(timeout=240) == -signal.SIGKILL
    assert 0 < len(mailbox.mails) < 6

    let_pass(timedelta(minutes=10))  # the dead worker's lease ends
    send()
    send()

    assert Counter(mailbox.recipients) == dict.fromkeys(states_of(draft), 1)
    assert set(states_of(draft).values()) == {"SENT"}
    assert NoticeRun.objects.get().state == "DONE"


def test_one_killed_after_the_last_byte_is_never_sent_twice_by_itself_but_asks_a_person(draft, approver, mailbox):
    go_ahead(draft, approver=approver)
    worker: list[Any] = []
    mailbox.at_end = kill_at(worker, "it@duwamish.example", answer="kept 250 OK")
    worker.append(start_worker())
    assert worker[0].wait(timeout=240) == -signal.SIGKILL

    let_pass(timedelta(minutes=10))
    for _round in range(3):
        send()
        let_pass(timedelta(minutes=10))

    assert set(Counter(mailbox.recipients).values()) == {1}
    assert len(mailbox.mails) == 6
    uncertain = Notice.objects.select_related("customer").get(state="UNCERTAIN")
    assert uncertain.address == "it@duwamish.example"
    assert uncertain.message_id in {mail["Message-ID"] for _, _, mail in mailbox.mails}
    assert settle(uncertain, has_arrived=True, by=approver, now=timezone.now())
    assert set(states_of(draft).values()) == {"SENT"}


def test_one_that_did_not_arrive_is_sent_once_more_with_the_same_message_id(draft, approver, mailbox):
    go_ahead(draft, approver=approver)
    worker: list[Any] = []
    mailbox.at_end = kill_at(worker, "it@duwamish.example", answer="451 lost")
    worker.append(start_worker())
    worker[0].wait(timeout=240)
    let_pass(timedelta(minutes=10))
    send()
    uncertain = Notice.objects.select_related("customer").get(state="UNCERTAIN")
    assert settle(uncertain, has_arrived=False, by=approver, now=timezone.now())
    assert not settle(uncertain, has_arrived=False, by=approver, now=timezone.now())  # a second click changes nothing
    send()

    (mail,) = [mail for _, recipient, mail in mailbox.mails if recipient == "it@duwamish.example"]
    assert mail["Message-ID"] == uncertain.message_id
    assert set(Counter(mailbox.recipients).values()) == {1}


def test_a_worker_that_slept_past_its_lease_sends_nothing_any_more(draft, approver, mailbox):
    go_ahead(draft, approver=approver)

    def oversleep(address):
        Notice.objects.filter(address=address).update(due_at=timezone.now())
        connection.close()
        return "250 OK"

    mailbox.at_recipient = oversleep
    assert send() == 0
    assert mailbox.mails == []
    mailbox.at_recipient = lambda address: "250 OK"
    let_pass(timedelta(minutes=10))
    send()
    assert set(Counter(mailbox.recipients).values()) == {1}
    assert len(mailbox.mails) == 6


def test_a_run_stopped_between_the_first_and_the_last_byte_takes_the_mail_back(draft, approver, mailbox):
    go_ahead(draft, approver=approver)

    def stop_it(address):
        NoticeRun.objects.filter(state="SENDING").update(state="STOPPED")
        connection.close()
        return "250 OK"

    mailbox.at_recipient = stop_it
    assert send() == 0

    assert mailbox.mails == []
    assert set(states_of(draft).values()) == {"PENDING"}

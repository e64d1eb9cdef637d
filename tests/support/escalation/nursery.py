"""A process that forks workers: each files what is due until it is killed, as the pool of a Celery worker does."""

import os
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.db import connection  # noqa: E402 - after the set-up
from django.utils import timezone  # noqa: E402

from support.escalation.filing import file_due  # noqa: E402
from support.escalation.tempo import Tempo  # noqa: E402

connection.settings_dict["NAME"] = sys.argv[1]
LEASE, QUIET, BETWEEN = (float(text) for text in sys.argv[2:5])
TEMPO = Tempo(
    lease=timedelta(seconds=LEASE),
    deadline=2.0,
    begin_within=1.5,
    quiet=timedelta(seconds=QUIET),
    between=timedelta(seconds=BETWEEN),
    patience=timedelta(seconds=QUIET),
    poll=0.2,
)


def work() -> None:
    while True:
        if not file_due(now=timezone.now(), tempo=TEMPO, limit=1):
            time.sleep(0.05)


def main() -> None:
    """One worker for each line of the input; its number is answered. Who has died is buried before the next one."""
    for _line in sys.stdin:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        child = os.fork()
        if not child:
            os.close(0)
            work()
        print(child, flush=True)


main()

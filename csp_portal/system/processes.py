"""Child processes of `make run`: started with a log each, watched, and stopped in order."""

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

STOP_SECONDS = 20


@dataclass(frozen=True, kw_only=True)
class Child:
    """One process that we started, with the log it writes."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None


def is_free(port: int) -> bool:
    """Whether a server of ours could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def start(name: str, command: Sequence[str], *, env: Mapping[str, str], logs: Path) -> Child:
    """Start a process in a session of its own, so that Ctrl-C reaches it only through `stop`."""
    logs.mkdir(mode=0o700, exist_ok=True)  # without a mail server, links to new passwords are written here
    log = logs / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=dict(env),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Child(name=name, process=process, log=log)


def stop(children: Sequence[Child]) -> None:
    """End the processes, the last one first; one that does not obey in time is killed with its children."""
    for child in reversed(children):
        if not child.has_ended:
            child.process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in reversed(children):
        try:
            child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(child.process.pid, signal.SIGKILL)
            child.process.wait()


def remember(children: Sequence[Child], *, file: Path) -> None:
    """Note which processes are ours, so that the next start can end those that a crash left behind."""
    pids = [child.process.pid for child in children]
    rows = [{"pid": pid, "started": psutil.Process(pid).create_time()} for pid in pids]
    file.write_text(json.dumps(rows))


def end_leftovers(file: Path) -> int:
    """End what an earlier run that was killed left running; returns how many processes that were."""
    if not file.exists():
        return 0
    left = []
    for row in json.loads(file.read_text()):
        try:
            process = psutil.Process(row["pid"])
            if process.create_time() == row["started"]:  # the number may belong to somebody else by now
                left += [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            continue
    for process in left:
        process.terminate()
    _, alive = psutil.wait_procs(left, timeout=STOP_SECONDS)
    for process in alive:
        process.kill()
    file.unlink()
    return len(left)

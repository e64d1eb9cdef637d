"""Workers share the heaps of the C library."""

import subprocess
import sys

import pytest

# Eight threads allocate side by side; how many heaps they made stands in glibc's own report.
_PROBE = """
import ctypes, threading
from csp_portal.system.memory import share_heaps
if {shares}:
    assert share_heaps()
barrier = threading.Barrier(8)
def work():
    barrier.wait()
    held = [bytearray(4096) for _ in range(2000)]
    barrier.wait()
threads = [threading.Thread(target=work) for _ in range(8)]
[t.start() for t in threads]; [t.join() for t in threads]
ctypes.CDLL(None).malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has such heaps")
def test_threads_share_two_heaps():
    def heaps(shares: bool) -> int:
        done = subprocess.run(
            [sys.executable, "-c", _PROBE.format(shares=shares)], capture_output=True, text=True, check=True
        )
        return done.stderr.count("Arena ")

    assert heaps(True) <= 2 < heaps(False)

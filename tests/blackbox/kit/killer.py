# SPDX-License-Identifier: Apache-2.0
"""
Kills a process of the server at a step that can be counted: as it enters its n-th
call of one kind, which it does not make any more. By strace.
"""
import os
import shutil
import subprocess

from kit.server import is_running, wait_for

STRACE = shutil.which("strace")


def works():
    """May strace be used here, and on a process that we started?"""
    return STRACE is not None and subprocess.run(
        [STRACE, "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0


def is_traced(pid):
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
            if "\nTracerPid:\t0\n" in f.read():
                return False
    return True


class Killer:
    """with Killer(pid, "sendmsg", 2) as k: ...; then k.struck says whether it came to that."""

    def __init__(self, pid, call, nth):
        self.pid, self.call, self.nth = pid, call, nth
        self.struck = False

    def __enter__(self):
        self.tracer = subprocess.Popen(
            [STRACE, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={self.call}", "-e",
             f"inject={self.call}:signal=KILL:when={self.nth}", "-p", str(self.pid)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(lambda: not is_running(self.pid) or is_traced(self.pid), "strace is at it")
        return self

    def __exit__(self, *_):
        """A process that was not struck goes on as if nobody had watched."""
        self.struck = not is_running(self.pid)
        if self.struck:
            self.tracer.kill()  # strace may wait for ever for a thread of the dead one
        else:
            self.tracer.terminate()
        try:
            self.tracer.wait(5)
        except subprocess.TimeoutExpired:
            self.tracer.kill()
            self.tracer.wait()
        self.struck = self.struck or not is_running(self.pid)

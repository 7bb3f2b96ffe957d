# SPDX-License-Identifier: Apache-2.0
"""What every part of the harness needs: the programs, the folder, the cores, and how much time there is."""
import os
import shutil
import subprocess
import sys

from . import machine


class Skip(Exception):
    """This cannot be measured here; the text says why."""


class Startable:
    """What `with` starts and ends, also when it could not be started whole: start(), stop()."""

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()


class Tools:
    def __init__(self, keyhold, place, rounds, seconds, sizes, tree=None, log=sys.stderr):
        self.keyhold = os.path.abspath(keyhold)
        self.tree = tree or os.path.dirname(self.keyhold)  # with what was built to ask and to compare with
        self.place = place  # on the disk that is measured
        self.rounds, self.seconds = rounds, seconds
        self.secrets, self.vaults = sizes
        self.cores = machine.Cores()
        self.log = log

    def program(self, name):
        path = os.path.join(self.tree, "tests/perf", name)
        if not os.path.exists(path):
            raise Skip(f"{path} was not built (meson's option tests)")
        return path

    def slowly(self, sync_ms, command):
        """The command, on a disk whose syncs take that much longer."""
        if not sync_ms:
            return list(command)
        return ["env", f"LD_PRELOAD={self.program('libslow_sync.so')}", f"KEYHOLD_SYNC_US={round(1000 * sync_ms)}", *command]

    def say(self, text):
        print(text, file=self.log, flush=True)

    def folder(self, name):
        path = os.path.join(self.place, name)
        shutil.rmtree(path, ignore_errors=True)
        os.makedirs(path, mode=0o755)
        return path

    def run(self, *command, cores=None, timeout=600, **more):
        """Runs to the end; its output as text."""
        if cores:
            command = machine.Cores.pin(cores, command)
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                              timeout=timeout, check=False, **more)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))[:200]}: {done.returncode}: {done.stderr[-500:]}")
        return done.stdout

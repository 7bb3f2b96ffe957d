# SPDX-License-Identifier: Apache-2.0
"""One run: the workloads of the table, and what they found."""
import contextlib
import datetime
import statistics
import time
import traceback

from . import figures, limits, machine, peers, vault
from .tools import Skip


class Bench:
    def __init__(self, tools, short, growth, deadline_s):
        self.tools, self.short, self.growth = tools, short, growth
        self.deadline = time.monotonic() + deadline_s
        self.figures, self.values, self.ratios, self.skipped, self.notes, self.broken = [], [], {}, [], [], []
        self.workload = ""

    # ------------------------------------------------------------ for workloads

    def vault(self, **settings):
        return vault.Vault(self.tools, **settings)

    def hello(self):
        return limits.Hello(self.tools)

    def nginx(self):
        return limits.Nginx(self.tools)

    def bao_dev(self):
        return self.peer(peers.BaoDev)

    def bao_raft(self):
        return self.peer(peers.Bao)

    def lowkey(self):
        return self.peer(peers.Lowkey)

    def peer(self, kind):
        if self.short:
            raise Skip("peers are for the long run")
        return kind(self.tools)

    @contextlib.contextmanager
    def opened(self, *makers):
        """Those of them that can be had; the others are in the results with their reason."""
        with contextlib.ExitStack() as stack:
            found = []
            for make in makers:
                try:
                    found.append(stack.enter_context(make()))
                except Skip as e:
                    self.skip(make.__name__, str(e))
            yield found

    def skip(self, what, why):
        entry = {"what": what, "why": why}
        if entry not in self.skipped:
            self.skipped.append(entry)

    def compare(self, key, title, sides, note="", alone=None):
        """`alone`: also the ratio of what that process did in a second of its own CPU time."""
        t = self.tools
        f = figures.compare(key, title, sides, t.rounds, t.seconds, note)
        self.figures.append(f)
        for name, median, _ in f.ratios():
            self.ratios[name] = median
        if alone:
            self.per_cpu(f, alone)
        shown = ", ".join(f"{k.rpartition('_vs_')[2]} x {m:.3g}" for k, m, _ in f.ratios())
        self.tools.say(f"  {title}: {figures.summary(f.taken[f.names[0]])['rate']:.0f}/s   {shown}")
        return f

    def per_cpu(self, f, process):
        ours = f.taken[f.names[0]]
        for name in f.names[1:2]:
            rounds = [1e6 / a.cpu_us[process] / b.rate for a, b in zip(ours, f.taken[name]) if a.cpu_us.get(process)]
            self.ratio(f"{f.key}_{process}_cpu_vs_{name}", rounds)

    def ratio(self, key, rounds):
        if rounds:
            self.ratios[key] = round(statistics.median(rounds), 4)

    def figure(self, key):
        return next(f for f in self.figures if f.key == key)

    def value(self, key, value, unit, parts=None):
        self.values.append({"key": key, "value": value, "unit": unit, "parts": parts})
        self.tools.say(f"  {key}: {value} {unit}")

    def note(self, title, lines):
        self.notes.append({"title": title, "lines": lines})

    def is_late(self):
        return time.monotonic() > self.deadline

    # ------------------------------------------------------------ the run

    def one(self, workload):
        self.workload = workload.NAME
        self.tools.say(f"{workload.NAME}: {workload.__doc__.strip().splitlines()[0]}")
        if self.is_late():
            self.skip(workload.NAME, "there was no time left (--most)")
            return
        try:
            workload.run(self)
        except Skip as e:
            self.skip(workload.NAME, str(e))
        except Exception as e:  # one workload that breaks does not take the others with it
            self.broken.append({"what": workload.NAME, "why": f"{type(e).__name__}: {e}"})
            self.tools.say(traceback.format_exc())

    def results(self, table, root):
        began, t0 = datetime.datetime.now(datetime.timezone.utc), time.monotonic()
        t = self.tools
        facts, commit = machine.facts(t.keyhold, t.place), machine.commit(root)
        quiet = machine.quiet_check()
        t.say("the machine is quiet" if quiet["is_quiet"] else f"NOT A QUIET MACHINE: {'; '.join(quiet['reasons'])}")
        watch = machine.Watch()
        for workload in table:
            self.one(workload)
        return {"format": 1, "began": began.isoformat(timespec="seconds"), "seconds": round(time.monotonic() - t0, 1),
                "short": self.short, "rounds": t.rounds, "round_seconds": t.seconds, "machine": facts, "commit": commit,
                "quiet": quiet, "during": watch.shares(), "cores_apart": t.cores.apart,
                "cores": {"server": t.cores.server, "client": t.cores.client}, "ratios": self.ratios,
                "values": self.values, "figures": [f.as_json() for f in self.figures], "skipped": self.skipped,
                "broken": self.broken, "notes": self.notes}

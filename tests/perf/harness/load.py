# SPDX-License-Identifier: Apache-2.0
"""Runs the load generator (tests/perf/load) against a server, and sees what each process of that spends on it."""
import json
import os
import subprocess
import tempfile

from . import machine
from .figures import Sample


def request(method, path, host, headers=(), body=b""):
    """A request as it goes over the wire; @@@@@@@@ becomes a number."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *(f"{k}: {v}" for k, v in headers)]
    if body or method in ("PUT", "POST", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Target:
    """Something that listens with TLS on loopback: a port, a name, and {process name: pid} of who answers."""

    def __init__(self, tools, port, name, processes):
        self.tools, self.port, self.name, self.processes = tools, port, name, processes

    def begin(self, requests, connections, seconds, warm=0.2, cores=None, **options):
        """
        Starts the generator, and returns when it begins to count. requests is one as bytes, or a list of (weight, bytes);
        options are those of the program, by letter.
        """
        if isinstance(requests, bytes):
            requests = [(1, requests)]
        with tempfile.NamedTemporaryFile(prefix="plan-", dir=self.tools.place, delete=False) as plan:
            for weight, text in requests:
                plan.write(f"{weight} {len(text)}\n".encode() + text)
        words = [self.tools.program("load"), "-p", str(self.port), "-h", self.name.partition(":")[0], "-r", plan.name,
                 "-c", str(connections), "-s", f"{seconds:g}", "-w", f"{warm:g}"]
        for letter, value in options.items():
            words += [f"-{letter}"] if value is True else [f"-{letter}", str(value)]
        return Running(self, plan.name, machine.Cores.pin(cores or self.tools.cores.client, words))

    def load(self, requests, connections, seconds, good=(200,), **options):
        return self.begin(requests, connections, seconds, **options).end(good)


class Running:
    def __init__(self, target, plan, words):
        self.target, self.plan = target, plan
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()
        self.before = self.spent()

    def spent(self):
        return {name: machine.cpu_ns(pid) for name, pid in self.target.processes.items()}

    def end(self, good=(200,)):
        out, _ = self.process.communicate()
        os.unlink(self.plan)
        if self.process.returncode != 0:
            raise RuntimeError(f"the load generator ended with {self.process.returncode}")
        found = json.loads(out)
        spent = {name: after - self.before[name] for name, after in self.spent().items()}
        right = sum(n for status, n in found["statuses"].items() if int(status) in good)
        cpu = {name: round(ns / 1000 / max(found["requests"], 1), 2) for name, ns in spent.items() if ns}
        more = {k: found[k] for k in ("protocol", "cipher", "group", "body", "resumed", "handshakes", "p999_us", "max_us",
                                      "statuses")}
        return Sample(rate=right / found["seconds"], p50_us=found["p50_us"], p99_us=found["p99_us"], cpu_us=cpu,
                      client_share=found["cpu_seconds"] / found["seconds"],
                      failed=found["requests"] - right + found["broken"], more=more)

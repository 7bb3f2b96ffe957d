# SPDX-License-Identifier: Apache-2.0
"""From the command to the first answer, memory of all processes, and what they do when nobody asks."""
import statistics
import time

from .. import machine, vault

NAME, SHORT = "start", True


def run(b):
    place = b.tools.folder("start")
    vault.start_ms(b.tools, f"{place}/data")
    times = [vault.start_ms(b.tools, f"{place}/data") for _ in range(3 if b.short else 7)]
    b.value("start_ms", round(statistics.median(times), 1), "ms from the command to the first answer over TLS", times)
    with b.vault() as v:
        pss = v.pss_mib()
        b.value("pss_idle_mib", round(sum(pss.values()), 2), "MiB (PSS) of all processes, idle", pss)
        before, seconds = {n: machine.cpu_ns(p) for n, p in v.processes().items()}, 2 if b.short else 20
        time.sleep(seconds)
        spent = {n: round((machine.cpu_ns(p) - before[n]) / 1e6 / seconds, 3) for n, p in v.processes().items()}
        b.value("idle_cpu_ms_per_s", round(sum(spent.values()), 3), "ms of CPU a second, idle", spent)

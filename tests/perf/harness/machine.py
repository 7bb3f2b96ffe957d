# SPDX-License-Identifier: Apache-2.0
"""The machine: what it is, how quiet it is, and which core is for whom."""
import os
import platform
import re
import subprocess
import time

# A machine on which others take more than this share of a core is not quiet.
BUSY_SHARE = 0.10
STEAL_SHARE = 0.02


def read(path, default=""):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read().strip()
    except OSError:
        return default


def first_line(*command):
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = (run.stdout + run.stderr).strip().splitlines()
    return lines[0].strip() if lines else None


def ticks():
    """(busy, steal, all) jiffies of all cores."""
    numbers = [int(n) for n in read("/proc/stat").splitlines()[0].split()[1:9]]
    idle, steal = numbers[3] + numbers[4], numbers[7]
    return sum(numbers) - idle - steal, steal, sum(numbers)


class Watch:
    """What all cores did since it was made, in cores."""

    def __init__(self):
        self.at, self.begun = ticks(), time.monotonic()

    def shares(self):
        busy, steal, total = (b - a for a, b in zip(self.at, ticks()))
        cores = os.cpu_count() or 1
        return {"busy_cores": round(cores * busy / max(total, 1), 3),
                "steal_share": round(steal / max(total, 1), 4),
                "seconds": round(time.monotonic() - self.begun, 1)}


def quiet_check(seconds=2.0):
    """Looks at the machine while nothing of ours runs. Never an error: a remark in the results."""
    watch = Watch()
    time.sleep(seconds)
    found = watch.shares()
    reasons = []
    if found["busy_cores"] > BUSY_SHARE:
        reasons.append(f"others took {found['busy_cores']:.2f} of a core before the run began")
    if found["steal_share"] > STEAL_SHARE:
        reasons.append(f"{100 * found['steal_share']:.1f} % of the time was stolen by other guests")
    return {"is_quiet": not reasons, "reasons": reasons, **found}


def governor():
    found = {read(f"/sys/devices/system/cpu/cpu{i}/cpufreq/scaling_governor") for i in range(os.cpu_count() or 1)} - {""}
    return ", ".join(sorted(found)) or "not told by this machine"


def disk_of(path):
    line = first_line("findmnt", "-n", "-o", "SOURCE,FSTYPE,OPTIONS", "-T", path)
    return re.sub(r"\s+", " ", line) if line else "?"


def facts(program, place):
    cpu = re.search(r"^model name\s*:\s*(.*)$", read("/proc/cpuinfo"), re.M)
    memory = re.search(r"^MemTotal:\s*(\d+)", read("/proc/meminfo"), re.M)
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(), "cores": os.cpu_count(),
        "memory_gib": round(int(memory.group(1)) / (1 << 20), 1) if memory else None,
        "kernel": platform.release(), "system": first_line("sh", "-c", ". /etc/os-release; echo $PRETTY_NAME"),
        "governor": governor(), "load_before": read("/proc/loadavg").split(" ")[:3], "disk": disk_of(place),
        "versions": {"keyhold": first_line(program, "version"), "openssl": first_line("openssl", "version"),
                     "nginx": first_line("nginx", "-v"), "compiler": first_line("cc", "--version"),
                     "python": platform.python_version()},
    }


def commit(root):
    head = first_line("git", "-C", root, "rev-parse", "HEAD")
    dirty = subprocess.run(["git", "-C", root, "status", "--porcelain", "-uno"], capture_output=True, text=True,
                           check=False).stdout.strip()
    return {"commit": head, "changed": bool(dirty)}


class Cores:
    """Core 0 for the servers, the last one for who asks them; with one core both share it, and the results say so."""

    def __init__(self):
        mine = sorted(os.sched_getaffinity(0))
        self.server, self.client, self.all = mine[:1], mine[-1:], mine
        self.apart = len(mine) > 1

    @staticmethod
    def pin(cores, command):
        return ["taskset", "-c", ",".join(map(str, cores)), *command]


def cpu_ns(pid):
    total = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            total += int(read(f"/proc/{pid}/task/{task}/schedstat", "0").split()[0])
    except (OSError, IndexError):
        pass
    return total


def pss_kib(pid):
    found = re.search(r"^Pss:\s*(\d+)", read(f"/proc/{pid}/smaps_rollup"), re.M)
    return int(found.group(1)) if found else 0

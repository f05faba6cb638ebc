"""The machine that a table was measured on, in a line or two."""

import os
import platform
import subprocess

import places

GOVERNOR = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"


def first_of(path, key):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return "unknown"


def governor():
    try:
        with open(GOVERNOR, encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return "not told"


def steal_ticks():
    with open("/proc/stat", encoding="utf-8") as file:
        fields = [int(word) for word in file.readline().split()[1:]]
    return fields[7], sum(fields[:8])


def describe(before, after):
    """before, after: load averages and steal_ticks() around the measurement."""
    stolen = after[1][0] - before[1][0]
    total = max(1, after[1][1] - before[1][1])
    memory = int(first_of("/proc/meminfo", "MemTotal").split()[0]) / 1e6
    return (f"{first_of('/proc/cpuinfo', 'model name')}, {os.cpu_count()} processors, "
            f"{memory:.0f} GB, Linux {platform.release()}, governor {governor()}; load average "
            f"{before[0]:.1f} before and {after[0]:.1f} after, {100 * stolen / total:.1f} % of the "
            "time taken by other virtual machines")


def snapshot():
    return os.getloadavg()[0], steal_ticks()


def version(roofscape):
    shown = subprocess.run([roofscape, "--version"], capture_output=True, text=True, check=False)
    return shown.stdout.strip().splitlines()[0] if shown.stdout.strip() else "roofscape"


def pinned_version(peer):
    """What peers.toml pins: 0.13.0."""
    spec = places.pinned()[peer]
    own = [word for word in spec.get("packages", []) + spec.get("alone", [])
           if word.split("==")[0] == peer]
    return (own[0] if own else spec["unpack"]["wheel"]).split("==")[1]

# SPDX-License-Identifier: Apache-2.0
"""
limits - what this machine gives without any mail system: the bound of each work.

A message that is relayed costs a dialogue in, a durable file, and a dialogue out; the bound of its rate is
1 / (2 / dialogues a second + 1 / files a second), its CPU that of the server's side of one dialogue, the client's
side of the other, and of the file; its latency that of a dialogue and a file.  Other works have other parts.
"""
import os
import shutil
import time

import benchlib as B
import measure as M

SECONDS = 1.0


class Part:
    """One bare operation: how many a second, and by operation ms of CPU, switches, flushes and latency."""

    def __init__(self, count, seconds, before, p50, p99, server=0.0, client=0.0):
        now = B.system_counters()
        count = max(1, count)
        self.rate = count / seconds
        self.ctxsw = (now["ctxt"] - before["ctxt"]) / count
        self.flush = (now.get("flushes", 0) - before.get("flushes", 0)) / count
        self.p50, self.p99 = p50, p99
        self.server, self.client = 1e3 * server / count, 1e3 * client / count


def dialogue(bench, load):
    """From our client straight to our sink."""
    load = {key: value for key, value in load.items() if key != "users"}
    load.update(seconds=SECONDS, messages=50 if load.get("rcpts", 1) > 1 else 1000000)
    before, cpu = B.system_counters(), bench.sink.cpu()
    result = B.run_load(B.load_command(f"127.0.0.1:{bench.sink.port}", **load))
    return Part(result["ok"], result["elapsed"], before, result["lat_p50_ms"], result["lat_p99_ms"],
                bench.sink.cpu() - cpu, result["load_cpu"])


def durable_file(bench, load):
    folder = os.path.join(B.STATE, "files")
    os.makedirs(folder, exist_ok=True)
    before = B.system_counters()
    result = B.run_load([os.path.join(B.BIN, "fsyncref"), "-d", folder, "-w", str(load["sessions"]), "-t", str(SECONDS),
                         "-b", str(load.get("length", 4096)), "single"])
    return Part(result["files"], result["elapsed"], before, result["lat_p50_ms"], result["lat_p99_ms"],
                client=result["load_cpu"])


def program(bench, load):
    """The start and end of a program that does nothing."""
    before, cpu, start = B.system_counters(), B.children_cpu(), time.monotonic()
    took, _, _ = M.spawn_all(["/bin/true"], bench.calls, load["sessions"], "/dev/null")
    return Part(len(took), time.monotonic() - start, before, M.percentile(took, .5), M.percentile(took, .99),
                client=B.children_cpu() - cpu)


# How often each bare operation occurs in a unit of work, and in what its sender waits for.
PARTS = {
    "relay": {"dialogue": 2, "file": 1},
    "maildir": {"dialogue": 1, "file": 2},
    "submit": {"dialogue": 1, "file": 1, "program": 1},
    "deferred": {"dialogue": 1, "file": 1},
}


def sum_of(parts, work):
    """The record of a work that consists of these (part, how often)."""
    latency = [part for name, (part, _) in parts.items() if work.measure != "submit" or name != "dialogue"]
    rate = 1 / sum(times / part.rate for name, (part, times) in parts.items()
                   if work.measure != "submit" or name != "dialogue")
    cpu = sum(part.server + part.client * (times - 1) if name == "dialogue" and work.measure != "submit"
              else part.client * times for name, (part, times) in parts.items())
    return {"rate": rate * work.scale, "cpu": cpu / work.scale,
            "ctxsw": sum(part.ctxsw * times for part, times in parts.values()) / work.scale,
            "flush": sum(part.flush * times for part, times in parts.values()) / work.scale,
            "p50": sum(part.p50 for part in latency), "p99": sum(part.p99 for part in latency),
            "memory": None, "note": " + ".join(f"{times} {name} ({part.rate:.0f}/s)" for name, (part, times) in parts.items())}


def limit_of(bench, work):
    """The bound of one work, measured now; {name: record}."""
    if work.measure == "idle":
        return {work.name: idle(bench, work)}
    if work.group == "tables":      # what Postfix does is the only measure that there is
        return {}
    make = {"dialogue": dialogue, "file": durable_file, "program": program}
    load = dict(work.load)
    parts = {name: (make[name](bench, load), times) for name, times in PARTS[work.measure].items()}
    record = sum_of(parts, work)
    if work.measure != "deferred":
        return {work.name: record}
    return {work.name: record, "listing": read_files(bench), "restart": sink_start(bench)}


def idle(bench, work):
    """The sink with as many sessions."""
    with B.MTA("sink", 9) as sink:
        return M.idle(bench, sink, work)


def read_files(bench):
    """A look into as many small files."""
    folder = os.path.join(B.STATE, "files")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    result = B.run_load([os.path.join(B.BIN, "fsyncref"), "-d", folder, "-k", str(bench.deferred), "list"])
    return {"rate": result["files"] / result["seconds"], "p50": 1e3 * result["seconds"],
            "note": f"{bench.deferred} files of 4 KB opened and read"}


def sink_start(bench):
    """The start of a program that listens."""
    sink = B.MTA("sink", 9)
    sink.setup()
    seconds = sink.start()
    sink.stop()
    return {"p50": 1e3 * seconds, "note": "start of the sink"}

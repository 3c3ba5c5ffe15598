# SPDX-License-Identifier: Apache-2.0
"""
measure - how each work is measured: functions of (bench, mail system, work) that give a record.

A record has rate (units a second), cpu (ms of the mail system's processes a unit), ctxsw and flush (system-wide, a
unit), memory, p50 and p99 (ms), and note.  None is "not measured".
"""
import os
import shlex
import socket
import subprocess
import time

import benchlib as B
from works import PEERS

DRAIN = 15      # seconds in which nothing more arrives before we stop waiting
TAIL = 0.3      # what belongs to the last message after its delivery: unlink, log


def ability(mta, key, otherwise=None):
    return PEERS.get(mta.spec.partition(":")[0], {}).get(key, otherwise)


def load_of(bench, mta, work):
    """The load that this mail system can take: arguments for benchlib.load_command, and a note where it is less."""
    load = dict(work.load, seconds=bench.seconds)
    most, note = ability(mta, "sessions"), ""
    if most and load["sessions"] > most:
        load["sessions"], note = most, f"{most} sessions"
    slow = ability(mta, "per_second")
    if slow:
        load["messages"] = int(slow * bench.seconds)
        load["perconn"] = min(load.get("perconn", 1), load["messages"] // load["sessions"])
    return load, note


class Meter:
    """What the machine and the mail system used between two moments, by unit."""

    def __init__(self, mta):
        self.mta = mta
        self.sampler = B.Sampler(mta.cg)
        self.sampler.start()
        self.cpu, self.system, self.start = mta.cg.cpu(), B.system_counters(), time.monotonic()

    def record(self, units, seconds=None, p50=None, p99=None, note=""):
        """seconds: how long the work took; the counters run until now."""
        seconds = seconds or time.monotonic() - self.start
        cpu, system = self.mta.cg.cpu(), B.system_counters()
        self.sampler.stop()
        out = {"units": units, "seconds": seconds, "p50": p50, "p99": p99, "note": note, "memory": self.sampler.peak / 1024,
               "procs": self.sampler.nproc}
        if units <= 0:
            return dict(out, note=note or "nothing came through")
        out.update(rate=units / seconds, cpu=1e3 * (sum(cpu) - sum(self.cpu)) / units,
                   cpu_user=1e3 * (cpu[0] - self.cpu[0]) / units)
        for key, counter in (("ctxsw", "ctxt"), ("flush", "flushes")):
            out[key] = (system.get(counter, 0) - self.system.get(counter, 0)) / units
        return out


def wait_count(count, want, pause=0.005):
    """Until count() reaches want, or does not change for DRAIN seconds; the last value."""
    have, since = count(), time.monotonic()
    while have < want and time.monotonic() - since < DRAIN:
        time.sleep(pause)
        now = count()
        if now != have:
            have, since = now, time.monotonic()
    return have


def notes(*texts):
    return "; ".join(text for text in texts if text)


def relay(bench, mta, work):
    """From the client through the mail system to the sink, until the last recipient has arrived there."""
    if work.load.get("rcpts", 1) > 1:
        return fan_out(bench, mta, work)
    load, note = load_of(bench, mta, work)
    base, meter = bench.sink.get(), Meter(mta)
    result = B.run_load(B.load_command(mta.addr, **load))
    want = result.get("ok", 0)
    got = wait_count(lambda: bench.sink.get()["rcpts"] - base["rcpts"], want)
    seconds = bench.sink.get()["last_ns"] / 1e9 - meter.start
    time.sleep(TAIL)
    record = meter.record(got * work.scale, seconds, result.get("lat_p50_ms"), result.get("lat_p99_ms"),
                          notes(note, result.get("error"), want - got and f"{want - got} not delivered"))
    record.update(accepted=want / result["elapsed"] * work.scale, lost=want - got,
                  connections=bench.sink.get()["conns"] - base["conns"])
    return record


def fan_out(bench, mta, work):
    """Messages of many recipients one after another, each until all have it."""
    load, note = load_of(bench, mta, work)
    load["messages"], rcpts, times = 1, load.pop("expands", 0) or load["rcpts"], []
    base, meter = bench.sink.get()["rcpts"], Meter(mta)
    while len(times) < 20 and (len(times) < 3 or sum(times) < bench.seconds):
        start = time.monotonic()
        result = B.run_load(B.load_command(mta.addr, **load))
        wait_count(lambda: bench.sink.get()["rcpts"] - base, rcpts * (len(times) + 1), 0.001)
        if result.get("error") or bench.sink.get()["rcpts"] - base < rcpts * (len(times) + 1):
            meter.sampler.stop()
            return {"note": notes(note, result.get("error") or "not delivered"), "lost": rcpts}
        times.append(bench.sink.get()["last_ns"] / 1e9 - start)
    time.sleep(TAIL)
    got = bench.sink.get()["rcpts"] - base
    return meter.record(got, sum(times), 1e3 * B.median(times), 1e3 * max(times), note)


def count_mail(homes):
    total = 0
    for home in homes:
        try:
            total += len(os.listdir(home / "Maildir/new"))
        except OSError:
            pass
    return total


def maildir(bench, mta, work):
    """Delivery into Maildirs on this host, until all messages are files in new/."""
    load, note = load_of(bench, mta, work)
    load.pop("messages", None)
    users = load.pop("users")
    homes = bench.homes[:users]
    load.update(to="spbench@local.example" if users > 1 else "spbench0@local.example", users=users if users > 1 else 0)
    base, meter = count_mail(homes), Meter(mta)
    result = B.run_load(B.load_command(mta.addr, **load))
    want = result.get("ok", 0)
    got = wait_count(lambda: count_mail(homes) - base, want, 0.03)
    seconds = time.monotonic() - meter.start
    if got < want:
        seconds -= DRAIN
    time.sleep(TAIL)
    return dict(meter.record(got, seconds, result.get("lat_p50_ms"), result.get("lat_p99_ms"),
                             notes(note, result.get("error"), want - got and f"{want - got} not delivered")), lost=want - got)


def spawn_all(command, count, parallel, stdin):
    """Runs the command so many times; (ms that each took, how many failed, the most KiB of memory that one had)."""
    running, took, bad, left, most = {}, [], 0, count, 0
    files = [(os.POSIX_SPAWN_OPEN, 0, str(stdin), os.O_RDONLY, 0), (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
             (os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]
    give_up = time.monotonic() + 60
    while running or (left and time.monotonic() < give_up):
        while left and len(running) < parallel:
            running[os.posix_spawnp(command[0], command, os.environ, file_actions=files)] = time.monotonic()
            left -= 1
        pid, status, used = os.wait4(-1, 0)
        if pid in running:
            took.append(1e3 * (time.monotonic() - running.pop(pid)))
            bad += status != 0
            most = max(most, used.ru_maxrss)
    return sorted(took), bad, most


def percentile(ordered, part):
    return ordered[int((len(ordered) - 1) * part)] if ordered else None


class Commands:
    """Commands that were run as processes of the mail system; cpu: our own part of what its group used."""

    def __init__(self, mta, command, count, parallel, stdin):
        own, start = sum(os.times()[:2]), time.monotonic()
        mta.cg.enter()
        try:
            self.took, self.bad, self.memory = spawn_all(command, count, parallel, stdin)
            self.seconds, self.cpu = time.monotonic() - start, sum(os.times()[:2]) - own
        finally:
            mta.cg.leave()

    def record(self, meter, units, *words):
        record = meter.record(units, self.seconds, percentile(self.took, .5), percentile(self.took, .99),
                              notes(*words, self.bad and f"{self.bad} calls failed"))
        if units > 0:
            record["cpu"] -= 1e3 * self.cpu / units
        return record


def submit(bench, mta, work):
    """Calls of the sendmail command; the rate is that of the calls, CPU and the rest include the delivery."""
    command = shlex.split(mta.verb("sendmail")) + ["rcpt@dest.example"]
    calls = ability(mta, "calls", bench.calls)
    base, meter = bench.sink.get()["rcpts"], Meter(mta)
    ran = Commands(mta, command, calls, work.load["sessions"], bench.message)
    sent = len(ran.took) - ran.bad
    got = wait_count(lambda: bench.sink.get()["rcpts"] - base, sent)
    time.sleep(TAIL)
    return dict(ran.record(meter, sent, calls < bench.calls and f"{calls} calls", got < sent and "not all delivered"),
                lost=sent - got)


def open_session(port, number, timeout=3):
    """A client with an address of its own, greeted and after EHLO: (socket or None, seconds to the greeting, why not)."""
    s = socket.socket()
    s.settimeout(timeout)
    s.bind((f"127.0.{1 + number // 200}.{1 + number % 200}", 0))
    start = time.monotonic()
    try:
        s.connect(("127.0.0.1", port))
        answer = s.recv(500)
        greeted = time.monotonic() - start
        if answer.startswith(b"220"):
            s.sendall(b"EHLO idle.example\r\n")
            answer = s.recv(2000)
            if answer.startswith(b"250"):
                return s, greeted, ""
        why = answer.decode("latin1").strip() or "closed"
    except OSError as e:
        why = str(e)
    s.close()
    return None, None, why


def alive(s):
    try:
        s.sendall(b"NOOP\r\n")
        return s.recv(500).startswith(b"250")
    except OSError:
        return False


def new_client(mta, record, times):
    """How long one more client waits for its greeting."""
    new = [B.greeted(mta.port)[0] for _ in range(5)]
    if None in new:
        record["note"] = notes(record["note"], "a new client is not greeted")
    else:
        record.update(p50=1e3 * B.median(new), p99=1e3 * max(new + times))


def idle(bench, mta, work):
    """So many sessions after EHLO: their memory each, whether all are served, the time to greet them or one more."""
    want, sessions, times, why = work.load["sessions"], [], [], ""
    want = min(want, ability(mta, work.name, want))
    time.sleep(0.5)
    before = mta.cg.pss()[0]
    meter = Meter(mta)
    meter.sampler.stop()        # reading the memory of 2,000 processes all the time would be the work
    try:
        while len(sessions) < want and not why:
            s, greeted, why = open_session(mta.port, len(sessions))
            if s:
                sessions.append(s)
                times.append(greeted)
        seconds = time.monotonic() - meter.start
        record = meter.record(len(sessions), seconds, note=notes(
            want < work.load["sessions"] and f"{want} sessions", why and f"stopped at {len(sessions)}: {why[:40]}"))
        time.sleep(0.5)
        memory, record["procs"] = mta.cg.pss()
        record["memory"] = (memory - before) / max(1, len(sessions))
        record["served"] = sum(alive(s) for s in sessions)
        if work.load.get("one_more"):
            new_client(mta, record, times)
        else:
            record.update(p50=1e3 * B.median(times), p99=1e3 * percentile(sorted(times), .99))
    finally:
        for s in sessions:
            s.close()
    time.sleep(0.5)
    return record


def holder_memory(mta):
    """PSS in MB of the processes that hold the queue in memory."""
    total = 0
    for pid in mta.verb("qpids").split():
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
    return total / 1024


def settle(mta, limit=30):
    """Until the mail system has nothing left to do."""
    end, last = time.monotonic() + limit, sum(mta.cg.cpu())
    while time.monotonic() < end:
        time.sleep(0.5)
        now = sum(mta.cg.cpu())
        if now - last < 0.02:
            return
        last = now


def list_queue(mta, count):
    """Lists the queue, three times where it is quick: records of the seconds."""
    command, times, lines = shlex.split(mta.verb("qlist")), [], 0
    while len(times) < 3 and sum(times) < 3:
        start = time.monotonic()
        lines = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False,
                               timeout=90).stdout.count(b"\n")
        times.append(time.monotonic() - start)
    record = {"p50": 1e3 * B.median(times), "rate": count / B.median(times), "units": count}
    if lines < count:
        record["note"] = f"only {lines} lines"
    return record


def deferred(bench, mta, work):
    """A big queue that nobody takes: what it costs to fill, to list, and to come back to after a restart."""
    count, (load, note) = ability(mta, "deferred", bench.deferred), load_of(bench, mta, work)
    load.update(messages=count, seconds=120)
    meter = Meter(mta)
    result = B.run_load(B.load_command(mta.addr, **load))
    seconds = time.monotonic() - meter.start
    settle(mta)
    filled = meter.record(result.get("ok", 0), seconds, result.get("lat_p50_ms"), result.get("lat_p99_ms"),
                          notes(note, result.get("error"), count < bench.deferred and f"{count} messages"))
    filled["tree"], filled["memory"] = filled["memory"], holder_memory(mta)
    listed = list_queue(mta, filled["units"])
    mta.stop()
    start = mta.start()
    settle(mta, 10)
    restarted = {"p50": 1e3 * start, "memory": holder_memory(mta), "units": filled["units"]}
    return {"deferred": filled, "listing": listed, "restart": restarted}

# SPDX-License-Identifier: Apache-2.0
"""
steps - what run and profile do alike: the settings of a group of works, the warm-up, one measurement.
"""
import subprocess

import benchlib as B
import measure
import tables

GROUP_SETTINGS = {
    "relay": {}, "local": {"BENCH_LOCAL_DOMAIN": "local.example", "BENCH_LOCAL_USER": "spbench0"},
    "idle": {"BENCH_PROCLIMIT": "3000"}, "default": {"BENCH_PROFILE": "default"}, "deferred": {},
}


class Tools:
    """What a measurement needs beside the mail system."""

    def __init__(self, folder, seconds, deferred):
        self.seconds, self.deferred, self.calls = seconds, deferred, 500
        self.message = folder / "submit.msg"
        self.message.write_text("From: bench@client.example\nTo: rcpt@dest.example\nSubject: x\n\n" + ("X" * 78 + "\n") * 51)
        self.sink, self.homes = None, []


def system_of(name, slot, group):
    settings = tables.settings(name) if group == "tables" else GROUP_SETTINGS[group]
    mta = B.MTA(name, slot, nexthop=1 if group == "deferred" else None, **settings)
    if group == "tables":
        tables.make_alias(mta)
    return mta


def failed(work, e):
    return {work.name: {"note": f"failed: {type(e).__name__}: {e}"[:160]}}


def measure_one(tools, mta, work):
    cannot = measure.ability(mta, work.name)
    if isinstance(cannot, str):
        return {work.name: {"note": cannot}}
    try:
        records = getattr(tables if hasattr(tables, work.measure) else measure, work.measure)(tools, mta, work)
    except (OSError, RuntimeError, KeyError, ValueError, TypeError, subprocess.SubprocessError) as e:
        return failed(work, e)
    return records if work.name in records else {work.name: records}


def delivered(tools, work):
    """The function that counts what has arrived."""
    if work.group == "local":
        return lambda: measure.count_mail(tools.homes[:1])
    return lambda: tools.sink.get()["rcpts"]


def warm_up(tools, mta, work):
    """
    Seconds of the same load, until no more processes come: one for most, four at most.  Postfix starts one or two
    for each session, and the start of two hundred takes longer than the measurement.
    """
    load, _ = measure.load_of(tools, mta, work)
    if work.measure == "submit" or load.get("rcpts", 1) > 1:
        return
    load.update(seconds=1)
    if work.group == "local":
        load.pop("users")
        load.update(to="spbench0@local.example")
    for _ in range(4):
        before = len(mta.cg.pids())
        arrived = delivered(tools, work)
        base = arrived()
        got = B.run_load(B.load_command(mta.addr, **load)).get("ok", 0)
        after = len(mta.cg.pids())
        measure.wait_count(lambda count=arrived, want=base: count() - want, got, 0.02)
        if after <= before * 1.1 or mta.spec.startswith("exim"):
            return

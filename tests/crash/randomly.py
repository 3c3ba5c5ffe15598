# SPDX-License-Identifier: Apache-2.0
"""
randomly - seeded random kills under concurrent load: single processes, sometimes master, sometimes all.

    result, log = run(args, place)          args.seed, args.count, args.library

The seed gives who is killed and when; what the processes are doing just then, the machine gives.
"""

import os
import random
import threading
import time

from judge import Finding, verdict
from patterns import FAR, REFUSED, SECOND
from series import Result, crash_lines
from support.suite import Suite, wait_for
from world import World

CLIENTS = 4
PAUSE = (0.01, 0.12)  # seconds between kills
MASTERS, ALL = 0.02, 0.06  # shares of the kills
VICTIMS = ("smtpd", "cleanup", "qmgr", "smtp", "local", "bounce", "pickup", "trivial-rewrite", "proxymap", "resolver")


class Load:
    """Clients that send as fast as they are served, each kind of mail in turn."""

    def __init__(self, world):
        self.world, self.stop, self.lock = world, threading.Event(), threading.Lock()
        self.threads = [threading.Thread(target=self.client, args=(i,)) for i in range(CLIENTS)]

    def client(self, number):
        kinds = [self.relay, self.local, self.submit, self.refused, self.later]
        n = number
        while not self.stop.is_set():
            with self.lock:
                name = self.world.name("random")
            kinds[n % len(kinds)](name)
            n += 1
            if self.world.sent[name].said != "yes":
                time.sleep(0.02)

    def relay(self, name):
        self.world.send(name, [f"{name}@{FAR}"], size=3000)

    def local(self, name):
        self.world.send(name, [self.world.suite.address(), f"{name}@{FAR}"])

    def submit(self, name):
        self.world.submit(name, [f"{name}@{FAR}"])

    def refused(self, name):
        self.world.send(name, [f"{name}@{REFUSED}"], returned=[f"{name}@{REFUSED}"])

    def later(self, name):
        self.world.send(name, [f"{name}@{SECOND}"], size=100_000)


class Killer:
    def __init__(self, world, seed, count):
        self.world, self.rng, self.count = world, random.Random(seed), count
        self.done = dict.fromkeys(("all", "master", *VICTIMS), 0)

    def victim(self):
        r = self.rng.random()
        return "all" if r < ALL else "master" if r < ALL + MASTERS else self.rng.choice(VICTIMS)

    def kill(self, who):
        world = self.world
        if who == "all":
            world.points.at.frozen = 1
            world.kill_all()
        elif who == "master":
            world.kill_program("master", [world.suite.master_pid() or 0][:1] if world.alive() else [])
            wait_for(lambda: not world.alive(), 5, 0.002)
        else:
            pids = world.suite.pids(who)
            if not pids:
                return False
            world.kill_program(who, [self.rng.choice(sorted(pids))])
        self.done[who] += 1
        if not world.alive():
            world.start_again()
        return True

    def run(self, progress):
        done, tries = 0, 0
        end = time.monotonic() + 30 + self.count * 1.0
        while done < self.count and time.monotonic() < end:
            time.sleep(self.rng.uniform(*PAUSE))
            done += self.kill(self.victim())
            tries += 1
            if tries % 100 == 0:
                progress(done)
        return done


def run(args, place):
    Suite.count = 90
    start = time.monotonic()
    world = World(place, args.library)
    result = Result("random")
    try:
        world.start()
        load, killer = Load(world), Killer(world, args.seed, args.count)
        for t in load.threads:
            t.start()
        try:
            result.tried = killer.run(lambda n: print(f"    {n} of {args.count} random kills, {len(world.sent)} messages", flush=True))
        finally:
            load.stop.set()
            for t in load.threads:
                t.join(60)
        rest(world, result)
        result.restarts = world.restarts
        result.seconds = time.monotonic() - start
        told = ", ".join(f"{k} {v}" for k, v in killer.done.items() if v)
        yes = sum(s.said == "yes" for s in world.sent.values())
        print(f"    random: {len(world.sent)} messages, {yes} promised; killed: {told}", flush=True)
        return result, world.suite.log()[-6000:] if args.keep and result.findings else ""
    finally:
        world.close()


def rest(world, result):
    sents = list(world.sent.values())
    if not world.settle(sents, lambda: None, seconds=60):
        result.findings.append(Finding("stuck", "", f"in the queue after 60 s: {sorted(world.waiting())[:10]}"))
    for key in world.a_day_later():
        result.findings.append(Finding("left", key, f"{key} is still there a day later"))
    findings, result.repeated = verdict(world, sents)
    result.findings += findings
    result.findings += [Finding("crashed", "", line) for line in crash_lines(world.suite.log())]

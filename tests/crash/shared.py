# SPDX-License-Identifier: Apache-2.0
"""
shared - the file in which the preloaded library (points.c) counts, and is told where to strike.

    points = Points(path, ["/queue/incoming", ...])
    points.arm()                                    counts only
    points.calls()                                  [Call(program, cls, n, kind, path), ...]
    points.arm(Target("cleanup", CHANGE, 3, after=True, action=KILL))
    points.fired()
    points.disarm()
"""

import collections
import ctypes
import mmap
import os
import pathlib
import signal
import time

MAGIC = 0x63726173
CHANGE, READ, SAY, OPEN = 1, 2, 3, 4
CLASS_NAMES = {CHANGE: "change", READ: "read", SAY: "say", OPEN: "open"}
COUNT, KILL, FREEZE, ERROR, FULL, SHORT = range(6)

Call = collections.namedtuple("Call", "program cls n kind path")
Target = collections.namedtuple("Target", "program cls n after action error", defaults=(False, KILL, 0))

u32 = ctypes.c_uint32


class Program(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char * 24), ("count", u32 * 5), ("spare", u32)]


class Traced(ctypes.Structure):
    _fields_ = [("program", ctypes.c_char * 24), ("kind", ctypes.c_char * 16), ("path", ctypes.c_char * 200),
                ("cls", u32), ("n", u32)]


class Layout(ctypes.Structure):
    """struct points of points.h, member by member."""

    _fields_ = [("magic", u32), ("armed", u32), ("action", u32), ("cls", u32), ("n", u32), ("after", u32),
                ("error", ctypes.c_int32), ("claimed", u32), ("fired", u32), ("fired_pid", u32), ("frozen", u32),
                ("flush_delay_us", u32), ("shift_s", ctypes.c_int64), ("target", ctypes.c_char * 24),
                ("roots", (ctypes.c_char * 200) * 16), ("nprograms", u32), ("npids", u32), ("ntrace", u32),
                ("spare", u32), ("programs", Program * 64), ("pids", u32 * 16384), ("trace", Traced * 16384)]


class Points:
    def __init__(self, path, roots):
        self.path = pathlib.Path(path)
        with open(self.path, "w+b") as f:
            f.truncate(ctypes.sizeof(Layout))
            self.map = mmap.mmap(f.fileno(), ctypes.sizeof(Layout))
        self.path.chmod(0o666)  # daemons of all accounts
        self.at = Layout.from_buffer(self.map)
        for i, root in enumerate(roots):
            self.at.roots[i].value = f"{root}/".encode()
        self.at.magic = MAGIC

    def arm(self, target=None):
        """Counts from zero; with a target, until it is hit."""
        at = self.at
        at.armed = 0
        for program in at.programs:
            for cls in range(5):
                program.count[cls] = 0
        at.ntrace = at.claimed = at.fired = at.fired_pid = 0
        at.action = COUNT
        at.target = b""
        if target:
            at.cls, at.n, at.after, at.error = target.cls, target.n, target.after, target.error
            at.action = target.action
            at.target = target.program.encode()
        at.armed = 1

    def disarm(self):
        self.at.armed = 0

    def fired(self):
        return bool(self.at.fired)

    def calls(self):
        """What has been counted since arm()."""
        out = []
        for i in range(min(self.at.ntrace, 16384)):
            t = self.at.trace[i]
            out.append(Call(t.program.decode(), t.cls, t.n, t.kind.decode(), t.path.decode(errors="replace")))
        return out

    def living(self):
        """The processes that have this file mapped."""
        out = []
        first = max(0, self.at.npids - 16384)
        for i in range(first, self.at.npids):
            pid = self.at.pids[i % 16384]
            if self.is_ours(pid):
                out.append(pid)
        return sorted(set(out))

    def is_ours(self, pid):
        """It has the file mapped, or is told to by its environment and has not come to that yet."""
        path = os.fsencode(self.path)
        try:
            return any(path in pathlib.Path(f"/proc/{pid}/{file}").read_bytes() for file in ("maps", "environ"))
        except OSError:
            return False

    def kill_all(self, seconds=10):
        """
        All of them at once, the frozen ones, too; and nobody is left when it returns.  Who has just been
        forked or executed is not yet to be seen as ours, so that nobody must be found twice in a row.
        """
        end = time.monotonic() + seconds
        unseen = 0
        while unseen < 2:
            pids = self.living()
            unseen = 0 if pids else unseen + 1
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            if time.monotonic() > end:
                raise RuntimeError(f"these processes do not end: {pids}")
            time.sleep(0.002 if pids else 0.005)
        self.at.npids = 0
        self.at.frozen = 0

    def close(self):
        self.at = None
        self.map.close()

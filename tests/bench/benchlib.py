# SPDX-License-Identifier: Apache-2.0
"""
benchlib - shared parts of the benchmarks: the life of a mail system, the sink, accounting.

Nothing in here knows a particular mail system: see adapters/README.md.
Everything runs on loopback; all waits are bounded.
"""
import atexit
import json
import mmap
import os
import resource
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
STATE = os.environ.get("BENCH_DIR") or os.path.join(os.environ.get("TMPDIR", "/tmp"), "mta-bench")
BIN = os.environ.get("BENCH_BIN") or os.path.join(STATE, "bin")
BASEPORT = int(os.environ.get("BENCH_PORT", "21500"))
HZ = os.sysconf("SC_CLK_TCK")


def build_tools():
    """Compiles our own load tools, where they are not there yet or older than their source."""
    os.makedirs(BIN, exist_ok=True)
    for name, libs in (("smtpsink", []), ("smtpload", ["-lssl", "-lcrypto"]), ("fsyncref", [])):
        src, out = os.path.join(HERE, "src", name + ".c"), os.path.join(BIN, name)
        if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(src):
            subprocess.run([os.environ.get("CC", "cc"), "-O2", "-Wall", "-pthread", "-o", out, src] + libs, check=True)
    os.environ["BENCH_BIN"] = BIN


def log(*a):
    print(time.strftime("%H:%M:%S"), *a, file=sys.stderr, flush=True)


# ---------------------------------------------------------------- accounting

def own_groups():
    """The control groups in which we run: {"v1": path of cpuacct, "v2": path}."""
    groups = {}
    with open("/proc/self/cgroup") as f:
        for line in f:
            number, controllers, path = line.rstrip("\n").split(":", 2)
            if number == "0":
                groups["v2"] = path
            elif "cpuacct" in controllers.split(","):
                groups["v1"] = path
    return groups


OWN_GROUP = own_groups()

class Cgroup:
    """CPU of all processes that an MTA ever had, also of those gone.

    Uses a cgroup (v2 cpu.stat, or v1 cpuacct) where one can be made; else
    the process trees below the given root pids, with reaped children.
    """

    def __init__(self, name):
        self.dir = self.kind = None
        self.roots = []
        tag = "bench-%s-%d" % (name.replace(":", "-").replace("/", "-"), os.getpid())
        for base, kind, probe in (("/sys/fs/cgroup/cpuacct", "v1", "cpuacct.usage"),
                                  ("/sys/fs/cgroup", "v2", "cpu.stat"),
                                  ("/sys/fs/cgroup/unified", "v2", "cpu.stat")):
            d = os.path.join(base, tag)
            try:
                os.mkdir(d)
            except OSError:
                continue
            if os.path.exists(os.path.join(d, probe)):
                self.dir, self.kind = d, kind
                break
            os.rmdir(d)

    def enter(self):
        """For preexec_fn: put the calling process into the group."""
        if self.dir:
            with open(os.path.join(self.dir, "cgroup.procs"), "w") as f:
                f.write(str(os.getpid()))

    def leave(self):
        """Puts the calling process back to where it was when we began."""
        if self.dir:
            base = os.path.dirname(self.dir)
            with open(base + OWN_GROUP.get(self.kind, "").rstrip("/") + "/cgroup.procs", "w") as f:
                f.write(str(os.getpid()))

    def pids(self):
        if self.dir:
            with open(os.path.join(self.dir, "cgroup.procs")) as f:
                return [int(x) for x in f.read().split()]
        out, todo = [], list(self.roots)
        while todo:
            p = todo.pop()
            out.append(p)
            try:
                todo += [int(x) for x in open("/proc/%d/task/%d/children" % (p, p)).read().split()]
            except OSError:
                pass
        return out

    def cpu(self):
        """(user, system) seconds so far."""
        if self.kind == "v1":
            u = int(open(self.dir + "/cpuacct.usage_user").read()) / 1e9
            s = int(open(self.dir + "/cpuacct.usage_sys").read()) / 1e9
            return u, s
        if self.kind == "v2":
            d = dict(l.split() for l in open(self.dir + "/cpu.stat"))
            return int(d["user_usec"]) / 1e6, int(d["system_usec"]) / 1e6
        u = s = 0
        for p in self.pids():
            try:
                f = open("/proc/%d/stat" % p).read().rsplit(")", 1)[1].split()
                u += int(f[11]) + int(f[13])
                s += int(f[12]) + int(f[14])
            except OSError:
                pass
        return u / HZ, s / HZ

    def pss(self):
        """(PSS in KiB, number of processes) of the group now."""
        total = n = 0
        for p in self.pids():
            try:
                for l in open("/proc/%d/smaps_rollup" % p):
                    if l.startswith("Pss:"):
                        total += int(l.split()[1])
                        n += 1
                        break
            except OSError:
                pass
        return total, n

    def close(self):
        if self.dir:
            for _ in range(50):
                try:
                    os.rmdir(self.dir)
                    return
                except OSError:
                    time.sleep(0.1)


class Sampler(threading.Thread):
    """Peak PSS; takes at most about 2% of the time."""

    def __init__(self, cg):
        super().__init__(daemon=True)
        self.cg, self.peak, self.nproc, self.end = cg, 0, 0, threading.Event()

    def run(self):
        pause = 0.7
        while not self.end.wait(pause):
            t = time.time()
            p, n = self.cg.pss()
            self.peak, self.nproc = max(self.peak, p), max(self.nproc, n)
            pause = max(1.0, 50 * (time.time() - t))

    def stop(self):
        self.end.set()
        self.join()


def system_counters():
    c = {}
    for l in open("/proc/stat"):
        if l.startswith("ctxt"):
            c["ctxt"] = int(l.split()[1])
        elif l.startswith("cpu "):
            f = [int(x) for x in l.split()[1:]]
            c["busy"] = (sum(f[:3]) + sum(f[5:8])) / HZ
            c["iowait"] = f[4] / HZ
        elif l.startswith("processes"):
            c["forks"] = int(l.split()[1])
    try:
        dev = os.stat(STATE).st_dev
        for l in open("/proc/diskstats"):
            f = l.split()
            if os.makedev(int(f[0]), int(f[1])) == dev:
                c["writes"], c["wkb"] = int(f[7]), int(f[9]) // 2
                c["flushes"] = int(f[18]) if len(f) > 18 else 0
    except OSError:
        pass
    return c


# ---------------------------------------------------------------- processes

class Sink:
    """The counting next hop.  Further addresses: 127.0.1.1 and on, see smtpsink.c."""

    def __init__(self, port, *extra):
        self.port = port
        self.path = os.path.join(STATE, "sink.%d" % port)
        command = [os.path.join(BIN, "smtpsink"), "-p", str(port), "-f", self.path, *extra]
        self.p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        atexit.register(self.close)
        wait_port(port)
        with open(self.path, "rb") as f:
            self.m = mmap.mmap(f.fileno(), 4096, prot=mmap.PROT_READ)

    def get(self):
        v = struct.unpack("<8Q", self.m[:64])
        return dict(zip(("conns", "msgs", "rcpts", "bytes", "cur", "maxcur", "first_ns", "last_ns"), v))

    def cpu(self):
        f = open("/proc/%d/stat" % self.p.pid).read().rsplit(")", 1)[1].split()
        return (int(f[11]) + int(f[12])) / HZ

    def switch_deferred(self):
        """Accept recipients called "defer..." from now on, or again no longer."""
        self.p.send_signal(signal.SIGUSR1)

    def close(self):
        if self.p.poll() is None:
            self.p.terminate()
            self.p.wait()


def wait_port(port, host="127.0.0.1", seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection((host, port), 1).close()
            return True
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("nothing listens on port %d" % port)


def greeted(port, host="127.0.0.1", seconds=5):
    """Connect and wait for the 220 greeting: (seconds or None, text)."""
    t = time.time()
    try:
        s = socket.create_connection((host, port), seconds)
        s.settimeout(seconds)
        d = s.recv(200)
        s.close()
        return (time.time() - t if d.startswith(b"220") else None), d.decode("latin1").strip()
    except OSError as e:
        return None, str(e)


class MTA:
    """One mail system, through its adapter.  spec: name or name:profile.  Its state folder begins empty."""

    def __init__(self, spec, idx=0, nexthop=None, **env):
        self.spec = spec
        name, _, prof = spec.partition(":")
        self.adapter = os.path.join(HERE, "adapters", name + ".sh")
        if not os.path.exists(self.adapter):
            sys.exit("no adapter %s" % self.adapter)
        self.port = BASEPORT + 10 + idx
        self.state = os.path.join(STATE, "state", spec.replace(":", "-"))
        self.env = dict(os.environ, BENCH_STATE=self.state, BENCH_LISTEN="127.0.0.1:%d" % self.port,
                        BENCH_NEXTHOP="127.0.0.1:%d" % (nexthop or BASEPORT), BENCH_PROFILE=prof or "tuned",
                        BENCH_BIN=BIN)
        self.env.update({k: str(v) for k, v in env.items()})
        self.addr = "127.0.0.1:%d" % self.port
        self.cg = None
        self.configured = False

    def setup(self):
        """A new state folder and its configuration."""
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state)
        self.verb("setup")
        self.configured = True

    def verb(self, v, check=True):
        r = subprocess.run([self.adapter, v], env=self.env, stdout=subprocess.PIPE, text=True, timeout=60)
        if check and r.returncode:
            raise RuntimeError("%s %s: exit %d" % (self.spec, v, r.returncode))
        return r.stdout.strip()

    def start(self):
        """Starts it; the seconds until it greeted a client.  Only the first start writes the configuration."""
        if greeted(self.port, seconds=0.5)[0] is not None:
            raise RuntimeError("something else answers on port %d: another run, or one that was killed?" % self.port)
        if not self.configured:
            self.setup()
        self.cg = Cgroup(self.spec)
        t = time.time()
        # stdout/stderr to a file: a daemon must not hold our pipe
        with open(os.path.join(self.state, "adapter.out"), "ab") as f:
            r = subprocess.run([self.adapter, "start"], env=self.env, stdin=subprocess.DEVNULL, stdout=f, stderr=f,
                               preexec_fn=self.cg.enter, timeout=60)
        if r.returncode:
            raise RuntimeError("%s start: exit %d, see %s/adapter.out" % (self.spec, r.returncode, self.state))
        if not self.cg.dir:
            self.cg.roots = [int(x) for x in self.verb("qpids", False).split()]
        end = t + 60
        while greeted(self.port, seconds=5)[0] is None:
            if time.time() > end:
                raise RuntimeError("%s gives no greeting" % self.spec)
            time.sleep(0.002)
        return time.time() - t

    def stop(self):
        try:
            self.verb("stop", False)
        except subprocess.TimeoutExpired:
            log("%s: stop took too long" % self.spec)
        end = time.time() + 10
        while self.cg.pids() and time.time() < end:
            time.sleep(0.05)
        for p in self.cg.pids():        # only what was started in our group
            try:
                os.kill(p, signal.SIGKILL)
            except OSError:
                pass
        self.cg.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *a):
        self.stop()


# ---------------------------------------------------------------- load

def load_command(addr, sessions=1, messages=1000000, length=4096, perconn=1, rcpts=1, seconds=300, to=None,
                 users=0, domains=0, pipelining=False, tls=False):
    """The command line of our own client."""
    c = [os.path.join(BIN, "smtpload"), "-s", str(sessions), "-m", str(messages), "-l", str(length), "-n", str(perconn),
         "-r", str(rcpts), "-x", str(max(1, int(seconds)))]
    for flag, value in (("-D", domains), ("-u", users), ("-t", to)):
        if value:
            c += [flag, str(value)]
    for flag, on in (("-P", pipelining), ("-T", tls)):
        if on:
            c.append(flag)
    return c + [addr]


def children_cpu():
    """CPU seconds of our children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def run_load(cmd, timeout=330):
    """Runs a tool that prints JSON: that, and how long it took, its CPU time and its exit status."""
    t = time.monotonic()
    cpu = children_cpu()
    r = subprocess.run(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    out = {"elapsed": time.monotonic() - t, "rc": r.returncode, "load_cpu": children_cpu() - cpu}
    try:
        out.update(json.loads(r.stdout))
    except ValueError:
        pass
    if r.returncode and "error" not in out:
        out["error"] = (r.stderr or r.stdout).strip()[-200:]
    return out


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None

# SPDX-License-Identifier: Apache-2.0
"""
disk - the block device that is recorded, and the images that are made of the recording.

    with Recorded(types["ext4"], folder, recorder_program) as disk:     mkfs, mounted at disk.mount
        ... disk.position() ...
    with Scratch(types["ext4"], folder, size) as scratch:
        ... write to scratch.file ...
        with scratch.mounted() as folder: ...

What was seen on kernel 6.18: the loop device has a volatile write cache ("write back") and no FUA;
the block layer turns FUA into a write and a flush behind it, and each flush arrives at the FUSE file as
fsync.  Writes arrive there before the loop device reports them, with direct I/O and without;
without it they are cut at the pages of the cache.  Direct I/O is asked for, so that nothing
but the recorder is between block layer and log.  Deallocation is offered by the
loop device, but not by the recorder's file: mkfs and mount are told not to use it.
"""

import collections
import contextlib
import os
import pathlib
import shutil
import subprocess
import time

from support.place import must, run

MIB = 1 << 20

Type = collections.namedtuple("Type", "name size mkfs mkfs_options options")

types = {t.name: t for t in (
    Type("ext4", 128 * MIB, "mkfs.ext4",
         ["-q", "-F", "-b", "4096", "-J", "size=8", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0"], "nodiscard,noatime"),
    Type("xfs", 320 * MIB, "mkfs.xfs", ["-q", "-f", "-K"], "nodiscard,noatime"),
    Type("btrfs", 256 * MIB, "mkfs.btrfs", ["-q", "-f", "-K"], "nodiscard,noatime"),
)}


class Missing(Exception):
    """Something that this machine does not have; its text says what."""


def need(kind):
    """Raises Missing when a file system of this type can be neither made nor mounted here."""
    if shutil.which(kind.mkfs) is None:
        raise Missing(f"{kind.name}: there is no {kind.mkfs}")
    run(["modprobe", kind.name]) if shutil.which("modprobe") else None
    names = [line.split()[-1] for line in pathlib.Path("/proc/filesystems").read_text().splitlines()]
    if kind.name not in names:
        raise Missing(f"{kind.name}: the kernel does not know it")


def need_machine():
    if os.geteuid() != 0:
        raise Missing("only root may mount file systems")
    for device in ("/dev/fuse", "/dev/loop-control"):
        try:
            os.close(os.open(device, os.O_RDWR))
        except OSError as why:
            raise Missing(f"{device}: {why.strerror}") from why
    for tool in ("cc", "pkg-config", "losetup", "mount", "fusermount3"):
        if shutil.which(tool) is None:
            raise Missing(f"there is no {tool}")
    if run(["pkg-config", "--exists", "fuse3"]).returncode != 0:
        raise Missing("libfuse3 is missing (Debian: apt install libfuse3-dev fuse3)")


def compile_with(source, to, *more):
    flags = must(["pkg-config", "--cflags", "--libs", "fuse3"]).split() if "fuse" in source.read_text() else []
    must(["cc", "-std=gnu17", "-Wall", "-Wextra", "-O2", "-o", to, source, *more, *flags])
    return to


def unmount(folder):
    """Whoever still has a file open there gets some seconds to end."""
    for _ in range(100):
        done = run(["umount", folder])
        if done.returncode == 0:
            return
        time.sleep(0.1)
    raise AssertionError(f"umount {folder}: {done.stderr}")


class Recorded:
    def __init__(self, kind, folder, program):
        self.kind, self.program = kind, program
        self.fuse, self.mount, self.log = folder / "fuse", folder / "disk", folder / "recording"
        self.fuse.mkdir()
        self.mount.mkdir()
        self.server = self.device = None

    def __enter__(self):
        self.server = subprocess.Popen([str(self.program), str(self.log), str(self.kind.size), str(self.fuse)])
        try:
            self.attach()
        except BaseException:
            self.close()
            raise
        return self

    def attach(self):
        end = time.monotonic() + 10
        while not (self.fuse / "disk").exists():
            assert time.monotonic() < end and self.server.poll() is None, "the recorder does not start"
            time.sleep(0.02)
        self.device = must(["losetup", "-f", "--show", "--direct-io=on", self.fuse / "disk"]).strip()
        cache = pathlib.Path(f"/sys/block/{self.device[5:]}/queue/write_cache").read_text().strip()
        assert cache == "write back", f"the loop device has the cache {cache}: it would pass no flush on"
        must([self.kind.mkfs, *self.kind.mkfs_options, self.device])
        must(["mount", "-t", self.kind.name, "-o", self.kind.options, self.device, self.mount])

    def __exit__(self, *_):
        self.close()

    def position(self):
        return os.stat(self.log).st_size

    def close(self):
        if os.path.ismount(self.mount):
            unmount(self.mount)
        if self.device:
            must(["losetup", "-d", self.device])
            self.device = None
        if self.server:
            if os.path.ismount(self.fuse):
                unmount(self.fuse)
            else:
                self.server.terminate()
            assert self.server.wait(20) == 0, "the recorder failed"
            self.server = None


class Scratch:
    """An image in memory that is filled, mounted and forgotten again and again."""

    def __init__(self, kind, folder):
        self.kind, self.path, self.mount = kind, folder / "scratch", folder / "copy"
        self.mount.mkdir(exist_ok=True)
        self.file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.file)
        self.path.unlink()

    @contextlib.contextmanager
    def mounted(self):
        done = run(["mount", "-t", self.kind.name, "-o", "loop," + self.kind.options, self.path, self.mount])
        if done.returncode != 0:
            raise Unmountable(done.stderr.strip())
        try:
            yield self.mount
        finally:
            unmount(self.mount)


class Unmountable(Exception):
    """An image that the file system itself refuses."""

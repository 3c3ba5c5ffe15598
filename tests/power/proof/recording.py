# SPDX-License-Identifier: Apache-2.0
"""
recording - the log of recorder.c, and any moment of it as a disk again.

    recording = Recording(path)
    disk = Disk(recording, size)
    for point in recording.points(after=position):
        disk.forward(point)                 all writes up to its flush
        disk.write_to(scratch_file)         ... as an image
        disk.add_some(scratch_file, point, random)     some of what lay in the cache at that time

A position is an offset in the log: an entry lies in front of it, or behind it.
"""

import collections
import mmap
import os
import struct

WRITE, FLUSH = 1, 2
HEAD = struct.Struct("=QQII")
CHUNK = 65536
PIECE = 4096  # of a write that was under way, each of these is on the disk or not; smaller ones are never torn
ZEROES = bytes(CHUNK)

Entry = collections.namedtuple("Entry", "kind ns offset data length end")

# All up to entry `flush` is on the disk; its cache holds the writes between `flush` and `until`, the
# next flush that has any.  Power may fail at any time from `begin` to `end` (positions); `end_ns` is the clock then.
Point = collections.namedtuple("Point", "number flush until begin end end_ns")

# What a disk that lost some of its cache had got by `end`.
Cut = collections.namedtuple("Cut", "pieces written begin end end_ns")


class Recording:
    def __init__(self, path):
        with open(path, "rb") as f:
            self.bytes = mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)
        self.entries = list(self.read())

    def read(self):
        at = 0
        while at + HEAD.size <= len(self.bytes):
            ns, offset, length, kind = HEAD.unpack_from(self.bytes, at)
            assert kind in (WRITE, FLUSH), f"no entry at {at} of the recording"
            data = at + HEAD.size
            at = data + (length if kind == WRITE else 0)
            if at <= len(self.bytes):
                yield Entry(kind, ns, offset, data, length, at)

    def points(self, after):
        """Each flush behind position `after` that had writes to flush."""
        flushes, dirty = [], False
        for i, entry in enumerate(self.entries):
            if entry.kind == WRITE:
                dirty = True
            elif dirty:
                flushes.append(i)
                dirty = False
        last = len(self.entries) - 1
        for n, i in enumerate(flushes):
            until = flushes[n + 1] if n + 1 < len(flushes) else last
            if self.entries[until].end > after:
                yield Point(n, i, until, self.entries[i].end, self.entries[until].end, self.entries[until].ns)

    def writes(self, first, last):
        return [e for e in self.entries[first:last] if e.kind == WRITE]

    def data(self, entry):
        return self.bytes[entry.data:entry.data + entry.length]


class Disk:
    def __init__(self, recording, size):
        self.recording, self.size, self.next = recording, size, 0
        self.image = mmap.mmap(-1, size)
        self.chunks = {}  # those that were written: whether anything but zeroes is there, None: not known yet

    def close(self):
        self.image.close()

    def forward(self, point):
        for entry in self.recording.writes(self.next, point.flush):
            self.image[entry.offset:entry.offset + entry.length] = self.recording.data(entry)
            for chunk in range(entry.offset // CHUNK, (entry.offset + entry.length - 1) // CHUNK + 1):
                self.chunks[chunk] = None
        self.next = point.flush

    def write_to(self, file):
        os.ftruncate(file, 0)
        os.ftruncate(file, self.size)
        for chunk in sorted(self.chunks):
            if self.chunks[chunk] is False:
                continue
            data = self.image[chunk * CHUNK:(chunk + 1) * CHUNK]
            self.chunks[chunk] = data != ZEROES[:len(data)]
            if self.chunks[chunk]:
                os.pwrite(file, data, chunk * CHUNK)

    def cut(self, point, random):
        """Power fails somewhere between two flushes; of what was written since, some is there.  None: nothing was written."""
        since = self.recording.writes(point.flush, point.until)
        if not since:
            return None
        since = since[:random.randint(1, len(since))]
        share, pieces = random.choice((0.1, 0.5, 0.9)), []
        for entry in since:
            for at in range(0, entry.length, PIECE):
                if random.random() < share:
                    pieces.append((entry.offset + at, self.recording.data(entry)[at:at + PIECE]))
        return Cut(pieces, len(since), since[-1].end, point.end, point.end_ns)

    def add_some(self, file, cut):
        for offset, data in cut.pieces:
            os.pwrite(file, data, offset)

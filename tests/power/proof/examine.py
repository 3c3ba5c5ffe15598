# SPDX-License-Identifier: Apache-2.0
"""
examine - reads the queue and the Maildir of an image, and judges them by the journal.

The suite's own postcat says what a queue file holds and whether it is whole; what the content of each
file was told is kept, since most files are the same in the next image.
"""

import collections
import hashlib
import os
import re

from support.place import run

from .letters import LETTER, key_of, keys
from .traffic import QUEUES

LINES = re.compile(r"^(sender|recipient|done_recipient|recipient_state): (.*)$", re.M)

# What one queue file holds: the letter's number, whether it is a bounce, what is still to be done for which recipients.
Held = collections.namedtuple("Held", "number bounce waiting whole")

# waiting: key: names of the files that have it; boxed: number: count of whole copies; damaged: names of files.
Found = collections.namedtuple("Found", "waiting boxed damaged")


class Reader:
    def __init__(self, place, journal):
        self.postcat, self.journal, self.known = place.sbin / "postcat", journal, {}

    def held(self, path):
        """None: this is no message that was ever accepted."""
        content = path.read_bytes()
        digest = hashlib.sha256(content).digest()
        if digest not in self.known:
            self.known[digest] = self.ask(path, content)
        return self.known[digest]

    def ask(self, path, content):
        done = run([self.postcat, "-e", path])
        found = LETTER.search(content)
        if done.returncode != 0 or found is None or "altered" in done.stdout:
            return None
        number, waiting, sender, address = int(found[1]), [], None, None
        for name, value in LINES.findall(done.stdout):
            if name == "sender":
                sender = value
            elif name == "recipient":
                waiting.append(key_of(value, number))
            elif name == "done_recipient":
                address = value
            elif "notice owed" in value and address is not None:
                waiting.append(key_of(address, number))
        letter = self.journal.letters[number]
        return Held(number, sender == "", waiting, sender == "" or letter.whole_in(content))

    def boxed(self, path):
        """The number of the letter, None when it is not whole."""
        content = path.read_bytes()
        digest = hashlib.sha256(content).digest()
        if digest not in self.known:
            found = LETTER.search(content)
            number = int(found[1]) if found else None
            self.known[digest] = number if found and self.journal.letters[number].whole_in(content) else None
        return self.known[digest]


def files_below(folder):
    for where, _, names in os.walk(folder):
        for name in names:
            yield os.path.join(where, name)


def look(root, reader):
    """Found in the image that is mounted at root."""
    found = Found(collections.defaultdict(list), collections.Counter(), [])
    seen = set()
    for queue in QUEUES:
        for name in files_below(root / "spool" / queue):
            path = root / name
            held = reader.held(path) if queue != "maildrop" or path.stat().st_mode & 0o100 else None
            short = os.path.relpath(name, root / "spool")
            if held is None or not held.whole or queue == "corrupt":
                if queue not in ("maildrop", "incoming"):
                    found.damaged.append(short)
                continue
            # Two names of one file are one message: qmgr removes the second when it opens the first.
            if path.stat().st_ino in seen:
                continue
            seen.add(path.stat().st_ino)
            for key in held.waiting:
                found.waiting[key].append(short)
    for name in files_below(root / "box/new"):
        number = reader.boxed(root / name)
        if number is None:
            found.damaged.append(os.path.relpath(name, root))
        else:
            found.boxed[number] += 1
    return found


class Judge:
    """
    cut: a Point or a Cut; power failed at some time between its begin and its end.  What was acknowledged by then
    has to be somewhere, at the worst moment of that time: for a letter that is the first one at which it counts.
    """

    def __init__(self, journal, status_sync_ns):
        self.journal, self.status_sync_ns = journal, status_sync_ns
        self.twice_since = {}

    def arrived_by(self, key, position):
        return any(m.position <= position for m in self.journal.arrived.get(key, ()))

    def safe(self, key, number, found, position):
        if found.waiting.get(key):
            return True
        if isinstance(key, tuple):
            return found.boxed[number] > 0
        if key.startswith("bad"):
            answer = f"from{number}"
            return bool(found.waiting.get(answer)) or self.arrived_by(answer, position)
        return self.arrived_by(key, position)

    def lost(self, found, cut):
        """A line for each recipient that is nowhere."""
        out = []
        for letter in self.journal.acknowledged():
            at = max(letter.acknowledged.position, cut.begin)
            if at >= cut.end or (letter.delete_began and letter.delete_began.position <= at):
                continue
            for key in keys(letter):
                if not self.safe(key, letter.number, found, at):
                    out.append(f"letter {letter.number} to {key}, acknowledged at {letter.acknowledged.position}")
        return out

    def done(self, key, number, found, cut):
        """The clock when this was done; None: it was not by then."""
        if isinstance(key, tuple) and not found.boxed[number]:
            return None
        name = f"from{number}" if key == f"bad{number}" else key
        moments = [m.ns for m in self.journal.arrived.get(name, ()) if m.position < cut.end]
        # A file that nobody saw come, because it was just coming.
        return min(moments, default=cut.end_ns if isinstance(key, tuple) else None)

    def repeat_since(self, key, letter, files, found, cut):
        """The clock since when it is so that the next start does this once more; None: it does not."""
        if letter.deleted and letter.deleted.position < cut.end:
            return letter.deleted.ns
        done = self.done(key, letter.number, found, cut)
        if done is None and len(files) > 1:
            return self.twice_since.setdefault((key, *sorted(f.split("/")[-1] for f in files)), cut.end_ns)
        return done

    def repeats(self, found, cut):
        """(key, nanoseconds since it was done, files that say it is not): each that the next start will do once more."""
        out = []
        for letter in self.journal.letters.values():
            answers = found.waiting.get(f"from{letter.number}", [])
            for key in keys(letter):
                files = found.waiting.get(key, []) + (answers if key == f"bad{letter.number}" else [])
                since = self.repeat_since(key, letter, files, found, cut) if files else None
                if since is not None:
                    out.append((key, cut.end_ns - since, files))
        return out

    def too_late(self, repeats):
        return [f"{key}: still in {' and '.join(files)} {ns / 1e9:.2f} s after it was done"
                for key, ns, files in repeats if ns > self.status_sync_ns]

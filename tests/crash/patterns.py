# SPDX-License-Identifier: Apache-2.0
"""
patterns - the kinds of traffic, each as a script for one message.

before() brings the world to where the interesting part begins, act() is that part, nudge() is what
an administrator does when it broke off.  Each may run into commands and connections that die.
"""

from support.suite import wait_for

FAR, LATER, SECOND, REFUSED = "far.example", "later.example", "second.example", "refused.example"


class Pattern:
    name = ""
    receives = False  # errors are injected at every point, else at a sample
    promises = ""  # the program whose flush lets us promise
    settings = {}
    flush_delay_us = 0
    rare = False  # not in the short run

    def before(self, world, name):
        pass

    def act(self, world, name):
        raise NotImplementedError

    def nudge(self, world):
        world.closed = False


class Smtp(Pattern):
    """Received by SMTP, relayed by SMTP."""

    name, receives, promises = "smtp", True, "cleanup"

    def act(self, world, name):
        world.send(name, [f"{name}@{FAR}"])


class Flushed(Smtp):
    """The same, flushed before it is delivered."""

    name, settings = "smtp-flushed", {"deliver_before_flush": "no"}


class Large(Pattern):
    """Too large for one write, header and all."""

    name, receives, promises, rare = "smtp-large", True, "cleanup", True

    def act(self, world, name):
        world.send(name, [f"{name}@{FAR}"], size=300_000)


class SlowDisk(Pattern):
    """Flushes take 30 ms, so that what need not wait for them overtakes."""

    name, receives, promises, rare = "smtp-slow-disk", True, "cleanup", True
    flush_delay_us = 30_000

    def act(self, world, name):
        world.send(name, [f"{name}@{FAR}", world.suite.address()])


class Sendmail(Pattern):
    """Dropped by sendmail."""

    name, receives, promises = "sendmail", True, "postdrop"

    def act(self, world, name):
        world.submit(name, [f"{name}@{FAR}"])


class Relay(Pattern):
    """Two recipients, of which one is taken at the second attempt: slots, history, deferred/."""

    name = "relay"

    def act(self, world, name):
        world.send(name, [f"{name}@{FAR}", f"{name}@{SECOND}"])
        wait_for(lambda: world.suite.queue_files("deferred"), 0.3, 0.005)
        world.admin("postqueue", "-f")


class Local(Pattern):
    """Into a Maildir, and away by an alias."""

    name = "local"

    def act(self, world, name):
        world.send(name, [world.suite.address()])


class Alias(Pattern):
    """An alias sends it on: local enters it anew."""

    name, rare = "alias", True

    def act(self, world, name):
        sent = world.send(name, ["away@suite.test"])
        sent.rcpts = [f"x@{FAR}"]


class Bounce(Pattern):
    """One recipient has it, the other's host refuses; the sender hears of it."""

    name = "bounce"

    def act(self, world, name):
        rcpts = [f"{name}@{FAR}", f"{name}@{REFUSED}"]
        world.send(name, rcpts, returned=rcpts[1:])


class Waiting(Pattern):
    """A message lies in deferred/ when it begins."""

    def before(self, world, name):
        if not world.alive():
            world.start_again()
        world.closed = True
        sent = world.send(name, [f"{name}@{LATER}"])
        assert sent.said == "yes", f"{name}: {sent.said}\n{world.suite.log()[-2000:]}"
        # A look is enough: a queue run may take it away again at once.
        found = wait_for(lambda: world.suite.queue_files("deferred"), 20, 0.005)
        assert found, world.suite.log()[-2000:]
        self.id = found[0].name

    def open(self, world):
        world.closed = False
        world.admin("postqueue", "-f")

    def nudge(self, world):
        world.closed = False
        world.admin("postsuper", "-H", "ALL")


class Requeue(Waiting):
    """postsuper -r."""

    name = "requeue"

    def act(self, world, name):
        world.sent[name].requeued = True
        world.admin("postsuper", "-r", self.id)
        self.open(world)


class Hold(Waiting):
    """postsuper -h, -H."""

    name = "hold"

    def act(self, world, name):
        world.admin("postsuper", "-h", self.id)
        world.admin("postsuper", "-H", self.id)
        self.open(world)


class Delete(Waiting):
    """postsuper -d: it is gone when postsuper says so, and only then must be."""

    name = "delete"

    def act(self, world, name):
        sent = world.sent[name]
        sent.deletion = "asked"
        if world.admin("postsuper", "-d", self.id) == 0:
            sent.deletion = "done"
        self.open(world)


class Reload(Waiting):
    """A message waits, another is in the middle of its envelope, and the suite reloads."""

    name = "reload"

    def act(self, world, name):
        world.closed = False
        world.send(name + "-b", [f"{name}-b@{FAR}"], between=lambda: world.admin("sallyport", "reload"))
        world.admin("postqueue", "-f")


class Stop(Waiting):
    """The suite stops while it delivers; whoever waits for the mail starts it again, when all that is to be killed is."""

    name, rare = "stop", True

    def act(self, world, name):
        self.open(world)
        world.send(name + "-b", [f"{name}-b@{FAR}", world.suite.address()])
        world.stop()
        world.points.disarm()


PATTERNS = {p.name: p for p in (Smtp, Flushed, Large, SlowDisk, Sendmail, Relay, Local, Alias, Bounce, Requeue, Hold, Delete,
                                Reload, Stop)}

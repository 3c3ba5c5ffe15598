# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of a running suite; each test has a time limit of its own."""

import faulthandler
import signal
import sys

import pytest

sys.path[:0] = [__file__.rsplit("/", 1)[0], __file__.rsplit("/", 2)[0] + "/support"]

import log_table  # noqa: E402
from support.place import Place  # noqa: E402
from support.sink import Sink  # noqa: E402
from support.suite import Suite  # noqa: E402

LIMIT = 90  # seconds for one test; @pytest.mark.limit(n) is another


def pytest_configure(config):
    config.addinivalue_line("markers", "limit(seconds): the time limit of a test")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    def late(signo, frame):
        faulthandler.dump_traceback()
        raise TimeoutError(f"{item.name} took more than {seconds} seconds")

    mark = item.get_closest_marker("limit")
    seconds = mark.args[0] if mark else LIMIT
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="session")
def place():
    p = Place()
    yield p
    p.close()


@pytest.fixture(scope="session")
def table(place):
    return log_table.rows(place.source)


def unlisted(table, suite):
    """Lines of its log that man/log.def does not know; postlog(1) writes what it is told, under any name."""
    programs = {p.name for p in (suite.place.build / "bin").iterdir()} - {"postlog"}
    lines = filter(None, map(log_table.parse, suite.log().splitlines()))
    return [line for line in lines if line.program in programs and not log_table.match(table, line)]


@pytest.fixture
def make_suite(place, table):
    """make_suite(settings, master): a started suite; all are stopped at the end of the test, and their logs are read."""
    suites = []

    def make(settings=None, master=None, start=True, **more):
        suite = Suite(place, settings, master, **more)
        suites.append(suite)
        return suite.start() if start else suite

    yield make
    trouble = []
    for suite in suites:
        try:
            suite.stop()
            trouble += [f"no row of man/log.def says: {line}" for line in unlisted(table, suite)]
        except AssertionError as why:
            trouble.append(str(why))
        try:
            suite.close()
        except AssertionError as why:
            trouble.append(str(why))
    assert not trouble, "\n".join(trouble)


@pytest.fixture
def suite(make_suite):
    return make_suite()


@pytest.fixture
def make_sink():
    sinks = []

    def make(**more):
        sinks.append(Sink(**more))
        return sinks[-1]

    yield make
    for sink in sinks:
        sink.close()


@pytest.fixture
def sink(make_sink):
    return make_sink()

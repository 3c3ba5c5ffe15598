# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests of a running suite; each test has a time limit of its own."""

import faulthandler
import signal
import sys

import pytest

sys.path.insert(0, __file__.rsplit("/", 1)[0])

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


@pytest.fixture
def make_suite(place):
    """make_suite(settings, master): a started suite; all are stopped at the end of the test."""
    suites = []

    def make(settings=None, master=None, start=True, **more):
        suite = Suite(place, settings, master, **more)
        suites.append(suite)
        return suite.start() if start else suite

    yield make
    trouble = []
    for suite in suites:
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

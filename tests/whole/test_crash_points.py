# SPDX-License-Identifier: Apache-2.0
"""Crashes and errors at chosen system calls: a subset.  make check-crash tries them all."""

import os
import subprocess

import pytest

SKIPPED = 77


@pytest.mark.limit(150)
def test_crash_points(place):
    run = place.source / "tests/crash/run"
    env = dict(os.environ, SALLYPORT_BUILD=str(place.build), SALLYPORT_SOURCE=str(place.source))
    done = subprocess.run([str(run), "--build", str(place.build), "--short", "--keep"], env=env, capture_output=True,
                          text=True, timeout=140, check=False)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr

# SPDX-License-Identifier: Apache-2.0
"""Power fails: of a recorded disk, some moments are tried.  tests/power/run without --short tries them all."""

import os
import subprocess

import pytest

SKIPPED = 77


@pytest.mark.limit(120)
def test_power_loss(place):
    run = place.source / "tests/power/run"
    env = dict(os.environ, SALLYPORT_BUILD=str(place.build), SALLYPORT_SOURCE=str(place.source))
    done = subprocess.run([str(run), "--short"], env=env, capture_output=True, text=True, timeout=110, check=False)
    if done.returncode == SKIPPED:
        pytest.skip(done.stdout.strip().splitlines()[-1])
    assert done.returncode == 0, done.stdout + done.stderr

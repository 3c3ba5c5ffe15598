# SPDX-License-Identifier: Apache-2.0
"""Half a minute of mixed load with kills, reloads and lost hosts.  make check-soak does it for half an hour."""

import os
import subprocess

import pytest


@pytest.mark.limit(120)
def test_soak(place):
    env = dict(os.environ, SALLYPORT_BUILD=str(place.build), SALLYPORT_SOURCE=str(place.source))
    done = subprocess.run([str(place.source / "tests/soak/run"), "--build", str(place.build), "--seconds", "20", "--keep"],
                          env=env, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

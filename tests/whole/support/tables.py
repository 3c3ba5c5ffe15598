# SPDX-License-Identifier: Apache-2.0
"""tables - postmap and postalias of this build and of an installed Postfix, each with a configuration of its own."""

import pathlib
import shutil
import subprocess

import pytest

from .place import run

TYPES = {"hash": "db", "btree": "db", "lmdb": "lmdb", "cdb": "cdb"}
THEIR_FOLDER = pathlib.Path("/usr/sbin")


def built_in(program, *args):
    try:
        done = subprocess.run([program, *args], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return []
    return done.stdout.split()


class Tools:
    """postmap and postalias of one make, with a configuration folder of their own."""

    def __init__(self, folder, etc):
        self.folder, self.etc = folder, etc

    def run(self, *args, name="postmap", **more):
        return run([self.folder / name, "-c", self.etc, *args], **more)

    def must(self, *args, **more):
        done = self.run(*args, **more)
        assert done.returncode == 0, f"{args}: {done.stdout}{done.stderr}"
        return done.stdout

    def ask(self, table, keys):
        """What is found of many keys, as {key: value}."""
        done = self.run("-q", "-", table, input="".join(f"{k}\n" for k in keys))
        assert done.returncode == (0 if done.stdout else 1) and done.stderr == "", done.stderr
        return dict(line.split("\t", 1) for line in done.stdout.splitlines())


@pytest.fixture
def ours(place, tmp_path):
    etc = tmp_path / "our-etc"
    etc.mkdir()
    (etc / "main.cf").write_text(f"compatibility_level = 3.6\ncommand_directory = {place.sbin}\nmaillog_file = {tmp_path}/log\n"
                                 f"maillog_file_prefixes = {tmp_path}\nqueue_directory = {tmp_path}\n")
    tmp_path.chmod(0o755)
    return Tools(place.sbin, etc)


@pytest.fixture
def theirs(tmp_path):
    etc = tmp_path / "their-etc"
    etc.mkdir()
    (etc / "main.cf").write_text("compatibility_level = 3.6\n")
    for name in ("dynamicmaps.cf", "dynamicmaps.cf.d"):
        at = pathlib.Path("/etc/postfix") / name
        if at.is_dir():
            shutil.copytree(at, etc / name)
        elif at.exists():
            shutil.copy(at, etc / name)
    return Tools(THEIR_FOLDER, etc)


@pytest.fixture
def have(theirs):
    """have(type): skips where Postfix's tools or their module for this type are not installed."""
    types = built_in(THEIR_FOLDER / "postconf", "-c", str(theirs.etc), "-m")

    def need(kind):
        if kind not in types:
            pytest.skip(f"no Postfix with {kind} is installed to compare with")

    return need


@pytest.fixture
def home(place):
    """A folder of a user's, which root had better not trust."""
    if not place.root:
        pytest.skip("only root has rights to lose")
    folder = place.base / "tables-home"
    folder.mkdir(mode=0o755)
    shutil.chown(folder, place.users[0], place.users[0])
    yield folder
    shutil.rmtree(folder)

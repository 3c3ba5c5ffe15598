# SPDX-License-Identifier: Apache-2.0
"""sallyport import: a configuration of Postfix becomes ours, all of it or nothing."""

import json
import os
import pathlib
import stat

import pytest

from support import configs
from support.place import must, run
from support.suite import DOMAIN


@pytest.fixture(scope="module")
def importer(place):
    def call(*args, **more):
        return run([place.sbin / "sallyport", "import", *args], **more)

    return call


def write(folder, **files):
    """write(tmp_path / "a", main="...", tables__one="..."): a small Postfix of its own."""
    files.setdefault("main", "compatibility_level = 3.6\nmyhostname = a.example.org\n")
    files.setdefault("master", "smtp inet n - n - - smtpd\n")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = folder / (f"{name}.cf" if name in ("main", "master") else name.replace("__", "/"))
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("@", str(folder)) if name in ("main", "master") else text)
    return folder


def tree(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def report(done):
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def status_of(found, name, service=""):
    return [s["status"] for s in found["settings"] if s["name"] == name and s["service"] == service]


# ---- real ones ----

@pytest.mark.parametrize("name", configs.NAMES)
def test_real_configuration(place, importer, tmp_path, name):
    """Each is taken over, says the same as before, and a second time there is nothing to do."""
    folder, to = configs.put(name, tmp_path / "from"), tmp_path / "to"
    before = tree(folder)
    found = report(importer("--json", "--to", to, folder))
    assert tree(folder) == before
    counts = found["counts"]
    assert sum(counts["settings"].values()) == len(found["settings"]) > 0
    assert sum(counts["services"].values()) == len(found["services"]) > 0
    assert {"main.cf", "master.cf"} <= tree(to).keys()
    # What was copied is named where it is now, and nothing in the new files is missing.
    for file in found["files"]:
        if file["fate"] == "copied":
            rel = pathlib.Path(file["path"]).relative_to(folder)
            if rel.name not in ("main.cf", "master.cf"):
                # What it names itself was copied, too.
                assert (to / rel).read_text().replace(str(to), str(folder)).encode() == before[str(rel)]
    new = must([place.sbin / "postconf", "-c", to, "-nx"])
    old = must([place.sbin / "postconf", "-c", folder, "-nx"])
    left_out = {s["name"] for s in found["settings"] if s["note"].startswith("left out")}
    kept = {f["path"] for f in found["files"] if f["fate"] == "stays"}
    for path in kept:
        old = old.replace(path, path.replace(str(folder), "KEPT"))
        new = new.replace(path, path.replace(str(folder), "KEPT"))

    def taken_over(text):
        # The debugger is told where the daemons are.
        without = left_out | configs.LEFT_OUT | {"debugger_command"}
        return sorted(line for line in text.splitlines() if line.split(" =")[0] not in without)

    assert taken_over(new) == taken_over(old.replace(str(folder), str(to)))
    again = report(importer("--json", "--to", to, folder))
    assert again["counts"]["files"]["copied"] == 0
    assert again["settings"] == found["settings"]


@pytest.mark.parametrize("name", ["null-client", "satellite", "internet-site"])
def test_imported_starts(place, make_suite, tmp_path, name):
    """The simple ones run as they are, on other ports and from other folders."""
    folder = configs.put(name, tmp_path)
    (folder / "main.cf").write_text((folder / "main.cf").read_text().replace("hash:/etc/aliases", "texthash:/etc/aliases"))
    suite = make_suite(start=False)
    ours = {n: suite.settings[n] for n in ("queue_directory", "data_directory", "command_directory", "daemon_directory")}
    (suite.etc / "main.cf").write_text("".join(f"{n} = {v}\n" for n, v in ours.items()))
    done = suite.command("sallyport", "import", "--force", "--json", folder)
    found = report(done)
    assert found["counts"]["settings"]["refused"] == 0
    assert (suite.etc / "main.cf.before-import").exists()
    port = f"127.0.0.1:{suite.port}"
    master = (suite.etc / "master.cf").read_text().replace("smtp      inet", f"{port} inet")
    # A chroot needs the accounts of a real installation.
    (suite.etc / "master.cf").write_text(master if place.root else master.replace(" y ", " n "))
    with open(suite.etc / "main.cf", "a", encoding="ascii") as f:
        f.writelines(f"{n} = {suite.settings[n]}\n" for n in ("maillog_file", "maillog_file_prefixes", "dns_server",
                                                             "smtpd_peername_lookup"))
        f.write(f"relayhost = [127.0.0.1]:9\ninet_interfaces = 127.0.0.1\nalias_maps = inline:{{{{postmaster={suite.user}}}}}\n")
    suite.start()
    with suite.smtp() as client:
        code, text = client.docmd("MAIL", f"FROM:<someone@{DOMAIN}>")
        assert code == 250, text
    for setting, value in ours.items():
        assert suite.command("postconf", "-h", setting).stdout.strip() == str(value)


def test_debian_stock(importer, tmp_path):
    if not os.path.exists("/usr/share/postfix/main.cf.debian"):
        pytest.skip("Debian's postfix is not installed")
    folder = write(tmp_path / "postfix", main=open("/usr/share/postfix/main.cf.debian", encoding="utf-8").read(),
                   master=open("/etc/postfix/master.cf.proto", encoding="utf-8").read())
    found = report(importer("--json", "--to", tmp_path / "to", folder))
    assert found["counts"]["settings"]["refused"] == 0
    assert status_of(found, "compatibility_level") == ["same"]
    services = {s["name"]: s for s in found["services"]}
    assert services["scache/unix"]["status"] == "no_effect" and services["scache/unix"]["note"]


# ---- what is said ----

MIXED = """\
compatibility_level = 3.6
queue_directory = /var/spool/postfix
myhostname = a.example.org
biff = no
transport_maps = pcre:@/routes
smtpd_use_tls = yes
nobody_reads_this = 1
my_list = permit_mynetworks
smtpd_client_restrictions = $my_list
relayhost = [one.example.org]
relayhost = [two.example.org]
content_filter =
slow_destination_rate_delay = 1s
"""


def test_report(importer, tmp_path):
    folder = write(tmp_path / "from", main=MIXED, routes="/x/ y\n",
                   master="smtp inet n - n - - smtpd -o header_checks=regexp:@/headers\n"
                          "slow unix - - n - - smtp\nscache unix - - n - 1 scache\nodd unix - - n - - odd\n")
    found = report(importer("--json", "--dry-run", "--to", tmp_path / "to", folder))
    want = {"compatibility_level": "same", "queue_directory": "differs", "biff": "no_effect",
            "nobody_reads_this": "no_effect", "my_list": "same", "smtpd_client_restrictions": "same",
            "content_filter": "same", "slow_destination_rate_delay": "same"}
    for name, status in want.items():
        assert status_of(found, name) == [status], name
    assert status_of(found, "relayhost") == ["no_effect", "same"]
    assert [s for s in found["settings"] if s["name"] == "smtpd_use_tls"][0]["successor"] == "smtpd_tls_security_level"
    assert [s["line"] for s in found["settings"] if s["name"] == "relayhost"] == [10, 11]
    assert len(status_of(found, "header_checks", "smtp/inet")) == 1
    assert {s["name"]: s["status"] for s in found["services"]}["odd/unix"] == "not_built"
    fates = {pathlib.Path(f["path"]).name: f["fate"] for f in found["files"]}
    assert fates == {"routes": "copied", "headers": "absent", "main.cf": "copied", "master.cf": "copied"}
    assert found["written"] is False and not (tmp_path / "to").exists()
    text = importer("--dry-run", "--to", tmp_path / "to", folder).stdout
    counted = dict(line.split(maxsplit=1) for line in text.splitlines()[2:] if line.startswith(("settings", "services")))
    assert [int(n) for n in counted["settings"].split()] == list(found["counts"]["settings"].values())
    assert "smtpd_use_tls -> smtpd_tls_security_level" in text and "nobody_reads_this" in text


# ---- files ----

def test_paths(importer, tmp_path):
    folder = write(tmp_path / "from", main="""\
myhostname = a.example.org
# hash:@/comment stays
config_directory = @
tables = @/tables
certs = @/certs
smtpd_tls_key_file = $certs/key.pem
smtpd_tls_cert_file = ${config_directory}/certs/cert.pem
transport_maps = texthash:$tables/transport,
# in between
    texthash:${config_directory}/more
virtual_alias_maps = texthash:@/../elsewhere texthash:@-old/x hash:/etc/aliases
access = check_client_access texthash:@/clients
relay_domains = @/domains, example.org
""", master="""\
smtp inet n - n - - smtpd
  -o smtpd_sender_restrictions=check_sender_access,texthash:@/senders
# -o x=@/comment
  -o { smtpd_tls_key_file = $certs/key.pem }
  -osmtpd_client_restrictions=$access
p unix - n n - - pipe
  flags=R user=nobody argv=@/bin/script -o @/x
""", tables__transport="x y\n", more="", clients="", senders="", domains="", certs__key="secret", unnamed="not mine")
    to = tmp_path / "to"
    found = report(importer("--json", "--to", to, folder))
    assert set(tree(to)) == {"main.cf", "master.cf", "tables/transport", "more", "clients", "senders", "domains"}
    want = (folder / "main.cf").read_text().replace(f"config_directory = {folder}\n", "") \
        .replace("$certs/key.pem", f"{folder}/certs/key.pem") \
        .replace("${config_directory}/certs/cert.pem", f"{folder}/certs/cert.pem")
    for name in ("tables", "clients", "domains", "certs\n"):
        want = want.replace(f"{folder}/{name}", f"{to}/{name}")
    got = (to / "main.cf").read_text()
    assert got.replace(f"#config_directory = {folder}\n", "").replace(
        "# Of the installation of Postfix, which ours is not:\n", "") == want
    master = (to / "master.cf").read_text()
    assert master == (folder / "master.cf").read_text().replace(f"{folder}/senders", f"{to}/senders") \
        .replace("{ smtpd_tls_key_file = $certs/key.pem }", f"{{ smtpd_tls_key_file = {folder}/certs/key.pem }}") \
        .replace("-osmtpd", "-o smtpd")
    stays = {f["path"] for f in found["files"] if f["fate"] == "stays"}
    assert "/etc/aliases" in stays and f"{folder}/certs/key.pem" in stays


def test_copy_of_another_host(importer, tmp_path):
    folder = write(tmp_path / "backup", main="transport_maps = texthash:/srv/postfix/t\n", t="a b\n")
    report(importer("--json", "--as", "/srv/postfix/", "--to", tmp_path / "to", folder))
    assert (tmp_path / "to/main.cf").read_text() == f"transport_maps = texthash:{tmp_path}/to/t\n"
    assert (tmp_path / "to/t").read_text() == "a b\n"


def test_only_the_index_is_left(importer, tmp_path):
    folder = write(tmp_path / "from", main="transport_maps = hash:@/t cdb:@/u\n")
    (folder / "t.db").write_bytes(b"\0\1\2")
    found = report(importer("--json", "--to", tmp_path / "to", folder))
    assert (tmp_path / "to/t.db").read_bytes() == b"\0\1\2"
    assert {pathlib.Path(f["path"]).name: f["fate"] for f in found["files"]}["u"] == "absent"


def test_rights(importer, tmp_path):
    folder = write(tmp_path / "from", main="smtp_sasl_password_maps = texthash:@/passwd\ntransport_maps = texthash:@/t\n",
                   passwd="[a]:587 user:secret\n", t="")
    (folder / "passwd").chmod(0o600)
    (folder / "t").chmod(0o4666)
    report(importer("--json", "--to", tmp_path / "to", folder))
    assert stat.S_IMODE((tmp_path / "to/passwd").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "to/t").stat().st_mode) == 0o644


# ---- all or nothing ----

def test_different_file_in_the_way(importer, tmp_path):
    folder, to = write(tmp_path / "from", main="transport_maps = texthash:@/t\n", t="new\n"), tmp_path / "to"
    to.mkdir()
    (to / "t").write_text("mine\n")
    done = importer("--to", to, folder)
    assert done.returncode != 0 and f"{to}/t: there already" in done.stderr and done.stdout == ""
    assert tree(to) == {"t": b"mine\n"}
    report(importer("--json", "--force", "--to", to, folder))
    assert (to / "t").read_text() == "new\n" and (to / "t.before-import").read_text() == "mine\n"


def test_no_writing_outside(importer, tmp_path):
    folder, to = write(tmp_path / "from", main="transport_maps = texthash:@/sub/t\n", sub__t="x\n"), tmp_path / "to"
    outside = tmp_path / "outside"
    outside.mkdir()
    to.mkdir()
    (to / "sub").symlink_to(outside)
    done = importer("--force", "--to", to, folder)
    assert done.returncode != 0 and "sub" in done.stderr
    assert list(outside.iterdir()) == []
    (to / "sub").unlink()
    (outside / "t").write_text("theirs\n")
    (to / "main.cf").symlink_to(outside / "t")
    done = importer("--to", to, folder)
    assert done.returncode != 0 and "main.cf" in done.stderr
    report(importer("--json", "--force", "--to", to, folder))
    assert (outside / "t").read_text() == "theirs\n" and not (to / "main.cf").is_symlink()


def test_links_of_others(place, importer, tmp_path):
    folder = write(tmp_path / "from", main="transport_maps = texthash:@/t\nvirtual_alias_maps = texthash:@/v\n")
    (tmp_path / "real").write_text("real\n")
    (folder / "t").symlink_to("../real")
    (folder / "v").symlink_to(tmp_path / "real")
    found = report(importer("--json", "--to", tmp_path / "one", folder))
    assert (tmp_path / "one/t").read_text() == (tmp_path / "one/v").read_text() == "real\n"
    if not place.root:
        return
    os.chown(folder / "v", 12345, 12345, follow_symlinks=False)
    found = report(importer("--json", "--to", tmp_path / "two", folder))
    assert (tmp_path / "two/t").exists() and not (tmp_path / "two/v").exists()
    assert [f["fate"] for f in found["files"] if f["path"].endswith("/v")] == ["stays"]
    os.chown(folder / "t", 12345, 12345, follow_symlinks=False)
    (folder / "main.cf").rename(folder / "main")
    (folder / "main.cf").symlink_to("main")
    os.chown(folder / "main.cf", 12345, 12345, follow_symlinks=False)
    done = importer("--to", tmp_path / "three", folder)
    assert done.returncode == 78 and "main.cf" in done.stderr and not (tmp_path / "three").exists()


def test_crash_in_the_middle(importer, tmp_path):
    """What a killed import leaves: some files, a temporary one, no main.cf.  The next one completes it."""
    folder, to = write(tmp_path / "from", main="transport_maps = texthash:@/t texthash:@/u\n", t="t\n", u="u\n"), tmp_path / "to"
    report(importer("--json", "--to", to, folder))
    whole = tree(to)
    (to / "main.cf").unlink()
    (to / "u").unlink()
    (to / ".u.import").write_text("hal")
    found = report(importer("--json", "--to", to, folder))
    assert tree(to) == whole
    assert found["counts"]["files"]["copied"] == 2 and found["counts"]["files"]["there"] == 2


def test_unwritable(importer, tmp_path):
    folder = write(tmp_path / "from")
    (tmp_path / "file").write_text("")
    done = importer("--to", tmp_path / "file", folder)
    assert done.returncode != 0 and str(tmp_path / "file") in done.stderr
    done = importer("--to", tmp_path / "no/such/folder", folder)
    assert done.returncode == 73 and "no/such/folder" in done.stderr


@pytest.mark.parametrize("args", [[], ["--to"], ["--what", "x"], ["a", "b"], ["--as", "relative", "/tmp"]])
def test_usage(importer, args):
    done = importer(*args)
    assert done.returncode == 64 and done.stderr.startswith("sallyport: fatal: "), done.stderr


def test_itself(importer, tmp_path):
    folder = write(tmp_path / "from")
    assert importer("--to", folder, folder).returncode == 64


# ---- tables that work afterwards ----

def test_files_that_files_name(importer, tmp_path):
    """Lists that aliases include, files and tables in lists: the copies name the copies."""
    folder = write(tmp_path / "from", main="alias_maps = texthash:@/aliases\nmynetworks = 127.0.0.1, @/networks\n",
                   lists__more="c@c.test\n", nets__lan="10.0.0.0/8 cidr:@/nets/cidr\n".replace("@", str(tmp_path / "from")),
                   nets__cidr="192.0.2.0/24 x\n", unnamed="x")
    at = str(folder)
    (folder / "aliases").write_text(f'team: a@a.test, :include:{at}/lists/team\n# x: :include:{at}/unnamed\n'
                                    f'run: "|{at}/program", {at}/unnamed\nout: :include:/etc/no/such/list\n')
    (folder / "lists/team").write_text(f"b@b.test\n:include:{at}/lists/more\n:include:{at}/lists/team\n")
    (folder / "networks").write_text(f"# {at}/unnamed\n192.168.0.0/16, !{at}/nets/lan\n")
    to = tmp_path / "to"
    report(importer("--json", "--to", to, folder))
    assert set(tree(to)) == {"main.cf", "master.cf", "aliases", "lists/team", "lists/more", "networks", "nets/lan", "nets/cidr"}
    assert (to / "aliases").read_text() == (folder / "aliases").read_text().replace(f"{at}/lists/team", f"{to}/lists/team")
    assert (to / "lists/team").read_text() == (folder / "lists/team").read_text().replace(at, str(to))
    assert f"!{to}/nets/lan" in (to / "networks").read_text() and f"# {at}/unnamed" in (to / "networks").read_text()
    assert (to / "nets/lan").read_text() == f"10.0.0.0/8 cidr:{to}/nets/cidr\n"
    assert report(importer("--json", "--to", to, folder))["counts"]["files"]["copied"] == 0


def test_indexes(place, importer, tmp_path):
    """A table is of use after the import, and one that cannot be made is told of."""
    folder = write(tmp_path / "from", main="""\
alias_maps = hash:@/aliases
transport_maps = proxy:hash:@/transport texthash:@/text
smtp_sasl_password_maps = hash:@/passwd
command_directory = /not/ours
""", aliases="root: a@a.test, b@b.test\n", transport="a.test smtp:[b.test]\n", text="", passwd="a.test user:secret\n")
    (folder / "passwd").chmod(0o600)
    to = tmp_path / "to"
    to.mkdir()
    (to / "main.cf").write_text(f"command_directory = {place.sbin}\n")
    planned = report(importer("--json", "--dry-run", "--force", "--to", to, folder))["indexes"]
    assert {i["fate"] for i in planned} == {"to_be_made"} and len(planned) == 3
    found = report(importer("--json", "--force", "--to", to, folder))
    assert {i["table"]: (i["command"], i["fate"]) for i in found["indexes"]} == {
        f"hash:{to}/aliases": ("postalias", "made"), f"hash:{to}/transport": ("postmap", "made"),
        f"hash:{to}/passwd": ("postmap", "made")}
    assert must([place.sbin / "postalias", "-c", to, "-q", "root", f"hash:{to}/aliases"]) == "a@a.test, b@b.test\n"
    assert must([place.sbin / "postmap", "-c", to, "-q", "a.test", f"hash:{to}/transport"]) == "smtp:[b.test]\n"
    assert stat.S_IMODE((to / "passwd.db").stat().st_mode) & 0o077 == 0
    again = report(importer("--json", "--to", to, folder))
    assert {i["fate"] for i in again["indexes"]} == {"there"}
    (to / "transport.db").unlink()
    assert "indexes made, by:\n" f"  postmap hash:{to}/transport\n" in importer("--to", to, folder).stdout
    (to / "transport.db").unlink()
    (to / "transport.db").mkdir()
    done = importer("--to", to, folder)
    assert done.returncode == 1 and "could not be made" in done.stdout and f"  postmap hash:{to}/transport\n" in done.stdout
    assert "transport.db" in done.stderr


def test_types_of_tables(importer, tmp_path):
    """Whatever the form in which a type is named."""
    folder = write(tmp_path / "from", main="""\
virtual_alias_maps = ldap:people, mysql:@/my.cf unionmap:{hash:@/v, pgsql:@/pg.cf}
canonical_maps = unionmap:{inline:{ldap:x=y}, static:z}
relayhost = [mail.example.org]:587
default_transport = smtp:[a.example.org]
""", **{"my.cf": "", "pg.cf": ""}, v="")
    found = report(importer("--json", "--dry-run", "--to", tmp_path / "to", folder))
    notes = {s["name"]: s["note"] for s in found["settings"]}
    assert notes["virtual_alias_maps"] == "tables of the types ldap, mysql, pgsql"
    assert notes["canonical_maps"] == notes["relayhost"] == notes["default_transport"] == ""

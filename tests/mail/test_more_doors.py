# SPDX-License-Identifier: BSD-2-Clause
"""Other programs of Debian that use Cyrus SASL, each with its example file."""

import base64
import re
import shutil
import socket
import struct
import subprocess
import urllib.error
import urllib.request

import pytest

from harness.basics import (Daemon, accepts, example, folder, free_port, run, state_folder, write)
from harness.clients import OK, REFUSED, Smtp
from harness.site import fill_conninfo

# Where these programs look for their SASL files is built into them: they see an /etc and a /run
# that are copies.
PRIVATE = """
set -e
mount --bind "$1/etc" /etc
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/saslauthd
ln -s "$2" /run/saslauthd/mux
shift 2
exec "$@"
"""


class Program:
    """A server with an /etc of its own under .state, on .port."""

    def __init__(self, site, name):
        self.site, self.name = site, name
        self.state = state_folder()
        self.etc = self.state / "etc"
        self.port = free_port()
        run(["cp", "-a", "/etc", self.etc])
        self.daemon = Daemon(name, self.state)

    def sasl(self, target, source, port=None):
        """Install an example with the site's database and apppassd."""
        text = fill_conninfo(example(source), port=port or self.site.postgres.port,
                             password=self.site.postgres.password)
        text = text.replace("/run/apppassd/mux", str(self.site.apppassd.socket))
        folder((self.etc / target).parent)
        write(self.etc / target, text)

    def start(self, *command, **environment):
        self.daemon.launch(["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c",
                            PRIVATE, "sh", self.state, self.site.apppassd.socket, *command],
                           environment={"SASL_PATH": str(self.site.plugins), **environment})
        self.daemon.ready(lambda: accepts(self.port), f"{self.name} to accept connections")
        return self

    def destroy(self):
        self.daemon.stop()
        shutil.rmtree(self.state)


@pytest.fixture(scope="module")
def program(site):
    """Make one; all end with the module."""
    made = []

    def make(name):
        made.append(Program(site, name))
        return made[-1]
    yield make
    for one in made:
        one.destroy()


# ---- OpenLDAP ----

SUFFIX = "dc=example,dc=org"


@pytest.fixture(scope="module")
def slapd(program, site):
    server = program("slapd")
    server.account = site.add_account("librarian@example.org")
    server.sasl("ldap/sasl2/slapd.conf", "openldap/sasl2/slapd.conf")
    config = write(server.state / "slapd.conf", f"""
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
pidfile {server.state}/slapd-own.pid
sasl-secprops noanonymous
authz-regexp "^uid=([^,@]+)@example.org,cn=plain,cn=auth$" "uid=$1,{SUFFIX}"
authz-regexp "^uid=([^,]+),cn=example.org,cn=plain,cn=auth$" "uid=$1,{SUFFIX}"
database ldif
suffix "{SUFFIX}"
directory {folder(server.state / "entries")}
access to attrs=userPassword by anonymous auth
access to * by * read
""")
    entries = write(server.state / "entries.ldif",
                    f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\no: Example\n"
                    f"dc: example\n\ndn: uid=librarian,{SUFFIX}\nobjectClass: account\n"
                    "objectClass: simpleSecurityObject\nuid: librarian\n"
                    f"userPassword: {{SASL}}{server.account}\n")
    run(["/usr/sbin/slapadd", "-f", config, "-l", entries])
    return server.start("/usr/sbin/slapd", "-d", "0", "-f", config,
                        "-h", f"ldap://127.0.0.1:{server.port}")


def bind(server, how, password):
    """(exit status, what ldapwhoami said)"""
    words = {"plain": ["-Y", "PLAIN", "-O", "none", "-U", server.account],
             "simple": ["-x", "-D", f"uid=librarian,{SUFFIX}"]}[how]
    server.site.typed.append((server.account, password))
    done = subprocess.run(["ldapwhoami", "-H", f"ldap://127.0.0.1:{server.port}", *words,
                           "-w", password], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


@pytest.mark.parametrize("how", ["plain", "simple"])
def test_slapd(slapd, site, how):
    """A SASL bind by the plugin, a simple bind by apppassd; each is the entry of the account."""
    code = site.issue(slapd.account, how)
    assert bind(slapd, how, code) == (0, f"dn:uid=librarian,{SUFFIX}\n")
    assert bind(slapd, how, "Summer2026!")[0] == 49     # invalidCredentials
    site.apppass("revoke", slapd.account, "--device", how, "--reason", "lost")
    assert bind(slapd, how, code)[0] == 49
    assert set(site.last_service(slapd.account).split()) == {"ldap"}


# ---- Exim ----

@pytest.fixture(scope="module")
def exim():
    """
    Debian's Exim with SASL, unpacked: installed it would take Postfix away.  (program, where
    its libraries are that are not installed)
    """
    state = state_folder()

    def fetch(names):
        """Unpack them; what libraries they need that are neither installed nor unpacked."""
        run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", *names], cwd=state)
        needed = ""
        for package in state.glob("*.deb"):
            needed += ", " + run(["dpkg-deb", "-f", package, "Depends"])
            run(["dpkg-deb", "-x", package, state / "root"])
            package.unlink()
        unpacked.update(names)
        return {name for name in set(re.findall(r", (lib[^ ,|:]+)", needed)) - unpacked
                if subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status}", name],
                                  capture_output=True, text=True,
                                  check=False).stdout != "installed"}

    unpacked = set()
    try:
        missing = {"exim4-daemon-heavy"}
        while missing:
            missing = fetch(missing)
        yield (state / "root/usr/sbin/exim4",
               ":".join({str(library.parent) for library in (state / "root").rglob("*.so.*")}))
    finally:
        shutil.rmtree(state)


def start_exim(program, exim, port=None):
    """One that asks the site's database, or whoever is at that port."""
    server = program("exim")
    server.sasl("sasl2/exim.conf", "exim/exim.conf", port)
    for name, line in {"passwd": "64999:64999::/nonexistent:/usr/sbin/nologin",
                       "group": "64999:"}.items():
        with open(server.etc / name, "a", encoding="utf-8") as users:
            users.write(f"Debian-exim:x:{line}\n")
    spool = folder(server.state / "spool", mode=0o777)
    written = re.findall(r"(?m)^#   (.*)$", example("exim/exim.conf"))
    config = write(server.state / "exim.conf", "\n".join([
        "primary_hostname = mail.example.org", f"spool_directory = {spool}",
        f"log_file_path = {spool}/%slog", f"pid_file_path = {spool}/exim.pid",
        "keep_environment = SASL_PATH : LD_LIBRARY_PATH", f"daemon_smtp_ports = {server.port}",
        "local_interfaces = 127.0.0.1",
        "begin authenticators", *written, ""]))
    return server.start(exim[0], "-C", config, "-bdf", LD_LIBRARY_PATH=exim[1])


def auth(server, account, password):
    server.site.typed.append((account, password))
    with Smtp(server.port) as client:
        return client.auth_plain(account, password)


def test_exim(program, site, exim):
    """Its cyrus_sasl driver; an outage is temporary."""
    account = site.add_account("exim@example.org")
    code = site.issue(account, "laptop")
    server = start_exim(program, exim)
    assert auth(server, account, code).meaning == OK
    assert auth(server, account, "Summer2026!").meaning == REFUSED
    assert site.last_service(account) == "smtp"
    assert auth(start_exim(program, exim, free_port()), account, code).text.startswith("435 ")


# ---- memcached ----

def test_memcached(program, site):
    """Its binary protocol's SASL command, answered by the plugin."""
    server = program("memcached")
    account = site.add_account("cache@example.org")
    server.sasl("sasl/memcached.conf", "memcached/memcached.conf")
    server.start("/usr/bin/memcached", "-S", "-u", "nobody", "-l", "127.0.0.1", "-p", server.port)

    def status(password):
        site.typed.append((account, password))
        message = f"\0{account}\0{password}".encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(struct.pack(">BBHBBHIIQ", 0x80, 0x21, 5, 0, 0, 0,
                                           5 + len(message), 0, 0) + b"PLAIN" + message)
            return struct.unpack(">H", connection.recv(24, socket.MSG_WAITALL)[6:8])[0]

    code = site.issue(account, "frontend")
    assert status(code) == 0
    assert status("Summer2026!") == 0x20    # authentication error
    assert site.last_service(account) == "memcached"


# ---- lighttpd ----

def test_lighttpd(program, site):
    """HTTP Basic through apppassd."""
    server = program("lighttpd")
    account = site.add_account("reader@example.org")
    pages = folder(server.state / "pages")
    write(pages / "index.txt", "a page")
    config = write(server.state / "lighttpd.conf",
                   'server.modules = ()\nserver.bind = "127.0.0.1"\n'
                   f'server.port = {server.port}\nserver.document-root = "{pages}"\n'
                   + example("lighttpd/apppass.conf"))
    server.start("/usr/sbin/lighttpd", "-D", "-f", config)

    def status(password):
        site.typed.append((account, password))
        ticket = base64.b64encode(f"{account}:{password}".encode()).decode()
        request = urllib.request.Request(f"http://127.0.0.1:{server.port}/index.txt",
                                         headers={"Authorization": f"Basic {ticket}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    code = site.issue(account, "browser")
    assert status(code) == 200
    assert status("Summer2026!") == 401
    assert site.last_service(account) == "dav"

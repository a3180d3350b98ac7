# SPDX-License-Identifier: BSD-2-Clause
"""What a site would use instead: saslauthd over its own sasldb, and Dovecot's auth service."""

import os
import signal
import subprocess
import time

from harness.basics import folder, run, until, write

DOVECOT = ("dovecot-core", "dovecot-pgsql")
# Where paths are built in, a program sees more there than others do; nothing of the system is
# written to.
PRIVATE = 'mount -t overlay overlay -o "lowerdir=$1:$2" "$2" && shift 2 && exec "$@"'


def start_private(more, place, *command):
    # A daemon would keep a pipe open.
    subprocess.run(["unshare", "--mount", "--propagation", "private", "--", "/bin/sh", "-c", PRIVATE,
                    "sh", more, place, *command], check=True, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, timeout=30)


def stop(pid_file):
    """End the daemon that wrote it, and wait for that."""
    pid = int(pid_file.read_text("ascii"))
    os.kill(pid, signal.SIGTERM)
    until(lambda: not os.path.exists(f"/proc/{pid}"), f"{pid_file} to end")


class Saslauthd:
    """Debian's, over /etc/sasldb2; `cached`: with -c."""

    def __init__(self, state, cached):
        self.state, self.cached = state, cached
        self.socket = state / "run" / "mux"
        self.etc = folder(state / "etc")

    def start(self, user, password):
        folder(self.socket.parent)
        self.set_password(user, password)
        start_private(self.etc, "/etc", "saslauthd", "-a", "sasldb", "-n", "5", "-m",
                      self.socket.parent, *(["-c"] if self.cached else []))
        until(self.socket.exists, "saslauthd")
        return self

    def set_password(self, user, password):
        name, realm = user.split("@")
        run(["saslpasswd2", "-p", "-c", "-f", self.etc / "sasldb2", "-u", realm, name], input=password)

    def revoke(self, user):
        name, realm = user.split("@")
        run(["saslpasswd2", "-d", "-f", self.etc / "sasldb2", "-u", realm, name])

    def stop(self):
        stop(self.socket.parent / "saslauthd.pid")


class Dovecot:
    """Its auth service, hashes from PostgreSQL; unpacked, as installed it would start."""

    def __init__(self, state, psql, cached):
        self.state, self.psql = state, psql
        self.socket = state / "run" / "auth-client"
        self.table = "dovecot_cached" if cached else "dovecot"
        self.cache = "auth_cache_size = 10M\n" if cached else ""

    def start(self, user, phc, connect):
        for name in DOVECOT:
            run(["apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", name], cwd=self.state)
        for package in self.state.glob("*.deb"):
            run(["dpkg-deb", "-x", package, self.state / "root"])
        self.psql(f"CREATE TABLE public.{self.table} (username text PRIMARY KEY, password text NOT NULL);"
                  f" INSERT INTO public.{self.table} VALUES ('{user}', '{{ARGON2ID}}{phc}');"
                  f" GRANT SELECT ON public.{self.table} TO libsql")
        sql = write(self.state / "sql.conf", f"driver = pgsql\nconnect = {connect}\n"
                    f"password_query = SELECT username AS user, password FROM public.{self.table}"
                    " WHERE username = '%u'\n")
        config = write(self.state / "dovecot.conf", f"""
protocols =
base_dir = {self.socket.parent}
state_dir = {folder(self.state / "var")}
log_path = {self.state}/log
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = daemon
ssl = no
auth_mechanisms = plain
auth_failure_delay = 0
{self.cache}passdb {{
  driver = sql
  args = {sql}
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home=/nonexistent
}}
service auth {{
  unix_listener auth-client {{
    mode = 0666
  }}
}}
# Without this who failed waits 2, 4, 8 and at last 15 s before the next attempt is looked at.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
""")
        start_private(self.state / "root/usr", "/usr", "/usr/sbin/dovecot", "-c", config)
        until(self.socket.exists, "Dovecot")
        return self

    def revoke(self, user):
        self.psql(f"DELETE FROM public.{self.table} WHERE username = '{user}'")

    def stop(self):
        stop(self.socket.parent / "master.pid")


def still_good(seconds, attempt):
    """When a password that was revoked just now last worked: in seconds, watched for that many."""
    began, last = time.monotonic(), 0.0
    while attempt():
        last = time.monotonic() - began
        if last >= seconds:
            break
        time.sleep(0.1)
    return last

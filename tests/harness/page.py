# SPDX-License-Identifier: BSD-2-Clause
"""
Apache before the owner's page, configured from examples/apache; and, for the playground, with user
names and passwords of its own in the place of a site's single sign-on.
"""

import re
import secrets
import shutil

from .basics import Daemon, Failure, accepts, example, folder, free_port, run, write

USER = "www-data"
HOST = "localhost"
MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "alias", "cgid", "env",
           "socache_shmcb", "ssl")
# Basic asks for the password with every request: the identity is as fresh as that.
SIGN_ON = """\
RewriteEngine On
RewriteRule ^ - [E=AUTH_TIME:%{{TIME_YEAR}}-%{{TIME_MON}}-%{{TIME_DAY}}T%{{TIME_HOUR}}:%{{TIME_MIN}}:%{{TIME_SEC}}Z]
<Location /apppass>
    AuthType Basic
    AuthName "the playground"
    AuthUserFile {users}
"""


def furnish(state, site, host):
    """What the page and the server before it read, under `state`."""
    # The web server's user may not reach the build folder.
    shutil.copy(site.build / "apppass-portal", state / "apppass-portal")
    (state / "apppass-portal").chmod(0o755)
    write(state / "portal.key", secrets.token_hex(32) + "\n", USER, 0o400)
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", state / "key.pem", "-out", state / "cert.pem"])


def filled(text, pairs):
    """`text` of examples/ with each old: new put in; what is not there is an error."""
    for old, new in pairs.items():
        if old not in text:
            raise Failure(f"examples: {old!r} is missing")
        text = text.replace(old, str(new))
    return text


def around(page, state, host, port, modules, logs):
    """A whole configuration of Apache, with `page` in its only virtual host; `logs` are lines."""
    loaded = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                     for name in MODULES + modules)
    return f"""\
ServerRoot {state}
ServerName {host}
PidFile {state}/apache.pid
Mutex file:{state}
Listen 127.0.0.1:{port}
{loaded}
User {USER}
Group {USER}
ScriptSock {state}/cgid.sock
{logs}
<Directory />
    Require all denied
</Directory>
<Directory {state}>
    Require all granted
</Directory>
<VirtualHost *:{port}>
SSLEngine on
SSLCertificateFile {state}/cert.pem
SSLCertificateKeyFile {state}/key.pem
{page}
</VirtualHost>
"""


class Page:
    """.url is the page; `state` holds all files of it."""

    def __init__(self, state, keep=False):
        self.state = state
        self.daemon = Daemon("apache", state, keep)
        self.log = state / "apache.error"
        self.port = None

    @property
    def origin(self):
        return f"https://{HOST}:{self.port}"

    @property
    def url(self):
        return f"{self.origin}/apppass/page"

    @property
    def handover_url(self):
        return f"{self.origin}/apppass-handover"

    def create(self, site, **passwords):
        """Of the accounts of `site` that are named; each with a password."""
        folder(self.state)
        self.port = free_port()
        furnish(self.state, site, HOST)
        users = [f"{name}:{run(['openssl', 'passwd', '-6', '-stdin'], input=password).strip()}\n"
                 for name, password in passwords.items()]
        write(self.state / "users", "".join(users), USER, 0o400)
        write(self.state / "apache.conf", around(
            self._example(site.postgres), self.state, HOST, self.port,
            ("authn_file", "auth_basic", "rewrite"), f"ErrorLog {self.log}"))
        return self

    def _example(self, postgres):
        """That of examples/ without its OpenID Connect."""
        text = "".join(line + "\n" for line in example("apache/apppass-portal.conf").split("\n")
                       if not line.startswith("OIDC"))
        sign_on = SIGN_ON.format(users=self.state / "users")
        text = filled(text, {
            "<Location /apppass>\n    AuthType openid-connect\n": sign_on,
            "<Location /apppass/page>\n":
                "<Location /apppass/page>\n    SetEnv APPPASS_PORTAL_AUTH_TIME AUTH_TIME\n",
            "host=/var/run/postgresql": f"host={postgres.socket} port={postgres.port}",
            "https://mail.example.org": self.origin,
            "/usr/libexec/apppass/apppass-portal": self.state / "apppass-portal",
            "/etc/apppass/portal.key": self.state / "portal.key"})
        return re.sub(r"(APPPASS_PORTAL_STEP_UP) .*", rf"\1 {self.url}", text)

    def start(self):
        # The time in AUTH_TIME is said to be UTC.
        self.daemon.launch(["/usr/sbin/apache2", "-DFOREGROUND", "-f", self.state / "apache.conf"],
                           environment={"TZ": "UTC"})
        self.daemon.ready(lambda: accepts(self.port), "Apache to listen")
        return self

    def stop(self):
        self.daemon.stop()

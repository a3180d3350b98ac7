# SPDX-License-Identifier: BSD-2-Clause
"""
Apache before the owner's page, configured from examples/apache, with user names and passwords of
its own in the place of a site's single sign-on.
"""

import re
import secrets
import shutil

from .basics import Daemon, Failure, accepts, example, folder, free_port, run, write

USER = "www-data"
HOST = "localhost"
MODULES = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic",
           "alias", "cgid", "env", "rewrite", "socache_shmcb", "ssl")
# Basic asks for the password with every request: the identity is as fresh as that.
SIGN_ON = """\
RewriteEngine On
RewriteRule ^ - [E=AUTH_TIME:%{{TIME_YEAR}}-%{{TIME_MON}}-%{{TIME_DAY}}T%{{TIME_HOUR}}:%{{TIME_MIN}}:%{{TIME_SEC}}Z]
<Location /apppass>
    AuthType Basic
    AuthName "the playground"
    AuthUserFile {users}
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
        # The web server's user may not reach the build folder.
        shutil.copy(site.build / "apppass-portal", self.state / "apppass-portal")
        (self.state / "apppass-portal").chmod(0o755)
        write(self.state / "portal.key", secrets.token_hex(32) + "\n", USER, 0o400)
        users = [f"{name}:{run(['openssl', 'passwd', '-6', '-stdin'], input=password).strip()}\n"
                 for name, password in passwords.items()]
        write(self.state / "users", "".join(users), USER, 0o400)
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "30", "-subj", f"/CN={HOST}", "-addext",
             f"subjectAltName=DNS:{HOST}", "-keyout", self.state / "key.pem", "-out",
             self.state / "cert.pem"])
        write(self.state / "apache.conf", self._configuration(site.postgres))
        return self

    def _example(self, postgres):
        """That of examples/ without its OpenID Connect."""
        text = "".join(line + "\n" for line in example("apache/apppass-portal.conf").split("\n")
                       if not line.startswith("OIDC"))
        sign_on = SIGN_ON.format(users=self.state / "users")
        for old, new in (
                ("<Location /apppass>\n    AuthType openid-connect\n", sign_on),
                ("<Location /apppass/page>\n",
                 "<Location /apppass/page>\n    SetEnv APPPASS_PORTAL_AUTH_TIME AUTH_TIME\n"),
                ("host=/var/run/postgresql", f"host={postgres.socket} port={postgres.port}"),
                ("https://mail.example.org", self.origin),
                ("/usr/libexec/apppass/apppass-portal", self.state / "apppass-portal"),
                ("/etc/apppass/portal.key", self.state / "portal.key")):
            if old not in text:
                raise Failure(f"examples: {old!r} is missing")
            text = text.replace(old, str(new))
        return re.sub(r"(APPPASS_PORTAL_STEP_UP) .*", rf"\1 {self.url}", text)

    def _configuration(self, postgres):
        modules = "".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n"
                          for name in MODULES)
        return f"""\
ServerRoot {self.state}
ServerName {HOST}
PidFile {self.state}/apache2.pid
Mutex file:{self.state}
Listen 127.0.0.1:{self.port}
{modules}
User {USER}
Group {USER}
ScriptSock {self.state}/cgid.sock
ErrorLog {self.log}
<Directory />
    Require all denied
</Directory>
<Directory {self.state}>
    Require all granted
</Directory>
<VirtualHost *:{self.port}>
SSLEngine on
SSLCertificateFile {self.state}/cert.pem
SSLCertificateKeyFile {self.state}/key.pem
{self._example(postgres)}
</VirtualHost>
"""

    def start(self):
        # The time in AUTH_TIME is said to be UTC.
        self.daemon.launch(["/usr/sbin/apache2", "-DFOREGROUND", "-f", self.state / "apache.conf"],
                           environment={"TZ": "UTC"})
        self.daemon.ready(lambda: accepts(self.port), "Apache to listen")
        return self

    def stop(self):
        self.daemon.stop()

# SPDX-License-Identifier: BSD-2-Clause
"""The web side: an OpenID provider, Apache and nginx in front of the page, configured from
examples/."""

import http.client
import secrets
import ssl
import urllib.parse

from harness.basics import Daemon, Failure, accepts, example, folder, free_port, write
from harness.page import around, filled, furnish

HOST = "mail.example.org"
PAGE = "/apppass/page"


class Web:
    """The page of one site at .origin; `state` holds all files of it."""

    def __init__(self, state, site):
        self.state = folder(state)
        self.site = site
        self.port, self.provider_port, self.nginx_port = free_port(), free_port(), free_port()
        self.origin = f"https://{HOST}:{self.port}"
        self.page = self.origin + PAGE
        self.provider_url = f"http://127.0.0.1:{self.provider_port}"
        self.logs = folder(self.state / "logs")
        self.program = self.state / "apppass-portal"
        self.key = self.state / "portal.key"
        self.certificate, self.certificate_key = self.state / "cert.pem", self.state / "key.pem"
        self.daemons = []

    def start(self):
        furnish(self.state, self.site, HOST)
        self._provider()
        self._apache()
        return self

    def stop(self):
        for daemon in reversed(self.daemons):
            daemon.stop()

    def launch(self, name, command, port, user=None, environment=None):
        daemon = Daemon(name, self.state)
        daemon.output = self.logs / f"{name}.out"
        daemon.launch(command, user=user, environment=environment)
        self.daemons.append(daemon)
        daemon.ready(lambda: accepts(port) if isinstance(port, int) else port.exists(),
                     f"{name} to listen")
        return daemon

    def _provider(self):
        self.secret = secrets.token_hex(16)
        self.launch("provider", ["node", self.site.build / "portal" / "provider.js",
                                  self.provider_port, self.origin + "/apppass/callback",
                                  self.secret], self.provider_port,
                     environment={"NODE_ENV": "production"})

    def conninfo(self):
        postgres = self.site.postgres
        return f"host={postgres.socket} port={postgres.port} dbname=apppass user=apppass_page"

    def _apache(self):
        page = filled(example("apache/apppass-portal.conf"), {
            "https://login.example.org": self.provider_url,
            urllib.parse.quote("https://login.example.org", ""):
                urllib.parse.quote(self.provider_url, ""),
            f"https://{HOST}": self.origin,
            urllib.parse.quote(f"https://{HOST}", ""): urllib.parse.quote(self.origin, ""),
            "OIDCClientSecret change-me": f"OIDCClientSecret {self.secret}",
            "change-me-too": secrets.token_hex(16),
            "/usr/libexec/apppass/apppass-portal": self.program,
            "host=/var/run/postgresql dbname=apppass user=apppass_page": self.conninfo(),
            "/etc/apppass/portal.key": self.key,
        })
        page += f"""\
# What the example must never become: the page with nobody in front of it.
ScriptAlias /bare {self.program}
<Location /bare>
    SetEnv APPPASS_PORTAL_CONNINFO "{self.conninfo()}"
    SetEnv APPPASS_PORTAL_ORIGIN {self.origin}
    SetEnv APPPASS_PORTAL_TOKEN_KEY {self.key}
</Location>"""
        write(self.state / "apache.conf", around(
            page, self.state, HOST, self.port, ("auth_openidc",), f"""\
ErrorLog {self.logs}/apache.error
CustomLog {self.logs}/apache.access "%h %u %r %>s %{{Referer}}i"
LogLevel info"""))
        self.launch("apache", ["/usr/sbin/apache2", "-DFOREGROUND", "-f",
                                self.state / "apache.conf"], self.port)

    def sign_in(self, account, acr="mfa", ago=0):
        """As a browser does it; returns the cookies that make a session with Apache."""
        jars = {self.port: {}, self.provider_port: {}}
        port, path, body = self.port, PAGE, None
        for _ in range(12):
            headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in jars[port].items())}
            if body:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            status, answer, _ = self.request("POST" if body else "GET", path, headers, body, port,
                                             tls=port == self.port)
            for line in answer.get_all("Set-Cookie", ()):
                name, value = line.split(";")[0].split("=", 1)
                jars[port][name] = value
            body = None
            if status == 200 and port == self.provider_port:
                body = urllib.parse.urlencode({"account": account, "acr": acr, "ago": ago})
            elif status in (302, 303):
                there = urllib.parse.urlsplit(urllib.parse.urljoin(
                    f"{self.origin if port == self.port else self.provider_url}{path}",
                    answer["Location"]))
                port = there.port
                path = f"{there.path}?{there.query}" if there.query else there.path
            else:
                return "; ".join(f"{name}={value}" for name, value in jars[self.port].items())
        raise Failure("signing in leads in a circle")

    def request(self, method, path, headers=None, body=None, port=None, tls=True):
        """One request by hand; (status, headers, body)."""
        port = port or self.port
        if tls:
            trusted = ssl.create_default_context(cafile=self.certificate)
            trusted.check_hostname = False
            client = http.client.HTTPSConnection("127.0.0.1", port, timeout=60, context=trusted)
        else:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            # Without Accept mod_auth_openidc takes it for a script, and shows no way to sign in.
            client.request(method, path, body, {
                "Host": f"{HOST if tls else '127.0.0.1'}:{port}", "Accept": "text/html",
                **(headers or {})})
            answer = client.getresponse()
            return answer.status, answer.headers, answer.read().decode(errors="replace")
        finally:
            client.close()

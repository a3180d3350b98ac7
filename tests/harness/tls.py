# SPDX-License-Identifier: BSD-2-Clause
"""A site whose mail servers offer TLS, as every one but those on loopback does."""

import contextlib
import re

from .basics import run
from .cyrus import Cyrus
from .postfix import Postfix
from .site import Site


class TlsPostfix(Postfix):
    level = "encrypt"

    def services(self, processes=None):
        text = super().services(processes)
        assert "smtpd_tls_security_level=none" in text
        return (text.replace("smtpd_tls_security_level=none", f"smtpd_tls_security_level={self.level}")
                + "tlsmgr unix - - n 1000? 1 tlsmgr\n")

    def restart(self, level):
        self.level = level
        self.stop()
        (self.config / "master.cf").write_text(self.services())
        self.start()


class TlsCyrus(Cyrus):
    DOORS = (*Cyrus.DOORS, "https")


class TlsSite(Site):
    """With a certificate of its own making."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.certificate, self.key = self.state / "cert.pem", self.state / "key.pem"
        self.renew(90)
        self.cyrus = TlsCyrus(self.state / "cyrus")
        self.postfix = TlsPostfix(self.state / "postfix")
        self.postfix.overrides = {"smtpd_tls_cert_file": self.certificate,
                                  "smtpd_tls_key_file": self.key}

    def cyrus_options(self):
        return {**super().cyrus_options(), "tls_server_cert": self.certificate,
                "tls_server_key": self.key, "failedloginpause": "0", "allowplaintext": "no",
                "allowstarttls": "yes"}

    def renew(self, days):
        self.state.mkdir(exist_ok=True)
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", days, "-subj", "/CN=mail.example.org", "-keyout", self.key,
             "-out", self.certificate])
        run(["chown", "cyrus", self.key])

    @contextlib.contextmanager
    def certificate_for(self, days):
        """The servers have one that ends soon."""
        def take(number):
            self.renew(number)
            self.restart_cyrus()
            self.postfix.restart("encrypt")

        take(days)
        try:
            yield
        finally:
            take(90)

    @contextlib.contextmanager
    def without_certificate(self):
        self.restart_cyrus(tls_server_cert=None, tls_server_key=None)
        self.postfix.restart("none")
        try:
            yield
        finally:
            with self.cyrus.config.open("a") as config:
                config.write(f"tls_server_cert: {self.certificate}\ntls_server_key: {self.key}\n")
            self.restart_cyrus()
            self.postfix.restart("encrypt")

    def restart_cyrus(self, **options):
        """With other options than the written ones."""
        text = self.cyrus.config.read_text()
        for name, value in options.items():
            text, count = re.subn(rf"(?m)^{name}: .*\n", f"{name}: {value}\n" if value else "", text)
            assert count == 1, name
        self.cyrus.stop()
        self.cyrus.config.write_text(text)
        self.cyrus.start()

# SPDX-License-Identifier: BSD-2-Clause
"""apppass-portal as a web server runs it: one process for each request."""

import os
import re
import secrets
import subprocess
import time
import urllib.parse

import psycopg2
import pytest

from conftest import BUILD, NUMBERS
from harness.postgres import ADMINISTRATOR

ORIGIN = "https://mail.example.org"
PAGE = 30   # seconds that it may take


class Portal:
    """The page of one person, whose realm offers two services."""

    def __init__(self, desk, folder):
        self.desk = desk
        self.realm = f"portal{next(NUMBERS)}.example"
        desk.ok("realm", "add", self.realm, user=ADMINISTRATOR)
        desk.sql("UPDATE apppass.realm SET self_allowed = true, self_services = '{imap,smtp}',"
                 f" argon2_memory_kib = 8192, argon2_passes = 1 WHERE name = '{self.realm}';"
                 "DO $$ BEGIN CREATE ROLE page LOGIN IN ROLE apppass_self;"
                 " EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        self.account = desk.account(realm=self.realm)
        self.key = folder / "token.key"
        self.key.write_text(secrets.token_hex(32))
        self.key.chmod(0o600)

    def ask(self, fields=None):
        """Status and page."""
        server = self.desk.server
        body = urllib.parse.urlencode(fields or []).encode()
        settings = {
            "REQUEST_METHOD": "GET" if fields is None else "POST",
            "SCRIPT_NAME": "/codes", "REMOTE_USER": self.account, "REMOTE_ADDR": "192.0.2.1",
            "OIDC_CLAIM_auth_time": str(int(time.time())),
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(body)), "HTTP_ORIGIN": ORIGIN,
            "APPPASS_PORTAL_CONNINFO": f"host={server.socket} port={server.port} dbname=apppass"
                                       " user=page",
            "APPPASS_PORTAL_ORIGIN": ORIGIN, "APPPASS_PORTAL_TOKEN_KEY": str(self.key)}
        keep = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS")
                if name in os.environ}
        done = subprocess.run([BUILD / "apppass-portal"], input=body, capture_output=True,
                              env={**keep, **settings}, timeout=120, check=False)
        head, _, page = done.stdout.decode().partition("\r\n\r\n")
        assert head.startswith("Status: "), done
        return int(head.split()[1]), page

    def make(self, *services):
        """Fill the form for a new code as it stands on the page."""
        status, page = self.ask()
        assert status == 200 and page.count('name="service"') == 2, page
        token = re.search(r'value="make"><input type="hidden" name="token" value="([^"]+)"', page)
        return self.ask([("action", "make"), ("token", token[1]), ("device", "Phone"),
                         *(("service", service) for service in services)])


@pytest.fixture(name="portal")
def a_portal(desk, tmp_path):
    return Portal(desk, tmp_path)


def test_services_are_those_that_were_ticked(portal):
    status, page = portal.make("imap")
    assert status == 200 and 'class="secret"' in page
    assert [code["services"] for code in portal.desk.json("list", portal.account)] == [["imap"]]


def test_no_service_ticked_is_not_all(portal):
    status, page = portal.make()
    assert status == 400 and "used for" in page
    assert portal.desk.json("list", portal.account) == []


def test_a_database_that_is_silent_holds_no_page_up(portal):
    session = psycopg2.connect(portal.desk.server.conninfo("postgres"))
    try:
        session.cursor().execute("LOCK TABLE apppass.realm IN ACCESS EXCLUSIVE MODE")
        begun = time.monotonic()
        status, _ = portal.ask()
        assert status == 503 and time.monotonic() - begun < 2 * PAGE
    finally:
        session.close()

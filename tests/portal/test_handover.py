# SPDX-License-Identifier: BSD-2-Clause
"""A code that no operator sees, by a link: once, in time, with its PIN."""

import base64
import csv
import json
import plistlib
from urllib.parse import urlsplit

import pytest

from harness.basics import run
from harness.clients import OK
from harness.codes import CODE
from harness.postgres import HELPDESK

FORM = "application/x-www-form-urlencoded"
IMAP = "imap AUTHENTICATE PLAIN"


class Link:
    """What the tool printed, and what can be done with it by hand."""

    def __init__(self, site, web, account, *options, device="Printer"):
        answer = site.apppass("--json", "issue", account, "--device", device, "--handover",
                              "--force", *options, user=HELPDESK)
        assert not CODE.search(answer.stdout)
        self.site, self.web, self.account = site, web, account
        self.told = json.loads(answer.stdout)
        self.link, self.pin = self.told["link"], self.told["pin"]
        self.path = urlsplit(self.link).path

    def open(self):
        return self.web.request("GET", self.path)

    def collect(self, body="", **headers):
        return self.web.request("POST", self.path, {
            "Origin": self.web.origin, "Content-Type": FORM, "Sec-Fetch-Site": "same-origin",
            **headers}, body)

    def state(self):
        return self.site.postgres.psql("SELECT string_agg(state, ' ' ORDER BY offered_at)"
                                       " FROM apppass.handover_overview"
                                       f" WHERE account = '{self.account}'")

    def codes(self):
        return self.site.postgres.psql("SELECT count(*) FROM apppass.code_overview"
                                       f" WHERE account = '{self.account}'")


@pytest.fixture
def link(site, web, account):
    return Link(site, web, account)


def test_collected_in_a_browser(site, web, account, browser):
    link = Link(site, web, account, "--pin", "--service", "imap")
    person = browser()
    person.driver.get(link.link)
    assert account in person.text and "Printer" in person.text
    person.shoot("offer-390")
    assert link.codes() == "0"
    person.find("#pin").send_keys(f"{link.pin[:3]} {link.pin[3:]}")
    person.press("Make the app password")
    code = person.code()
    assert site.knock(IMAP, account, code).meaning == OK
    assert person.complaints() == []
    assert link.state() == "collected"
    person.driver.get(link.link)
    assert "not valid" in person.text


def test_programs_that_open_every_link_make_nothing(link):
    for _ in range(3):
        assert link.open()[0] == 200
    assert link.web.request("HEAD", link.path)[0] == 200
    assert link.codes() == "0" and link.state() == "pending"


def test_once(link):
    first, second = link.collect(), link.collect()
    assert first[0] == 200 and 'class="secret"' in first[2]
    assert second[0] == 404 and "not valid" in second[2]
    assert link.codes() == "1"


@pytest.mark.parametrize("options, payloads", [
    ((), ["com.apple.mail.managed", "com.apple.caldav.account", "com.apple.carddav.account"]),
    (("--service", "imap"), ["com.apple.mail.managed"]),
])
def test_as_a_profile(site, web, account, options, payloads):
    """For Apple's devices: mail, and calendars and contacts where the code opens them."""
    link = Link(site, web, account, *options)
    status, headers, text = link.collect("as=apple")
    assert status == 200 and "aspen-config" in headers["Content-Type"]
    content = plistlib.loads(text.encode())["PayloadContent"]
    assert [payload["PayloadType"] for payload in content] == payloads
    assert content[0]["IncomingMailServerHostName"] == "imap.example.org"
    code = content[0]["IncomingPassword"]
    for payload in content[1:]:
        protocol = {"caldav": "CalDAV", "carddav": "CardDAV"}[payload["PayloadType"].split(".")[2]]
        assert payload[f"{protocol}HostName"] == "dav.example.org"
        assert (payload[f"{protocol}Port"], payload[f"{protocol}UseSSL"]) == (443, True)
        assert (payload[f"{protocol}Username"], payload[f"{protocol}Password"]) == (account, code)
    assert site.knock(IMAP, account, code).meaning == OK


def test_five_wrong_pins_end_it(site, web, account):
    link = Link(site, web, account, "--pin")
    wrong = "000000" if link.pin != "000000" else "000001"
    for _ in range(4):
        status, _, text = link.collect(f"pin={wrong}")
        assert status == 403 and "not the PIN" in text
    assert link.collect()[0] == 403, "none at all is a wrong one"
    assert link.collect(f"pin={link.pin}")[0] == 404
    assert link.codes() == "0" and link.state() == "locked"
    trail = site.postgres.psql("SELECT count(*) FILTER (WHERE action = 'handover_pin_wrong'),"
                               " count(*) FILTER (WHERE action = 'handover_locked')"
                               f" FROM apppass.audit_log WHERE account = '{account}'")
    assert trail == "4|1"


def test_the_helpdesk_sees_what_became_of_it(site, web, account):
    def told():
        answer = site.apppass("--json", "diagnose", account, user=HELPDESK)
        finding, = [one for one in json.loads(answer.stdout)["findings"] if "link" in one["meaning"]]
        return finding["meaning"], finding["command"]

    first = Link(site, web, account, "--pin")
    meaning, command = told()
    assert 'a link for the device "Printer" waits to be opened, until 20' in meaning
    assert command == f"apppass issue {account} --device Printer --handover"
    for _ in range(5):
        first.collect("pin=")
    assert "is closed: five wrong PINs" in told()[0]
    second = Link(site, web, account)
    code = CODE.search(second.collect()[2]).group(0)
    meaning, command = told()
    assert f"was opened and made the code {code[:4]} on 20" in meaning and command is None


def test_the_form_of_another_site(link):
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        status, _, text = link.collect(**headers)
        assert status == 403 and "another site" in text
    assert link.codes() == "0" and link.state() == "pending"


@pytest.mark.parametrize("secret", ["", "0" * 32, "0" * 31, "x" * 32, "0" * 4000, "..%2fpage",
                                    "%00" * 32])
def test_links_that_are_none(web, link, secret):
    base = link.path.rsplit("/", 1)[0]
    status, _, text = web.request("GET", f"{base}/{secret}")
    assert status in (400, 404) and link.account not in text


def test_a_second_link_ends_the_first(site, web, account):
    first = Link(site, web, account, device="Printer")
    second = Link(site, web, account, device="printer")
    assert first.collect()[0] == 404
    assert second.collect()[0] == 200


def test_taken_back_with_all_codes(site, web, account):
    link = Link(site, web, account)
    site.apppass("revoke", account, "--all", "--reason", "left")
    assert link.collect()[0] == 404 and link.state() == ""


def test_a_disabled_account_has_none(site, web, account):
    link = Link(site, web, account)
    site.apppass("account", "disable", account, "--reason", "left")
    site.apppass("account", "enable", account, "--reason", "back")
    assert link.collect()[0] == 404


def test_after_its_time(site, web, account):
    link = Link(site, web, account)
    site.postgres.psql("UPDATE apppass.handover SET ends_at = now() - interval '1 s'", "postgres")
    assert link.open()[0] == 404 and link.collect()[0] == 404
    site.apppass("maintain")
    assert link.state() == "ended"
    site.postgres.psql("UPDATE apppass.handover SET ends_at = now() - interval '7 days'", "postgres")
    site.apppass("maintain")
    assert link.state() == "" and link.codes() == "0"


def test_what_policy_refuses_is_said_at_the_desk(site, account):
    answer = site.apppass("issue", account, "--device", "X", "--handover", "--force", "--service",
                          "nosuch", user=HELPDESK, check=False)
    assert answer.returncode == 1 and "nosuch" in answer.stderr


def test_the_page_of_links_is_no_page_of_accounts(web, account):
    """Without single sign-on it serves nothing that an account has, whatever a client claims."""
    for path in ("/apppass-handover", "/apppass-handover/"):
        status, _, text = web.request("GET", path, {"Remote-User": account})
        assert status == 404 and account not in text


def test_neither_link_nor_pin_is_stored_or_logged_by_the_database(site, web, account):
    link = Link(site, web, account, "--pin")
    secret = link.path.rsplit("/", 1)[1]
    assert link.collect(f"pin={link.pin}")[0] == 200
    for text in (site.postgres.dump(), site.postgres.log.read_text()):
        assert secret not in text and f"'{link.pin}'" not in text


def test_a_batch_of_letters_is_printed(site, web, browser):
    """A page for each, in its language; who has the letter and the PIN makes the code."""
    accounts = [site.add_account(f"letter{i}@example.org") for i in range(4)]
    site.apppass("account", "notify", accounts[1], "--language", "de")
    folder = web.state / "letters"
    folder.mkdir()
    (folder / "table.csv").write_text("account,device\n" + "".join(
        f'{account},"Printer, {"very " * 15}<long> ""name"" {i}"\n'
        for i, account in enumerate(accounts)))
    site.apppass("issue", "--batch", folder / "table.csv", "--handover", "--pin", "--output",
                 folder / "links.csv", "--letters", folder / "letters.html")
    with open(folder / "links.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    person = browser((1280, 900))
    person.driver.get(f"file://{folder}/letters.html")
    person.shoot("letters-1280")
    assert person.complaints() == []
    (folder / "letters.pdf").write_bytes(base64.b64decode(person.driver.print_page()))
    pages = run(["pdftotext", "-layout", folder / "letters.pdf", "-"]).split("\f")
    assert len(pages) == 5 and pages[4] == ""
    for row, page in zip(rows, pages):
        together = "".join(page.split())
        assert row["account"] in together and row["link"] in together
        assert row["pin"] not in together
    assert "Your app password" in pages[0] and "Ihr App-Passwort" in pages[1]
    run(["pdftoppm", "-png", "-r", "60", "-l", "2", folder / "letters.pdf",
         site.build / "portal" / "screenshots" / "letter"])
    person.driver.get(rows[2]["link"])
    person.find("#pin").send_keys(rows[2]["pin"])
    person.press("Make the app password")
    assert site.knock(IMAP, accounts[2], person.code()).meaning == OK

# SPDX-License-Identifier: BSD-2-Clause
"""A person with a browser and a telephone, and no helpdesk."""

from harness.basics import until
from harness.clients import OK, REFUSED
from conftest import DESKTOP, PHONE, SMALL

IMAP, SMTP, POP = "imap AUTHENTICATE PLAIN", "smtp AUTH PLAIN, initial response", "pop3 AUTH PLAIN"


def test_from_sign_on_to_mail_and_back(site, web, account, browser):
    person = browser().open().sign_in(account)
    assert account in person.text and "There is no app password yet." in person.text
    code = person.make("My phone", {"imap", "smtp"})
    assert site.knock(IMAP, account, code).meaning == OK
    assert site.knock(SMTP, account, code).meaning == OK
    assert site.knock(POP, account, code).meaning == REFUSED
    site.last_service(account)

    def used():
        person.open()
        return "used just now for reading mail (IMAP) from 127.0.0." in person.text
    until(used, "the last use on the page")
    assert person.complaints() == []
    person.press_at("My phone", "Revoke")
    assert site.knock(IMAP, account, code).meaning == OK, "nobody has said yes yet"
    person.press("Yes")
    assert "Done" in person.text
    assert site.knock(IMAP, account, code).meaning == REFUSED
    assert site.knock(SMTP, account, code).meaning == REFUSED
    assert "revoked" in person.open().entry("My phone").text
    trail = site.postgres.psql(
        "SELECT action FROM apppass.audit_log WHERE actor = 'apppass_page'"
        f" AND operator = 'the owner' AND account = '{account}'").split()
    assert {"owner_identified", "code_issued", "code_revoked"} <= set(trail)


def test_a_stale_identity_signs_in_again(web, account, browser):
    person = browser().open().sign_in(account, ago=1200)
    assert "You signed in a while ago" in person.text and not person.has("#device")
    person.follow(person.find("[role=status] a"))
    person.sign_in(account)
    assert person.has("#device")


def test_an_identity_that_gets_stale_on_the_page(site, account, browser):
    """What the form is answered with leads to the provider, of another origin."""
    person = browser().open().sign_in(account, ago=90)
    person.make("Phone")
    person.open().press("It wasn't me")
    within = "UPDATE apppass.realm SET self_fresh_within = '%s' WHERE name = 'example.org'"
    site.postgres.psql(within % "1 min")
    try:
        person.press("Yes")
        assert "You signed in a while ago" in person.text
    finally:
        site.postgres.psql(within % "10 min")
    person.follow(person.find("[role=status] a"))
    person.sign_in(account)
    assert "valid" in person.entry("Phone").text and person.has("#device")


def test_without_a_second_factor(site, web, account, browser):
    person = browser().open().sign_in(account, acr="password")
    assert "with your second factor" in person.text and not person.has("#device")
    person.follow(person.find("[role=status] a"))
    person.sign_in(account, acr="mfa")
    assert person.make("Phone")
    assert site.postgres.psql("SELECT mfa_enrolled FROM apppass.account_overview"
                              f" WHERE account = '{account}'") == "t"


def test_back_and_forth_and_in_two_tabs(site, account, browser):
    person = browser(DESKTOP).open().sign_in(account)
    first = person.driver.current_window_handle
    person.driver.switch_to.new_window("tab")
    second = person.open().driver.current_window_handle
    person.driver.switch_to.window(first)
    person.make("Laptop")
    # Back, and once more: the page is not from a cache, and its old form makes nothing.
    person.driver.back()
    until(lambda: person.has("#device"), f"the form\n{person.text}")
    person.driver.switch_to.window(second)
    person.find("#device").send_keys("Tablet")
    person.press("Make an app password")
    assert "This form is too old, was sent already" in person.text
    assert site.postgres.psql("SELECT count(*) FROM apppass.code_overview"
                              f" WHERE account = '{account}'") == "1"
    person.follow(person.find("a"))
    assert person.make("Tablet")


def test_replaced_and_all_revoked(site, account, browser):
    person = browser().open().sign_in(account)
    old = person.make("Phone")
    person.open().press_at("Phone", "Replace")
    person.press("Yes")
    new = person.code()
    assert site.knock(IMAP, account, old).meaning == REFUSED
    assert site.knock(IMAP, account, new).meaning == OK
    person.open().press("It wasn't me")
    person.press("Yes")
    assert site.knock(IMAP, account, new).meaning == REFUSED
    assert site.postgres.psql("SELECT count(*) FROM apppass.audit_log WHERE action = 'owner_alarm'"
                              f" AND account = '{account}'") == "1"


def test_with_the_keyboard_alone(account, browser):
    person = browser(DESKTOP).open().sign_in(account)
    seen = []
    for _ in range(8):
        person.driver.switch_to.active_element.send_keys("\ue004")
        active = person.driver.switch_to.active_element
        seen.append(active.accessible_name)
        if active.get_attribute("name") == "device":
            active.send_keys("Laptop")
        if active.text == "Make an app password":
            active.send_keys("\ue007")
            break
    assert seen[0] == "Name of the device" and "reading mail (IMAP)" in seen
    assert person.code()


def test_in_german(account, browser):
    person = browser(language="de").open().sign_in(account)
    assert person.find("html").get_attribute("lang") == "de"
    assert "Ein neues App-Passwort" in person.text
    person.shoot("liste-390")


def test_pictures(site, account, browser):
    """No page is wider than the window; people look at what it writes."""
    person = browser(SMALL).open().sign_in(account)
    for name, size in (("320", SMALL), ("390", PHONE), ("1280", DESKTOP)):
        person.resize(size)
        person.open()
        person.make(f"My phone, the one with the long name {name}")
        for summary in person.driver.find_elements("css selector", "summary"):
            summary.click()
        person.shoot(f"code-{name}")
        person.resize(size)
        person.open().shoot(f"list-{name}")
        person.resize(size)
        person.press("Revoke all").shoot(f"sure-{name}")
        assert person.complaints() == []

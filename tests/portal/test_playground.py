# SPDX-License-Identifier: BSD-2-Clause
"""./quickstart portal: a person signs in, makes a code, and uses it."""

import re

import pytest
from selenium.webdriver.common.by import By

from conftest import BUILD, DESKTOP, PHONE, Browser
from harness.checkout import checkout, shell
from harness.codes import CODE


@pytest.fixture(scope="module")
def tree():
    with checkout("portal", BUILD) as copy:
        yield copy


PAGE = 'curl -sSk -u "$ACCOUNT:$PORTAL_PASSWORD"'
LOGIN = 'curl -sS --url "imap://127.0.0.1:$IMAP_PORT/INBOX" --login-options AUTH=PLAIN -u "$ACCOUNT'


def test_it_says_how_to_sign_in(tree):
    story = (tree / "story").read_text()
    for name in ("PORTAL_URL", "PORTAL_PASSWORD", "ACCOUNT"):
        assert shell(tree, f"echo ${name}").strip() in story


def test_a_code_by_curl_alone(tree):
    page = shell(tree, f'{PAGE} "$PORTAL_URL"')
    token = re.search('name="action" value="make"><input type="hidden" name="token" value="([^"]*)"',
                      page)[1]
    answer = shell(tree, f"""{PAGE} "$PORTAL_URL" -H Sec-Fetch-Site:\\ same-origin \\
        -d action=make -d token={token} -d device=curl -d as=page""")
    code = CODE.search(answer)[0]
    shell(tree, f'{LOGIN}:{code}"')
    assert "curl" in shell(tree, "$APPPASS list $ACCOUNT")


def test_the_wrong_password_and_none(tree):
    for who in ("", '-u "$ACCOUNT:wrong"', '-u "$ACCOUNT:$CODE"'):
        assert shell(tree, f'curl -sSk -o /dev/null -w "%{{http_code}}" {who} "$PORTAL_URL"') == "401"


class Web:
    """What a Browser asks of the side that serves the page."""

    def __init__(self, tree):
        self.state = tree
        self.site = self
        self.typed = []
        url, account, password = shell(
            tree, 'printf "%s\\n" "$PORTAL_URL" "$ACCOUNT" "$PORTAL_PASSWORD"').split()
        self.page = url.replace("https://", f"https://{account.replace('@', '%40')}:{password}@")


def test_in_a_browser(tree):
    person = Browser(Web(tree), PHONE)
    try:
        person.open()
        assert "alice@example.org" in person.text
        person.shoot("playground-390")
        code = person.make("My phone")
        person.shoot("playground-code-390")
        shell(tree, f'{LOGIN}:{code}"')
        person.resize(DESKTOP)
        person.follow(person.driver.find_element(By.LINK_TEXT, "Back to the list"))
        person.shoot("playground-1280")
        person.press_at("My phone", "Revoke")
        person.press("Yes")
        assert "revoked" in person.open().entry("My phone").text
        link = re.search(r"https://localhost:\S+/apppass-handover/[0-9a-f]{32}", shell(
            tree, "$APPPASS issue $ACCOUNT --device Printer --handover --force"))[0]
        person.driver.get(link)
        person.press("Make the app password")
        shell(tree, f'{LOGIN}:{person.code()}"')
        assert person.complaints() == []
    finally:
        person.quit()

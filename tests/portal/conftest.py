# SPDX-License-Identifier: BSD-2-Clause
"""Fixtures of the page's tests: a site, the web servers before it, and browsers."""

import collections
import itertools
import os
import shutil
import sys
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.basics import Failure, folder, state_folder, until  # noqa: E402
from harness.codes import CODE  # noqa: E402
from harness.evidence import assert_nowhere  # noqa: E402
from harness.site import Site  # noqa: E402
from web import HOST, Web  # noqa: E402

BUILD = Path(os.environ["APPPASS_BUILD"])
PHONE, SMALL, DESKTOP = (390, 844), (320, 568), (1280, 900)
NUMBERS = itertools.count(1)
IDLE = collections.defaultdict(list)     # browsers that nobody uses, by language: one takes seconds to start


@pytest.fixture(scope="session")
def site():
    """A site whose realm lets owners help themselves, with a second factor."""
    running = Site(state_folder(), BUILD)
    try:
        running.create(processes=1)
        yield running
    finally:
        running.destroy()


@pytest.fixture(scope="session")
def web(site):
    """What was shown or typed must be in no log of any server at the end."""
    running = Web(site.state / "web", site)
    try:
        site.apppass("realm", "add", "example.org", "self_allowed=yes", "self_mfa_values=mfa",
                     "imap_host=imap.example.org", "smtp_host=smtp.example.org",
                     "dav_host=dav.example.org", "self_services=dav,imap,smtp",
                     f"handover_url={running.origin}/apppass-handover")
        yield running.start()
        logs = site.logs()
        site.logs = lambda: logs + sorted(running.logs.iterdir())
        assert_nowhere(site, site.typed)
    finally:
        running.stop()


@pytest.fixture
def account(site, web):
    return site.add_account(f"owner{next(NUMBERS)}@example.org")


@pytest.fixture(scope="session", autouse=True)
def no_browser_is_left():
    yield
    for driver in itertools.chain(*IDLE.values()):
        driver.quit()
        shutil.rmtree(driver.capabilities["chrome"]["userDataDir"])


class Browser:
    """Chromium, and what a person does with it on the page."""

    def __init__(self, web, size, language="en"):
        self.web = web
        self.language = language
        self.driver = IDLE[language].pop() if IDLE[language] else self._start()
        self.resize(size)

    def _start(self):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                     "--disable-dev-shm-usage", "--disable-background-networking",
                     "--ignore-certificate-errors",
                     f"--user-data-dir={state_folder('apppass-browser.')}",
                     f"--host-resolver-rules=MAP {HOST} 127.0.0.1"):
            options.add_argument(word)
        options.add_experimental_option("prefs", {"intl.accept_languages": self.language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
        driver.set_page_load_timeout(120)
        return driver

    def resize(self, size):
        """The viewport, as a telephone or a desk has it."""
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": size[0], "height": size[1], "deviceScaleFactor": 1,
            "mobile": size[0] < 500})

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def has(self, selector):
        return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

    @property
    def text(self):
        def read():
            try:
                return [self.find("body").text]
            except (StaleElementReferenceException, NoSuchElementException):
                return None     # the next page is coming in
        return until(read, "a page")[0]

    def follow(self, element):
        """Click what leads to another page, and wait until this one is gone."""
        page = self.find("html")

        def gone():
            try:
                page.is_enabled()
            except StaleElementReferenceException:
                return True
            return False
        element.click()
        until(gone, "the next page")
        return self

    def open(self):
        self.driver.get(self.web.page)
        return self

    def sign_in(self, account, acr="mfa", ago=0):
        """Fill in what the provider asks."""
        until(lambda: self.has("input[name=account]"), f"the provider's form:\n{self.text}")
        for name, value in (("account", account), ("acr", acr), ("ago", ago)):
            field = self.find(f"input[name={name}]")
            field.clear()
            field.send_keys(str(value))
        self.press("Sign in")
        until(lambda: self.driver.current_url.startswith(self.web.page),
              f"the page after signing in: {self.driver.current_url}\n{self.text}")
        return self

    def press(self, label, within="body"):
        """The button of that label."""
        for button in self.find(within).find_elements(By.TAG_NAME, "button"):
            if button.text.split("\n")[0] == label:
                return self.follow(button)
        raise Failure(f"there is no button {label!r}:\n{self.text}")

    def make(self, device, services=None):
        """Make a code; returns what the page shows as one."""
        self.find("#device").send_keys(device)
        for box in self.driver.find_elements(By.NAME, "service"):
            if services is not None and box.get_attribute("value") not in services:
                box.click()
        self.press("Make an app password")
        return self.code()

    def code(self):
        until(lambda: self.has(".secret code"), f"a code on the page:\n{self.text}")
        code = CODE.fullmatch(self.find(".secret code").text)[0]
        self.web.site.typed.append(("", code))
        return code

    def cookies(self):
        return "; ".join(f"{cookie['name']}={cookie['value']}"
                         for cookie in self.driver.get_cookies())

    def entry(self, device):
        """The part of the list about a device."""
        for part in self.driver.find_elements(By.CSS_SELECTOR, ".code"):
            if part.find_element(By.TAG_NAME, "h3").text == device:
                return part
        raise NoSuchElementException(device)

    def press_at(self, device, label):
        for button in self.entry(device).find_elements(By.TAG_NAME, "button"):
            if button.text.split("\n")[0].startswith(label):
                return self.follow(button)
        raise Failure(f"there is no {label!r} at {device!r}:\n{self.text}")

    def shoot(self, name):
        """A picture of all of the page, for people to look at."""
        size = self.driver.execute_script(
            "return [document.documentElement.clientWidth,"
            " document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
        assert size[1] <= size[0], f"{name}: {size[1]} pixels wide on {size[0]}"
        width = size[0]
        self.resize((width, size[2]))
        folder(BUILD / "portal" / "screenshots")
        self.driver.save_screenshot(str(BUILD / "portal" / "screenshots" / f"{name}.png"))

    def complaints(self):
        """What the browser has against the page: a policy that was broken, a missing file."""
        return [entry["message"] for entry in self.driver.get_log("browser")
                if "favicon" not in entry["message"]]

    def quit(self):
        """The next person finds one tab, and no trace of this one."""
        first, *others = self.driver.window_handles
        for other in others:
            self.driver.switch_to.window(other)
            self.driver.close()
        self.driver.switch_to.window(first)
        self.driver.get("about:blank")
        for what in ("Network.clearBrowserCookies", "Network.clearBrowserCache"):
            self.driver.execute_cdp_cmd(what, {})
        self.complaints()
        IDLE[self.language].append(self.driver)


@pytest.fixture
def browser(web):
    started = []

    def start(size=PHONE, language="en"):
        started.append(Browser(web, size, language))
        return started[-1]
    yield start
    for one in started:
        one.quit()

# SPDX-License-Identifier: BSD-2-Clause
"""Who must be refused, with a clear page and nothing changed."""

import re
import threading
from urllib.parse import urlencode

import pytest

from harness.basics import until
from web import PAGE

FORM = "application/x-www-form-urlencoded"


class Signed:
    """A person's session with the web server, for requests by hand."""

    def __init__(self, web, account, **identity):
        self.web, self.account = web, account
        self.cookie = web.sign_in(account, **identity)

    def get(self, path=PAGE, **headers):
        return self.web.request("GET", path, {"Cookie": self.cookie, **headers})

    def post(self, fields, headers=None, path=PAGE):
        """A form as the page's own would be sent; a header that is None is left out."""
        whole = {"Cookie": self.cookie, "Origin": self.web.origin, "Content-Type": FORM,
                 "Sec-Fetch-Site": "same-origin", **(headers or {})}
        body = fields if isinstance(fields, (str, bytes)) else urlencode(fields, doseq=True)
        answer = self.web.request("POST", path,
                                  {name: value for name, value in whole.items() if value}, body)
        self.web.site.typed += [("", code) for code
                                in re.findall(r'class="secret"><code>([^<]+)', answer[2])]
        return answer

    def token(self, action="make"):
        """A token as the page gives it out."""
        if action == "make":
            text = self.get()[2]
        else:
            text = self.post({"action": action, "device": "x", "selector": "0000"})[2]
        forms = re.findall(r'name="action" value="(\w+)"><input type="hidden" name="token"'
                           r' value="([^"]+)"', text)
        return dict(forms)[action]

    def make(self, device="Phone", **changes):
        return {"action": "make", "token": self.token(), "device": device, "service": "imap",
                **changes}


@pytest.fixture
def alice(web, account):
    return Signed(web, account)


@pytest.fixture
def unchanged(site, web):
    """Nothing but reading happened between the call and the end of the test."""
    def state():
        return site.postgres.psql("SELECT (SELECT count(*) FROM apppass.audit),"
                                  " (SELECT count(*) FROM apppass.code)", "postgres")
    before = []
    yield lambda: before.append(state())
    assert before and before[0] == state()


def refused(answer, status, words):
    """A page of that status that says so; and nothing on it is a code."""
    assert answer[0] == status, answer
    assert words in answer[2] and 'class="secret"' not in answer[2], answer
    assert answer[1]["Cache-Control"] == "no-store"
    return answer


def test_the_same_request_untouched_is_served(alice):
    """What the others vary."""
    status, headers, text = alice.post(alice.make())
    assert status == 200 and 'class="secret"' in text
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Location" not in headers


def test_the_token_of_another_person(web, alice, site, unchanged):
    bob = Signed(web, site.add_account("bob@example.org"))
    token = bob.token()
    unchanged()
    refused(alice.post(alice.make(token=token)), 409, "not yours")


@pytest.mark.parametrize("token", ["", "0", ".", "ffffffffffffffff.00", "x" * 200, None],
                         ids=["empty", "digit", "dot", "future", "long", "none"])
def test_no_token(alice, unchanged, token):
    fields = alice.make(token=token)
    if token is None:
        del fields["token"]
    unchanged()
    refused(alice.post(fields), 409, "Nothing was changed")


def test_the_token_of_another_action(alice, unchanged):
    token = alice.token("revoke_all")
    unchanged()
    refused(alice.post(alice.make(token=token)), 409, "Nothing was changed")


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": None},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    {"Origin": None, "Sec-Fetch-Site": "cross-site"},
    {"Origin": None, "Sec-Fetch-Site": "same-site"},
    {"Origin": "null", "Sec-Fetch-Site": "none"},
    {"Origin": None, "Sec-Fetch-Site": None},
    {"Origin": "null", "Sec-Fetch-Site": None},
])
def test_a_form_of_another_site(alice, unchanged, headers):
    fields = alice.make()
    unchanged()
    refused(alice.post(fields, headers), 403, "from another site")


def test_an_old_browser_without_fetch_metadata(alice):
    assert alice.post(alice.make(), {"Sec-Fetch-Site": None})[0] == 200


SPOOFED = {name: value for name, value in (
    ("Remote-User", "alice@example.org"), ("REMOTE_USER", "alice@example.org"),
    ("X-Remote-User", "alice@example.org"), ("OIDC_CLAIM_email", "alice@example.org"),
    ("OIDC-CLAIM-email", "alice@example.org"), ("OIDC_CLAIM_auth_time", "4102444800"),
    ("OIDC-CLAIM-auth-time", "4102444800"), ("OIDC_CLAIM_acr", "mfa"),
    ("OIDC-CLAIM-acr", "mfa"), ("X-Forwarded-User", "alice@example.org"))}


def test_headers_make_nobody_of_a_stranger(web, site, unchanged):
    unchanged()
    status, headers, _ = web.request("GET", PAGE, SPOOFED)
    assert status == 302 and headers["Location"].startswith(web.provider_url)
    status, headers, text = web.request("POST", PAGE, {**SPOOFED, "Content-Type": FORM,
                                        "Origin": web.origin}, "action=make")
    assert status in (302, 401) and "secret" not in text


def test_headers_make_nobody_where_nothing_stands_before_the_page(web, unchanged):
    unchanged()
    refused(web.request("GET", "/bare", SPOOFED), 403, "did not say who you are")
    refused(web.request("POST", "/bare", {**SPOOFED, "Content-Type": FORM, "Origin": web.origin},
                        "action=make&device=x"), 403, "did not say who you are")


def test_headers_change_no_identity(web, account, site, unchanged):
    person = Signed(web, account, acr="password", ago=1200)
    other = site.add_account("victim@example.org")
    unchanged()
    spoofed = {name: value.replace("alice@example.org", other) for name, value in SPOOFED.items()}
    text = person.get(**spoofed)[2]
    assert account in text and other not in text and "You signed in a while ago" in text


def test_a_stale_identity_is_sent_to_sign_in_again(web, account, unchanged, site):
    person = Signed(web, account, ago=1200)
    fresh = Signed(web, account)
    fields = fresh.make()
    unchanged()
    status, headers, text = person.post(fields)
    # A redirect would be held against the page's own form-action: a link is not.
    assert status == 403 and "Location" not in headers and "secret" not in text
    assert re.search(r'<a href="[^"]*max_age%3D0">Sign in again</a>', text), text
    for action in ("revoke_all", "alarm"):
        token = fresh.token(action)
        assert person.post({"action": action, "token": token, "sure": "yes"})[0] == 403


def test_a_form_that_was_sent_already(alice, site):
    fields = alice.make()
    assert alice.post(fields)[0] == 200
    refused(alice.post(fields), 409, "sent already")
    assert site.postgres.psql("SELECT count(*) FROM apppass.code_overview"
                              f" WHERE account = '{alice.account}'") == "1"


def test_a_form_that_is_sent_twice_at_the_same_moment(alice, site):
    fields, answers = alice.make(), []
    threads = [threading.Thread(target=lambda: answers.append(alice.post(fields)[0]))
               for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 409, 409, 409, 409]
    assert site.postgres.psql("SELECT count(*) FROM apppass.code_overview"
                              f" WHERE account = '{alice.account}'") == "1"


@pytest.mark.parametrize("fields, status", [
    (b"action=make&device=a\0b", 400),
    (b"action=make&device=a%00b", 400),
    (b"action=make&device=%ff", 400),
    (b"action=make&device=%zz", 400),
    (b"action=make&action=revoke_all", 400),
    (b"action=nothing", 400),
    (b"", 400),
    (b"x=1&" * 100, 400),
    (b"action=make&device=" + b"x" * 1024 * 1024, 413),
], ids=["NUL", "escaped NUL", "not UTF-8", "bad escape", "twice", "unknown", "empty", "many",
        "1 MB"])
def test_forms_that_are_none(alice, unchanged, fields, status):
    unchanged()
    refused(alice.post(fields), status, "Nothing was changed")


def test_a_form_of_another_kind(alice, unchanged):
    fields = alice.make()
    unchanged()
    refused(alice.post(fields, {"Content-Type": "text/plain"}), 415, "Nothing was changed")
    refused(alice.post(fields, {"Content-Type": "application/json"}), 415, "Nothing was changed")


def test_what_a_link_can_do_is_look(alice, unchanged):
    """GET changes nothing, whatever stands behind the question mark."""
    query = urlencode({**alice.make(), "sure": "yes"})
    unchanged()
    status, _, text = alice.get(f"{PAGE}?{query}")
    assert status == 200 and 'class="secret"' not in text


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods(web, alice, unchanged, method):
    unchanged()
    refused(web.request(method, PAGE, {"Cookie": alice.cookie}), 405, "not possible")


def test_what_people_type_is_text(alice):
    name = "<script>alert(1)</script>\"'&"
    text = alice.post(alice.make(name))[2]
    assert "<script" not in text and "&#60;script&#62;" in text
    assert "<script" not in alice.get()[2]
    assert "<script" not in alice.post({"action": "reset", "device": name})[2]


def test_a_code_of_another_person(alice, site, web, unchanged):
    other = site.add_account("carol@example.org")
    selector = site.issue(other, "Phone")[:4]
    token = alice.token("revoke")
    unchanged()
    refused(alice.post({"action": "revoke", "selector": selector, "token": token,
                        "sure": "yes"}), 404, "Nothing was changed")


def test_services_that_are_not_offered(alice, unchanged):
    fields = alice.make(service=["imap", "pop"])
    unchanged()
    refused(alice.post(fields), 403, "Nothing was changed")


def test_an_account_of_a_realm_that_does_not_offer_it(site, web, unchanged):
    site.apppass("realm", "add", "closed.example")
    closed = site.add_account("dora@closed.example")
    unchanged()
    person = Signed(web, closed)
    refused(person.get(), 403, "not allowed here")


def test_a_stranger_to_the_database(web, unchanged):
    unchanged()
    refused(Signed(web, "nobody@example.org").get(), 404, "no app passwords")


def test_no_referrer_and_no_query_leave_the_page(web, alice):
    """A code's page has no address of its own."""
    start = (web.logs / "apache.access").stat().st_size
    alice.post(alice.make())

    def logged():
        log = (web.logs / "apache.access").read_text()[start:]
        return log if f"POST {PAGE} HTTP" in log else None
    # Apache writes it behind its answer.
    log = until(logged, "the request in the log")
    assert "token=" not in log and "device=" not in log


def test_an_outage_is_told_as_one(site, alice):
    site.postgres.stop()
    try:
        refused(alice.get(), 503, "Not possible at the moment")
    finally:
        site.postgres.start()
    assert alice.get()[0] == 200

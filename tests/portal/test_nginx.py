# SPDX-License-Identifier: BSD-2-Clause
"""The page behind nginx and fcgiwrap, as examples/nginx has it."""

import http.server
import re
import threading
import time
from base64 import b64encode
from urllib.parse import urlencode

import pytest

from harness.basics import example, folder, run, write
from harness.page import USER, filled
from web import HOST, PAGE

FORM = "application/x-www-form-urlencoded"


class SingleSignOn(http.server.BaseHTTPRequestHandler):
    """Says who has which cookie; what nginx asks for each request."""

    people = {}

    def do_GET(self):
        person = self.people.get(self.headers.get("Cookie"))
        self.send_response(200 if person else 401)
        for name, value in (person or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def nginx(web):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SingleSignOn)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    socket = folder(web.state / "fcgiwrap", USER) / "socket"
    web.launch("fcgiwrap", ["/usr/sbin/fcgiwrap", "-f", "-s",
                            f"unix:{socket}"], socket, user=USER)
    location = filled(example("nginx/apppass-portal.conf"), {
        "unix:/run/fcgiwrap.socket": f"unix:{socket}",
        "/usr/libexec/apppass/apppass-portal": web.program,
        "host=/var/run/postgresql dbname=apppass user=apppass_page": web.conninfo(),
        f"https://{HOST}": f"https://{HOST}:{web.nginx_port}",
        "/etc/apppass/portal.key": web.key,
    })
    write(web.state / "nginx.conf", f"""\
user {USER};
pid {web.state}/nginx.pid;
error_log {web.logs}/nginx.error;
events {{}}
http {{
    access_log {web.logs}/nginx.access;
    client_body_temp_path {web.state}/nginx-body;
    fastcgi_temp_path {web.state}/nginx-fastcgi;
    proxy_temp_path {web.state}/nginx-proxy;
    uwsgi_temp_path {web.state}/nginx-uwsgi;
    scgi_temp_path {web.state}/nginx-scgi;
    server {{
        listen 127.0.0.1:{web.nginx_port} ssl;
        ssl_certificate {web.certificate};
        ssl_certificate_key {web.certificate_key};
        {location}
        {location.replace("/apppass/page", "/twice/page").replace(
            "fastcgi_pass ", "include /etc/nginx/fastcgi_params; fastcgi_pass ")}
        location = /sso {{
            internal;
            proxy_pass http://127.0.0.1:{server.server_address[1]};
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }}
    }}
}}
""")
    run(["/usr/sbin/nginx", "-t", "-c", web.state / "nginx.conf"])
    web.launch("nginx", ["/usr/sbin/nginx", "-g", "daemon off;", "-c", web.state / "nginx.conf"],
               web.nginx_port)
    yield web
    server.shutdown()


@pytest.fixture
def person(nginx, account):
    SingleSignOn.people[f"who={account}"] = {
        "X-SSO-User": account, "X-SSO-Auth-Time": str(int(time.time())), "X-SSO-Acr": "mfa"}
    return account


def ask(nginx, person, method="GET", body=None, **headers):
    return nginx.request(method, PAGE, {"Cookie": f"who={person}", **headers}, body,
                         port=nginx.nginx_port)


def make_form(nginx, person):
    token = re.search(r'value="make"><input type="hidden" name="token" value="([^"]+)"',
                      ask(nginx, person)[2])[1]
    return urlencode({"action": "make", "token": token, "device": "Phone", "service": "imap"})


def make(nginx, person, form=None, **headers):
    return ask(nginx, person, "POST", form or make_form(nginx, person), **{
        "Content-Type": FORM, "Origin": f"https://{HOST}:{nginx.nginx_port}", **headers})


def test_a_code(nginx, person, site):
    status, headers, text = make(nginx, person)
    assert status == 200 and headers["Cache-Control"] == "no-store"
    code = re.search(r'class="secret"><code>([^<]+)', text)[1]
    assert site.knock("imap AUTHENTICATE PLAIN", person, code).meaning == "ok"
    assert "Phone" in ask(nginx, person)[2]


@pytest.mark.parametrize("written, ago, answer", [
    ("%Y-%m-%dT%H:%M:%SZ", 0, 200), ("%Y-%m-%dT%H:%M:%S.123Z", 0, 200),
    ("%Y-%m-%dT%H:%M:%SZ", 1200, 403), ("%Y-%m-%dT%H:%M:%S+02:00", 0, 403),
    ("%Y-%m-%d %H:%M:%S", 0, 403), ("soon", 0, 403), ("%s.5", 0, 403), ("1969-12-31T23:59:00Z", 0, 403)])
def test_age_of_the_identity_as_saml_writes_it(nginx, person, written, ago, answer):
    form = make_form(nginx, person)
    SingleSignOn.people[f"who={person}"]["X-SSO-Auth-Time"] = time.strftime(
        written, time.gmtime(time.time() - ago))
    assert make(nginx, person, form)[0] == answer


def test_the_style(nginx, person):
    status, headers, _ = nginx.request("GET", f"{PAGE}/style.css", {"Cookie": f"who={person}"},
                                       port=nginx.nginx_port)
    assert status == 200 and headers["Content-Type"].startswith("text/css")


def test_another_site_and_a_stranger(nginx, person):
    assert make(nginx, person, Origin="https://evil.example")[0] == 403
    spoofed = {"Remote-User": person, "X-SSO-User": person, "X-SSO-Auth-Time": "4102444800",
               "OIDC_CLAIM_auth_time": "4102444800"}
    spoofed["Authorization"] = "Basic " + b64encode(f"{person}:x".encode()).decode()
    status, _, text = ask(nginx, "nobody", **spoofed)
    assert status == 401 and person not in text


def test_a_name_that_only_the_client_claims(nginx, person, site):
    other = site.add_account("claimed@example.org")
    claim = b64encode(f"{other}:x".encode()).decode()
    status, _, text = ask(nginx, person, Authorization=f"Basic {claim}")
    assert status == 200 and person in text and other not in text


def test_a_web_server_that_says_two_names(nginx, person, site):
    """As with nginx' fastcgi_params, whose REMOTE_USER is the client's."""
    other = site.add_account("first@example.org")
    claim = b64encode(f"{other}:x".encode()).decode()
    status, _, text = nginx.request("GET", "/twice/page", {
        "Cookie": f"who={person}", "Authorization": f"Basic {claim}"}, port=nginx.nginx_port)
    assert status == 403 and "did not say who you are" in text
    assert other not in text and person not in text


def test_a_sign_on_that_says_not_when(nginx, person):
    del SingleSignOn.people[f"who={person}"]["X-SSO-Auth-Time"]
    status, _, text = ask(nginx, person, **{"X-SSO-Auth-Time": "4102444800"})
    assert status == 403 and "did not say who you are" in text


def test_1_mb(nginx, person):
    status, _, text = ask(nginx, person, "POST", b"x=" + b"y" * 1000000, **{
        "Content-Type": FORM, "Origin": f"https://{HOST}:{nginx.nginx_port}"})
    assert status == 413 and "Nothing was changed" in text

# SPDX-License-Identifier: BSD-2-Clause
"""
playground.py start BUILD | portal BUILD | stop: the servers of ./quickstart, and what it shows on
them; the owner's page beside them.
"""

import re
import secrets
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.basics import ROOT, Failure, folder, state_folder, write  # noqa: E402
from harness.clients import OK, REFUSED, Imap  # noqa: E402
from harness.page import Page  # noqa: E402
from harness.site import Site  # noqa: E402

PLAYGROUND = ROOT / "playground"
SERVERS = PLAYGROUND / "servers"
LONGEST = 56    # of SERVERS: sockets lie deeper, and their paths end at 107 bytes (unix(7))
ACCOUNT = "alice@example.org"
DEVICE = "Thunderbird on the laptop"
SHOWN = {
    "IMAP AUTHENTICATE": "imap AUTHENTICATE PLAIN",
    "SMTP AUTH": "smtp AUTH PLAIN, initial response",
    "IMAP LOGIN": "imap LOGIN",
    "POP3": "pop3 USER/PASS",
    "ManageSieve": "sieve AUTHENTICATE PLAIN",
    "CalDAV": "http Basic",
}
# What imapd adds to its OK.
UNINTERESTING = r"\[CAPABILITY [^]]*\] | SESSIONID=.*"


def make_servers_folder():
    """
    SERVERS, a folder of the checkout; where the servers' users could not get at it or
    their socket paths would be too long, a link to one elsewhere, which stop() removes too.
    """
    folder(PLAYGROUND)
    reachable = all(parent.stat().st_mode & 0o001 for parent in SERVERS.parents)
    if reachable and len(str(SERVERS)) <= LONGEST:
        folder(SERVERS)
    else:
        SERVERS.symlink_to(state_folder("apppass-playground."))


def stop():
    """End what is running; True where something was."""
    if not SERVERS.exists():
        return False
    state = SERVERS.resolve()
    Page(state / "page", keep=True).stop()
    Site(state, "", keep=True).destroy()
    shutil.rmtree(PLAYGROUND)
    return True


def show(site, code, expected):
    """Insist on `expected` at every door; print two of the replies and name the other doors."""
    for name, door in SHOWN.items():
        reply = site.knock(door, ACCOUNT, code)
        if reply.meaning != expected:
            raise Failure(f"{name} answered {reply.text!r} to the code, expected: {expected}")
        if name.startswith(("IMAP A", "SMTP")):
            print(f"    {name}: {re.sub(UNINTERESTING, '', reply.text)}")
    others = ", ".join(list(SHOWN)[2:])
    print(f"    {'It opens' if expected == OK else 'It is refused by'} {others} too.")


def write_environment(site, code, **more):
    """playground/env: shell assignments, for root's eyes (it holds a code)."""
    values = {
        **site.postgres.environment(),
        "APPPASS": site.tool,
        "IMAP_PORT": site.cyrus.ports["imap"],
        "SMTP_PORT": site.postfix.port,
        "SIEVE_PORT": site.cyrus.ports["sieve"],
        "POP3_PORT": site.cyrus.ports["pop"],
        "HTTP_PORT": site.cyrus.ports["http"],
        "ACCOUNT": ACCOUNT,
        "CODE": code,
        "MAIL_LOG": " ".join(map(str, site.logs())),
        **more,
    }
    write(PLAYGROUND / "env",
          "".join(f"export {name}={shlex.quote(str(value))}\n" for name, value in values.items()),
          mode=0o600)


NEXT = """\
The playground keeps running until "./quickstart stop".  To try:
    . playground/env
    $APPPASS list $ACCOUNT
    curl -s --url imap://127.0.0.1:$IMAP_PORT/INBOX -u "$ACCOUNT:$CODE" --login-options AUTH=PLAIN
    swaks --server 127.0.0.1:$SMTP_PORT --auth PLAIN -au $ACCOUNT -ap $CODE -f $ACCOUNT -t $ACCOUNT
    $APPPASS issue $ACCOUNT --device Tablet --service imap
    $APPPASS revoke $ACCOUNT --device Phone --reason lost
    psql -c 'SELECT * FROM apppass.code_overview'
    tail -f $MAIL_LOG"""


def start(build):
    if stop():
        print("The playground that was running is gone; this is a new one.")
    make_servers_folder()
    site = Site(SERVERS.resolve(), build, keep=True)
    site.create()
    site.end_sessions()
    version = site.postgres.psql("SHOW server_version").split()[0]
    print(f"PostgreSQL {version}: private cluster, schema deployed with sqitch.")
    print(f"Postfix {site.postfix.setting('mail_version')}, smtpd in its chroot jail:"
          f" port {site.postfix.port}.  Cyrus IMAP: port {site.cyrus.ports['imap']}.")
    site.add_account(ACCOUNT)
    code = site.issue(ACCOUNT, DEVICE)
    print(f'{ACCOUNT} has a mailbox, and a code for "{DEVICE}": {code}')
    show(site, code, OK)
    with Imap(site.cyrus.ports["imap"]) as laptop:
        laptop.idle(ACCOUNT, code)
        site.apppass("revoke", ACCOUNT, "--device", DEVICE, "--reason", "laptop sold")
        began = time.monotonic()
        laptop.ended()
        print(f"Revoked.  apppass-logoutd ended the laptop's IMAP session, which was waiting for"
              f" mail,\nafter {time.monotonic() - began:.1f} s.  The same code, the same running"
              " servers:")
    show(site, code, REFUSED)
    second = site.issue(ACCOUNT, "Phone")
    print(f'Code for "Phone", valid: {second}')
    write_environment(site, second)
    print(NEXT)
    return site, second


PORTAL = """
The owner's page, where a person makes codes without a helpdesk, on this machine:
    {url}
The certificate is the playground's own, so the browser warns.  Sign in as
    user name {account}
    password  {password}
Make an app password there, and use it in the lines above in place of $CODE.  To hand one over:
    $APPPASS issue $ACCOUNT --device Printer --handover"""


def start_page(site, code):
    """Apache with the page, a password of its own for the account, and links."""
    password = secrets.token_urlsafe(9)
    page = Page(site.state / "page", keep=True).create(site, **{ACCOUNT: password}).start()
    site.apppass("realm", "set", "default", "self_allowed=yes",
                 f"handover_url={page.handover_url}")
    write_environment(site, code, PORTAL_URL=page.url, PORTAL_PASSWORD=password)
    print(PORTAL.format(url=page.url, account=ACCOUNT, password=password))


def main(arguments):
    if arguments == ["stop"]:
        print("The playground is stopped." if stop() else "No playground is running.")
        return 0
    done = False
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        site, code = start(arguments[1])
        if arguments[0] == "portal":
            start_page(site, code)
        done = True
    except Failure as failure:
        print(f"quickstart: {failure}", file=sys.stderr)
        return 1
    finally:
        if not done:
            stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

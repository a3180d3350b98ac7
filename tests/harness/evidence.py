# SPDX-License-Identifier: BSD-2-Clause
"""What the logs say, and that secrets are nowhere in them."""

import re

from .basics import until
from .clients import plain, to_bytes


# The service each door is known by.
SERVICES = {"imap": "imap", "smtp": "smtp", "pop3": "pop", "sieve": "sieve", "http": "HTTP"}


def attempt_line(door, account, outcome):
    """The start of the log line of an attempt at that door; every door knows its client."""
    service = SERVICES[door.split()[0]]
    return f"apppass: {outcome} user={account} service={service} client=127.0.0.1 "


class Watch:
    """What Postfix, Cyrus and apppassd log from now on."""

    def __init__(self, site):
        self.site = site
        self.starts = {path: path.stat().st_size if path.exists() else 0
                       for path in (site.postfix.log, site.cyrus.log, site.apppassd.log)}

    def text(self):
        parts = []
        for path, start in self.starts.items():
            if path.exists():
                with open(path, "rb") as log:
                    log.seek(start)
                    parts.append(log.read().decode(errors="replace"))
        return "".join(parts)

    def line(self, *words):
        """Wait for one line that holds all the words; returns it."""
        def found():
            return [line for line in self.text().splitlines()
                    if all(word in line for word in words)]
        return until(found, f"a log line with {words}\n{self.text()[-3000:]}", timeout=15)[0]

    def outcomes(self, count=0):
        """Every attempt line of apppass, once there are `count`: Postfix logs through postlogd."""
        def found():
            return re.findall(r"apppass: ((?:accepted|refused|unavailable): .*)", self.text())
        return until(lambda: len(found()) >= count and [found()],
                     f"{count} attempt lines\n{self.text()[-3000:]}", timeout=15)[0]


def process_of(line):
    """The pid in a syslog line."""
    return int(re.search(r"\[(\d+)\]:", line).group(1))


def _needles(typed):
    for account, secret in typed:
        raw = to_bytes(secret)
        symbols = re.sub(rb"[^0-9a-z]", b"", raw.lower())
        yield raw
        yield symbols
        # The selector (first group) is public; the rest is not.
        yield symbols[4:]
        yield b"-".join(symbols[at:at + 4] for at in range(4, len(symbols), 4))
        yield plain(account, secret)


def assert_nowhere(site, typed):
    """No part of what was typed is in any log, nor in a dump of the database."""
    places = {str(path): path.read_bytes() for path in site.logs()}
    if site.postgres.answers():
        places["dump"] = site.postgres.dump().encode()
    assert any(places.values()), "there is nothing to look through"
    needles = {needle.lower() for needle in _needles(typed) if len(needle) >= 8}
    assert needles, "nothing was typed"
    for place, content in places.items():
        folded = content.lower()
        for needle in needles:
            assert needle not in folded, f"typed text in {place}: {needle!r}"

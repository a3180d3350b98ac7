# SPDX-License-Identifier: BSD-2-Clause
"""People who log in all the while, at several doors, with right and wrong passwords."""

import collections
import threading
import time
from typing import NamedTuple

from .basics import until
from .clients import DOORS, OK, REFUSED, TEMPORARY, Reply

# The plugin in smtpd, the plugin in imapd, and imapd asking apppassd.
FRONT_DOORS = ("smtp AUTH PLAIN", "imap AUTHENTICATE PLAIN", "imap LOGIN")


class Attempt(NamedTuple):
    at: float           # when the answer came, time.monotonic()
    door: str
    what: str           # which of Crowd.cases
    expected: str       # OK or REFUSED
    reply: Reply
    seconds: float      # connecting included


def judged(reply):
    """What a reply means; sasl_checkpass has other words for "try again" than a mechanism."""
    if reply.meaning == REFUSED and "generic failure" in reply.text:
        return Reply(TEMPORARY, reply.text)
    return reply


def knock(site, door, account, password):
    """One attempt, judged; what was typed is remembered."""
    site.typed.append((account, password))
    return judged(DOORS[door](site, account, password))


class Crowd:
    """
    `cases` maps a name to (account, password, whether it opens the door).  Each door has
    `width` clients, each with a connection of its own for every attempt, trying the cases
    in turn from entering the context to leaving it.
    """

    PAUSE = 0.05    # a person is not a busy loop

    def __init__(self, site, cases, doors=FRONT_DOORS, width=1):
        self.site = site
        self.cases = list(cases.items())
        self.attempts = []
        self.errors = []
        self.leaving = threading.Event()
        self.doors = doors
        self.threads = [threading.Thread(target=self._stay, args=(door, number), daemon=True)
                        for door in doors for number in range(width)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.leaving.set()
        for thread in self.threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self.threads), "a client never came back"

    def _stay(self, door, number):
        while not self.leaving.is_set():
            what, (account, password, opens) = self.cases[number % len(self.cases)]
            number += 1
            started = time.monotonic()
            try:
                reply = judged(DOORS[door](self.site, account, password))
            except (EOFError, OSError) as error:
                self.errors.append(f"{door}, {what}: {error!r}")
                return
            now = time.monotonic()
            self.attempts.append(Attempt(now, door, what, OK if opens else REFUSED, reply,
                                         now - started))
            self.leaving.wait(self.PAUSE)

    def since(self, moment):
        return [attempt for attempt in list(self.attempts) if attempt.at >= moment]

    def _each_door(self, moment, count, wanted):
        seen = collections.Counter(attempt.door for attempt in self.since(moment)
                                   if wanted(attempt))
        return all(seen[door] >= count for door in self.doors)

    def await_answers(self, count=1, timeout=40):
        """`count` answers of any kind at each door, from now on."""
        moment = time.monotonic()
        until(lambda: self._each_door(moment, count, lambda _: True),
              f"{count} answer(s) at each door\n{self.summary()}", timeout)

    def await_temporary(self, count=1, timeout=40):
        """`count` temporary answers at each door, from now on."""
        moment = time.monotonic()
        until(lambda: self._each_door(moment, count,
                                      lambda attempt: attempt.reply.meaning == TEMPORARY),
              f"{count} temporary answer(s) at each door\n{self.summary()}", timeout)

    def await_service(self, count=2, timeout=40):
        """
        Wait until each door has let `count` people in and refused as many, since the last
        temporary answer anywhere; returns the seconds it took until then.
        """
        started = time.monotonic()

        def back():
            after = max([started] + [attempt.at for attempt in self.since(started)
                                     if attempt.reply.meaning == TEMPORARY])
            if all(self._each_door(after + 1e-6, count, lambda attempt, it=wanted:
                                   attempt.reply.meaning == it) for wanted in (OK, REFUSED)):
                return after - started + 1e-6
            return None

        return until(back, f"service at each door\n{self.summary()}", timeout)

    def temporary(self, moment=0.0):
        return sum(attempt.reply.meaning == TEMPORARY for attempt in self.since(moment))

    def summary(self):
        seen = collections.Counter((attempt.door, attempt.what, attempt.reply.meaning)
                                   for attempt in list(self.attempts))
        lines = [f"{count:6} {door}: {what}: {meaning}"
                 for (door, what, meaning), count in sorted(seen.items())]
        return "\n".join(lines + self.errors)

    def check(self, limit):
        """No wrong answer and no late one; `limit` in seconds."""
        assert not self.errors, self.errors
        assert self.attempts
        wrong = [attempt for attempt in self.attempts
                 if attempt.reply.meaning not in (attempt.expected, TEMPORARY)]
        assert not wrong, wrong[:5]
        slowest = max(self.attempts, key=lambda attempt: attempt.seconds)
        assert slowest.seconds < limit, slowest
        return slowest.seconds

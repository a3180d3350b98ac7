# SPDX-License-Identifier: BSD-2-Clause
"""10,000 wrong passwords: no hash is computed, little is written, others log in meanwhile."""

import os
import random
import statistics
import subprocess
import threading
import time

from harness.apppassd import answer, connect, request
from harness.basics import run
from harness.clients import OK, REFUSED, Imap, Smtp
from harness.codes import ALPHABET, check_symbol
from harness.crowd import knock

ATTEMPTS = int(os.environ.get("APPPASS_FLOOD", "10000"))
# verifier/throttle.h: of refusals that name no existing code, and of those that do.
BURST, PER_SECOND, KINDS = 50, 5, 2
WORDS = ("Summer2026!", "123456", "correct horse battery staple", "p\u00e4ssw\u00f6rd", "x" * 1024)
TICKS = os.sysconf("SC_CLK_TCK")


def guess(dice, taken):
    """What a guesser types: passwords from a list, things that look like codes, and codes."""
    kind = dice.random()
    if kind < 0.3:
        return dice.choice(WORDS)
    while True:
        symbols = "".join(dice.choice(ALPHABET) for _ in range(19))
        if symbols[:4] not in taken:    # with 2^20 of them, hardly ever
            break
    last = check_symbol(symbols)
    if kind < 0.5:
        last = ALPHABET[ALPHABET.index(last) ^ 1]
    return symbols + last


def guesses(site, count, seed):
    """(account, password) pairs against accounts that exist and that don't."""
    dice = random.Random(seed)
    taken = set(site.sql("SELECT selector FROM apppass.code").split())
    for number in range(count):
        account = dice.choice(site.accounts) if number % 2 else f"no{dice.randrange(9**9)}@example.org"
        yield account, guess(dice, taken)


def flood_daemon(site, count, seed, wrong):
    for number, (account, password) in enumerate(guesses(site, count, seed)):
        with connect(site.apppassd.socket) as connection:
            # Every guesser has a network of its own: the worst case for the rate limit.
            connection.sendall(request(account, password, "imap", f"10.{number % 200}.{seed}.1;99"))
            said = answer(connection)
        if said != "NO":
            wrong.append((account, said))


def flood_imapd(site, count, seed, wrong):
    with Imap(site.cyrus.ports["imap"]) as client:
        for account, password in guesses(site, count, seed):
            reply = client.authenticate_plain(account, password)
            if reply.meaning != REFUSED:
                wrong.append((account, reply))


def flood_smtpd(site, count, seed, wrong):
    attempts = list(guesses(site, count, seed))
    for first in range(0, count, 9):    # after ten errors smtpd slows down
        with Smtp(site.postfix.port) as client:
            for account, password in attempts[first:first + 9]:
                reply = client.auth_plain(account, password)
                if reply.meaning != REFUSED:
                    wrong.append((account, reply))


def processor_s(pids):
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            words = stat.read().rsplit(")", 1)[1].split()
        total += int(words[11]) + int(words[12])
    return total / TICKS


def legitimate(site, count):
    """Seconds of `count` good logins at each of two doors, the slowest left out."""
    account, code, _ = site.cases["right"]
    taken = []
    for _ in range(count):
        for door in ("smtp AUTH PLAIN", "imap AUTHENTICATE PLAIN"):
            started = time.monotonic()
            assert knock(site, door, account, code).meaning == OK
            taken.append(time.monotonic() - started)
    return taken


def test_flood_of_real_servers(site, figure):
    alone = legitimate(site, 10)
    before = int(site.sql("SELECT count(*) FROM apppass.refusal"))
    hashes = processor_s(pid for pids in site.server_processes().values() for pid in pids)
    wrong, started = [], time.monotonic()
    threads = [threading.Thread(target=attack, args=(site, count, seed, wrong))
               for seed, (attack, count) in enumerate([
                   (flood_daemon, ATTEMPTS * 35 // 100), (flood_daemon, ATTEMPTS * 35 // 100),
                   (flood_imapd, ATTEMPTS // 10), (flood_imapd, ATTEMPTS // 10),
                   (flood_smtpd, ATTEMPTS // 10)])]
    for thread in threads:
        thread.start()
    meanwhile = []
    while any(thread.is_alive() for thread in threads):
        meanwhile += legitimate(site, 1)
        threads[0].join(0.05)
    for thread in threads:
        thread.join()
    elapsed = time.monotonic() - started
    assert not wrong, wrong[:5]
    processes = site.server_processes()
    spent = processor_s(pid for pids in processes.values() for pid in pids) - hashes
    # Each process limits itself; apppassd's threads share one limit.
    limit = sum(map(len, processes.values())) * KINDS * (BURST + PER_SECOND * elapsed)
    written = int(site.sql("SELECT count(*) FROM apppass.refusal")) - before
    assert written <= limit
    assert written < ATTEMPTS / 5
    figure(f"{ATTEMPTS} wrong passwords in {elapsed:.1f} s cost the servers {spent:.1f} s of "
           f"processor ({spent / ATTEMPTS * 1000:.2f} ms each) and {written} rows; a good login "
           f"took {statistics.median(meanwhile) * 1000:.0f} ms (median of {len(meanwhile)}), "
           f"{statistics.median(alone) * 1000:.0f} ms without the flood")
    # One Argon2 of the default policy costs 20 ms of processor; an attempt in smtpd, all of
    # it counted, one or two.
    assert spent / ATTEMPTS < 0.008


def test_flood_counted(site, figure):
    """The same guesses decided in one process that counts: not one hash is computed."""
    run(["make", "-s", "-C", site.build, "tests/store/driver"])
    child = subprocess.Popen([site.build / "tests" / "store" / "driver"], text=True, cwd="/",
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(*words):
        child.stdin.write("\t".join(words) + "\n")
        child.stdin.flush()
        while True:
            line = child.stdout.readline().rstrip("\n")
            assert line
            if line.startswith("= "):
                return line[2:].split("\t")

    options = [f"apppass_{name}={value}" for name, value in site.usual().items()]
    assert ask("verifier", *options) == ["ok"]
    started = time.monotonic()
    hashes = 0
    for account, password in guesses(site, ATTEMPTS, 99):
        said = ask("attempt", account, password, "imap", "192.0.2.1;4711")
        assert said[0] == "denied", said
        hashes = int(said[5])
        assert hashes == 0
    elapsed = time.monotonic() - started
    child.stdin.close()
    assert child.wait(30) == 0
    figure(f"{ATTEMPTS} refusals in {elapsed:.1f} s ({elapsed / ATTEMPTS * 1e6:.0f} us each), "
           f"{hashes} hashes computed")

# SPDX-License-Identifier: BSD-2-Clause
"""Whatever the server on the other side says, a lookup ends in time, in "unavailable", and in
the memory it began with."""

import os
import time

import pytest

from conftest import ALICE, Driver
from harness.hostile import HOSTILITIES, HostileServer

TIMEOUT = 1000      # ms
MEMORY = 8 * 1024   # KiB that a lookup may leave behind: libraries, TLS, buffers


@pytest.fixture
def driver():
    # AddressSanitizer would keep what was freed for a while, and write a gigabyte's shadow where
    # a server announces a gigabyte, none of which is ever touched: neither is to be measured.
    started = Driver({"ASAN_OPTIONS": ":".join([
        *filter(None, [os.environ.get("ASAN_OPTIONS")]),
        "quarantine_size_mb=0", "thread_local_quarantine_size_kb=0",
        "max_allocation_size_mb=64", "allocator_may_return_null=1"])})
    yield started
    started.end()


def resident(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return {line.split(":")[0]: int(line.split()[1]) for line in status if "kB" in line}


def processor_time(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("hostility", HOSTILITIES)
def test_a_lookup_ends_in_time(driver, hostility):
    server = HostileServer(hostility)
    try:
        driver.open(server.conninfo, timeout=TIMEOUT)
        before, spent = resident(driver.process), processor_time(driver.process)
        row = driver.lookup(ALICE, "0000")
        after = resident(driver.process)
        assert row.outcome == "unavailable", row
        assert row.elapsed < TIMEOUT + 500
        assert after["VmHWM"] - before["VmRSS"] < MEMORY + 4 * 1024, (before, after)
        assert processor_time(driver.process) - spent < 1.2 * TIMEOUT / 1000
        # The next one finds everything as it was.
        descriptors = driver.ask("descriptors")
        for _ in range(3):
            started = time.monotonic()
            assert driver.lookup(ALICE, "0000").outcome == "unavailable"
            assert time.monotonic() - started < TIMEOUT / 1000 + 1
        assert resident(driver.process)["VmRSS"] - before["VmRSS"] < MEMORY
        assert int(driver.ask("descriptors")[0]) <= int(descriptors[0]) + 1
    finally:
        server.close()


@pytest.mark.parametrize("hostility", HOSTILITIES)
def test_a_record_ends_in_time(driver, hostility):
    server = HostileServer(hostility)
    try:
        driver.open(server.conninfo, timeout=TIMEOUT)
        before = resident(driver.process)
        started = time.monotonic()
        driver.ask("refusal", "revoked", ALICE, 0, "imap", "192.0.2.1")
        driver.ask("drain")
        driver.ask("close")
        assert time.monotonic() - started < 4 * TIMEOUT / 1000
        assert resident(driver.process)["VmHWM"] - before["VmRSS"] < MEMORY + 4 * 1024
    finally:
        server.close()

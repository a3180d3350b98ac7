# SPDX-License-Identifier: BSD-2-Clause
"""What the documents tell people to copy is what these tests run with."""

import re

import pytest

from harness.basics import EXAMPLES, ROOT

INSTALL = ROOT / "doc" / "INSTALL.md"
SHOWN = ["postgresql/roles.sql", "postgresql/pg_hba.conf", "postgresql/pg_ident.conf",
         "postfix/main.cf", "postfix/master.cf", "postfix/sasl/smtpd.conf", "cyrus/imapd.conf",
         "apppassd.conf"]

# What follows an example's name: text, then the block that shows it.
BLOCK = r"(`examples/{}`[^`]*?^```\w*\n)(.*?)(^```$)"


@pytest.mark.parametrize("name", SHOWN)
def test_install_shows_the_example(name):
    shown = re.search(BLOCK.format(re.escape(name)), INSTALL.read_text(), re.M | re.S)
    assert shown and shown[2] == (EXAMPLES / name).read_text(), "run tests/mail/show-examples"


def test_every_named_file_exists():
    text = "".join((ROOT / name).read_text()
                   for name in ("README.md", "HACKING", "doc/INSTALL.md", "bench/README.md"))
    named = set(re.findall(r"`((?:bench|examples|tests|doc|sql|contrib)/[\w./-]+)`", text))
    assert named
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]

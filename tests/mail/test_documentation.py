# SPDX-License-Identifier: BSD-2-Clause
"""What the README tells people to copy is what these tests run with."""

import re

import pytest

from harness.basics import EXAMPLES, ROOT

SHOWN = ["postgresql/roles.sql", "postgresql/pg_hba.conf", "postgresql/pg_ident.conf",
         "postfix/main.cf", "postfix/master.cf", "postfix/sasl/smtpd.conf", "cyrus/imapd.conf"]


@pytest.mark.parametrize("name", SHOWN)
def test_readme_shows_the_example(name):
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"(?ms)^```\w*\n(.*?)^```$", readme.split(f"`examples/{name}`", 1)[1])
    assert blocks[0] == (EXAMPLES / name).read_text()


def test_every_named_file_exists():
    text = (ROOT / "README.md").read_text() + (ROOT / "HACKING").read_text()
    named = set(re.findall(r"`((?:examples|tests|doc|sql|contrib)/[\w./-]+)`", text))
    assert named
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]

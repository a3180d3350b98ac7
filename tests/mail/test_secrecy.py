# SPDX-License-Identifier: BSD-2-Clause
"""What was typed is in no log and in no dump, though everything else about it is."""

import pytest

from harness.clients import DOORS, PLUGIN_DOORS
from harness.codes import mistyped, with_other_secret
from harness.evidence import Watch, assert_nowhere


def test_nothing_typed_is_anywhere(site, account, code):
    watch = Watch(site)
    main_password = "Tr0ub4dor&3-my-main-password"
    for door in DOORS:
        for typed in (code, with_other_secret(code), mistyped(code), main_password):
            site.knock(door, account, typed)
    # A password typed into the field of the user name.  The hosts log that field themselves.
    swapped = "hunter2 in the wrong field"
    for door in PLUGIN_DOORS:
        site.knock(door, swapped, code)
    site.apppass("revoke", account, "--code", code[:4], "--reason", "end of test")
    for door in DOORS:
        site.knock(door, account, code)

    for line in ("accepted: ", "refused: verdict=wrong_code", "refused: verdict=mistyped",
                 "refused: verdict=not_a_code", "refused: verdict=revoked"):
        watch.line("apppass: " + line, f"user={account} ")
    assert not [line for line in watch.outcomes() if swapped in line or main_password in line]
    # The database logs every statement it is sent, parameters included.
    assert "apppass.lookup" in site.postgres.log.read_text()
    assert_nowhere(site, [(account, typed) for typed in
                          (code, with_other_secret(code), mistyped(code), main_password)])
    assert swapped not in site.postgres.dump()


def test_the_search_finds_what_is_there(site, account, code, tmp_path):
    """The check above would notice: a code written to a log is found."""
    site.cyrus.log.open("a").write(f"a line with {code.upper()}\n")
    content = site.cyrus.log.read_text()
    try:
        with pytest.raises(AssertionError, match="typed text in .*cyrus.log"):
            assert_nowhere(site, [(account, code)])
    finally:
        site.cyrus.log.write_text(content.replace(code.upper(), "(taken out)"))

# SPDX-License-Identifier: BSD-2-Clause
"""What ./quickstart leaves behind works for people with stock programs."""

import pytest

from conftest import BUILD
from harness.basics import Failure, processes
from harness.checkout import checkout, playground, shell


@pytest.fixture(scope="module")
def tree():
    with checkout("start", BUILD) as copy:
        yield copy


IMAP = ('curl -sS --url "imap://127.0.0.1:$IMAP_PORT/INBOX" -u "$ACCOUNT:$CODE"'
        " --login-options AUTH=PLAIN")
DOORS = {
    "curl, IMAP AUTHENTICATE": IMAP,
    "curl, POP3": 'curl -sS --url "pop3://127.0.0.1:$POP3_PORT/" -u "$ACCOUNT:$CODE"',
    "curl, CalDAV": 'curl -sSf -o /dev/null -X PROPFIND -u "$ACCOUNT:$CODE"'
                    ' "http://127.0.0.1:$HTTP_PORT/dav/calendars/user/$ACCOUNT/"',
    "swaks, PLAIN": 'swaks --server "127.0.0.1:$SMTP_PORT" --auth PLAIN -au "$ACCOUNT"'
                    ' -ap "$CODE" -f "$ACCOUNT" -t "$ACCOUNT"',
    "swaks, LOGIN": 'swaks --server "127.0.0.1:$SMTP_PORT" --auth LOGIN -au "$ACCOUNT"'
                    ' -ap "$CODE" -f "$ACCOUNT" -t "$ACCOUNT"',
    "imaplib, LOGIN": 'python3 -c "import imaplib, os; imaplib.IMAP4(\'127.0.0.1\','
                      " int(os.environ['IMAP_PORT'])).login(os.environ['ACCOUNT'],"
                      " os.environ['CODE'])\"",
    "sivtest": "/usr/lib/cyrus/bin/sivtest -p $SIEVE_PORT -m PLAIN -u $ACCOUNT -a $ACCOUNT -w $CODE 127.0.0.1"
               " </dev/null | grep -q ^Authenticated",
}


def test_story(tree):
    """The dozen lines tell of a code that opens everything, and then nothing."""
    story = (tree / "story").read_text()
    assert "235 2.7.0 Authentication successful" in story
    assert "apppass-logoutd ended the laptop's IMAP session" in story
    assert "NO authentication failure" in story
    assert "535 5.7.8 Error: authentication failed" in story


@pytest.mark.parametrize("door", DOORS)
def test_code_opens(tree, door):
    shell(tree, DOORS[door])


def test_logs_are_where_it_says(tree):
    assert "apppass: refused: verdict=revoked" in shell(tree, "cat $MAIL_LOG")


def test_administrator(tree):
    """The tool and plain SQL work from root's shell, without another word."""
    assert "Phone" in shell(tree, "$APPPASS list $ACCOUNT")
    shell(tree, "$APPPASS issue $ACCOUNT --device Tablet --force")
    shell(tree, "$APPPASS revoke $ACCOUNT --device Tablet --reason lost --yes")


@pytest.mark.parametrize("door", DOORS)
def test_revoked_code_does_not(tree, door):
    """Revoked by a plain UPDATE; the CODE of playground/env opens nothing any more."""
    shell(tree, "psql -X -v ON_ERROR_STOP=1 -c \"UPDATE apppass.code SET revoked_at = now(),"
                " revoke_reason = 'lost' WHERE selector = '${CODE:0:4}' AND revoked_at IS NULL\"")
    with pytest.raises(Failure):
        shell(tree, DOORS[door])


def test_stop_leaves_nothing(tree):
    """Started again it is a new one; stopped it is gone with every process."""
    playground(tree, "start", BUILD)
    shell(tree, IMAP)
    playground(tree, "stop")
    assert not (tree / "playground").exists()
    left = [pid for pid, _, _, state in processes()
            if state != "Z" and str(tree) in _words_of(pid)]
    assert not left


def _words_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as words:
            return words.read().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""

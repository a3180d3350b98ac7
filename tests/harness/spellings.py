# SPDX-License-Identifier: BSD-2-Clause
"""
How people and their programs spell a user name, and whom each host takes it for.

The doors of one host agree, whether the plugin answers or apppassd; what differs between hosts
is theirs to decide, before anybody is asked.
"""

from typing import Callable, NamedTuple, Optional

from .clients import OK, REFUSED

DOMAIN = "example.org"


class Spelling(NamedTuple):
    """
    What is typed for an account, and what the doors of Cyrus IMAP and Postfix answer to it with
    its right code; httpd divides names its own way, None: as Cyrus' others.
    """

    typed: Callable[[str], str]
    cyrus: str
    postfix: str
    http: Optional[str] = None


def _local(account):
    return account.split("@")[0]


# The account has the domain DOMAIN; the hosts are configured as in examples/.
SPELLINGS = {
    "as it is": Spelling(str, OK, OK),
    "capitals": Spelling(str.upper, OK, OK),
    "blank before": Spelling(lambda name: " " + name, OK, OK),
    "blank after": Spelling(lambda name: name + " ", OK, OK),
    "blanks around": Spelling(lambda name: f"  {name}  ", OK, OK),
    # virtdomains: Cyrus divides at the last %, too, where there is no @.  httpd looks for the
    # domain of a shared calendar behind it, and for a folder behind a +.
    "percent for at": Spelling(lambda name: name.replace("@", "%"), OK, REFUSED, REFUSED),
    "blank and percent": Spelling(lambda name: " " + name.replace("@", "%"), OK, REFUSED, REFUSED),
    "bare": Spelling(_local, REFUSED, REFUSED),
    # imapmagicplus and popsubfolders are off.
    "folder": Spelling(lambda name: name.replace("@", "+folder@"), REFUSED, REFUSED, OK),
    "other domain": Spelling(lambda name: name.replace(DOMAIN, "example.net"), REFUSED, REFUSED),
    "domain twice": Spelling(lambda name: f"{name}@{DOMAIN}", REFUSED, REFUSED),
    "zero-width space": Spelling(lambda name: name + "\N{ZERO WIDTH SPACE}", REFUSED, REFUSED),
    "full-width at": Spelling(lambda name: name.replace("@", "\N{FULLWIDTH COMMERCIAL AT}"),
                              REFUSED, REFUSED),
}

# The same where imapd.conf has "defaultdomain", which Cyrus takes off, and apppass_realm names
# that domain everywhere.
WITH_DEFAULT_DOMAIN = {
    **SPELLINGS,
    "bare": Spelling(_local, OK, OK),
    "percent for at": Spelling(lambda name: name.replace("@", "%"), OK, REFUSED),
    "blank and percent": Spelling(lambda name: " " + name.replace("@", "%"), OK, REFUSED),
    # One of the two is taken off.
    "domain twice": Spelling(lambda name: f"{name}@{DOMAIN}", OK, REFUSED),
    "bare in capitals": Spelling(lambda name: _local(name).upper(), OK, OK),
    "bare with blanks": Spelling(lambda name: f" {_local(name)} ", OK, OK),
}

# Accounts with more than ASCII in them: domains are written with A-labels, the rest composed
# (NFC), and the database takes both normal forms.  Cyrus takes no 8-bit user name at all.
ACE = "xn--bcher-kva.example"       # bücher.example
BEYOND_ASCII = {
    "A-label": Spelling(str, OK, OK),
    "A-label in capitals": Spelling(str.upper, OK, OK),
    "U-label, composed": Spelling(lambda name: name.replace(ACE, "b\u00fccher.example"),
                                  REFUSED, REFUSED),
    "U-label, decomposed": Spelling(lambda name: name.replace(ACE, "bu\u0308cher.example"),
                                    REFUSED, REFUSED),
}

# The account's name begins with COMPOSED.
COMPOSED = "zo\u00eb"
NORMAL_FORMS = {
    "composed": Spelling(str, REFUSED, OK),
    "decomposed": Spelling(lambda name: name.replace(COMPOSED, "zoe\u0308"), REFUSED, OK),
    "without the dots": Spelling(lambda name: name.replace(COMPOSED, "zoe"), REFUSED, REFUSED),
}


def expected(spelling, door):
    """What that door of clients.DOORS answers."""
    if door.startswith("smtp"):
        return spelling.postfix
    if door.startswith("http") and spelling.http:
        return spelling.http
    return spelling.cyrus

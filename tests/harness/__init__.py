# SPDX-License-Identifier: BSD-2-Clause
"""Throw-away servers on free loopback ports: PostgreSQL, Postfix, Cyrus IMAP, apppassd."""

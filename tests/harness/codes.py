# SPDX-License-Identifier: BSD-2-Clause
"""Codes, right and wrong in one way or another: made here, not by what is tested."""

import ctypes
import re
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"

# As shown to people.
CODE = re.compile(r"\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3,6}\b")


def _alpha(value):
    """Multiply by the generator of GF(32) over x^5+x^2+1."""
    value <<= 1
    return value ^ 0b100101 if value & 32 else value


def check_symbol(symbols):
    """What makes 15, 19, 23 or 27 symbols a code that looks right."""
    total = 0
    for symbol in symbols:
        total = _alpha(total) ^ ALPHABET.index(symbol)
    return ALPHABET[_alpha(total)]


def new_code():
    """A good one, as shown to people."""
    symbols = "".join(secrets.choice(ALPHABET) for _ in range(19))
    symbols += check_symbol(symbols)
    return "-".join(symbols[at:at + 4] for at in range(0, 20, 4))


def cheap_hash(code):
    """What the database keeps of a code, by Argon2 with the least that it takes."""
    symbols, salt, made = code.replace("-", "").encode(), secrets.token_bytes(16), ctypes.create_string_buffer(128)
    failed = ctypes.CDLL("libargon2.so.1").argon2id_hash_encoded(
        1, 8, 1, symbols, ctypes.c_size_t(len(symbols)), salt, ctypes.c_size_t(len(salt)),
        ctypes.c_size_t(32), made, ctypes.c_size_t(len(made)))
    assert not failed, failed
    return made.value.decode()


def _other(symbol):
    return ALPHABET[ALPHABET.index(symbol) ^ 1]


def with_other_symbol(code, position):
    """Another symbol there and a correct check symbol."""
    symbols = code.replace("-", "")[:-1]
    symbols = symbols[:position] + _other(symbols[position]) + symbols[position + 1:]
    return symbols + check_symbol(symbols)


def with_other_secret(code):
    """The same selector, another secret, a correct check symbol."""
    return with_other_symbol(code, 5)


def with_other_selector(code):
    """A selector that no account has (one in a million has it)."""
    other = "zzzz" + code.replace("-", "")[4:-1]
    return other + check_symbol(other)


def mistyped(code):
    """One symbol off: the check symbol notices."""
    return code[:-1] + _other(code[-1])

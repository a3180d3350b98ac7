# SPDX-License-Identifier: BSD-2-Clause
"""logsocket.py SOCKET FILE: write what arrives on a syslog socket into a file."""

import os
import re
import socket
import sys


def main(path, log):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener, \
            open(log, "ab", buffering=0) as out:
        listener.bind(path)
        os.chmod(path, 0o666)
        while True:
            message = listener.recv(65536).rstrip(b"\n\0")
            out.write(re.sub(rb"^<\d+>", b"", message) + b"\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

# SPDX-License-Identifier: BSD-2-Clause
"""apppassd on a socket of its own, and clients that speak its protocol."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import struct
from pathlib import Path

from .basics import Daemon, Failure, example, folder, write


class Apppassd:
    """
    One apppassd under `state`, run as `user`, on .socket.  `build` is the folder with
    the program.  The options are those of examples/apppassd.conf with others on top
    (None takes one out).
    """

    def __init__(self, state, build, user="nobody", keep=False):
        self.state = Path(state)
        self.program = Path(build) / "apppassd"
        self.user = user
        self.config = self.state / "apppassd.conf"
        self.socket = self.state / "run" / "mux"
        self.daemon = Daemon("apppassd", self.state, keep)
        self.log = self.daemon.output
        self.options = {}

    def create(self, conninfo, **options):
        """Write the configuration."""
        folder(self.state)
        folder(self.state / "run", self.user)
        lines = (line for line in example("apppassd.conf").splitlines()
                 if line.strip() and not line.startswith("#"))
        self.options = {
            **dict(line.split(": ", 1) for line in lines),
            "apppass_conninfo": conninfo,
            "apppassd_socket": self.socket,
            "apppassd_socket_group": None,
            "apppassd_socket_mode": "0666",
            "apppassd_user": self.user,
        }
        return self.set(**options)

    def set(self, **options):
        """Change options in the file; takes effect with start or reload."""
        self.options.update(options)
        self.write("".join(f"{name}: {value}\n" for name, value in self.options.items()
                           if value is not None))
        return self

    def write(self, text):
        """Replace the file: root's, and readable by the daemon's group."""
        write(self.config, text, mode=0o600)
        os.chown(self.config, 0, pwd.getpwnam(self.user).pw_gid)
        self.config.chmod(0o640)

    def start(self, environment=None, arguments=()):
        self.daemon.launch([self.program, "-c", self.config, *arguments],
                           environment=environment)
        self.daemon.ready(self.serves, "apppassd to accept connections")
        return self

    def serves(self):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket))
            except OSError:
                return False
        return True

    def reload(self):
        self.daemon.send(signal.SIGHUP)

    def stop(self, number=signal.SIGTERM):
        self.daemon.stop(number)

    def destroy(self):
        self.stop()
        shutil.rmtree(self.state, ignore_errors=True)

    def ask(self, user, password, service="imap", client=None, timeout=30.0):
        """One login as libsasl2 sends it: "OK", "NO", or None for a temporary failure."""
        with connect(self.socket, timeout) as connection:
            send(connection, request(user, password, service, client))
            return answer(connection)


def request(user, password, service="imap", client=None):
    """A request's bytes; the name is cut at its last "@", as libsasl2 does."""
    login, _, realm = user.rpartition("@") if "@" in user else (user, "", "")
    strings = [login, password, service, realm] + ([] if client is None else [client])
    return b"".join(counted(text) for text in strings)


def counted(text):
    """One string after its length."""
    data = text.encode() if isinstance(text, str) else text
    return struct.pack("!H", len(data)) + data


def connect(path, timeout=30.0):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(timeout)
    try:
        connection.connect(str(path))
    except BaseException:
        connection.close()
        raise
    return connection


def send(connection, data):
    """Where the other side has hung up already, answer() says so."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        connection.sendall(data)


def answer(connection):
    """What came back, None where the other side hung up instead."""
    data = b""
    while len(data) < 2 or len(data) < 2 + struct.unpack("!H", data[:2])[0]:
        try:
            piece = connection.recv(4096)
        except ConnectionResetError:
            piece = b""
        if not piece:
            if data:
                raise Failure(f"half an answer: {data!r}")
            return None
        data += piece
    return data[2:].decode()

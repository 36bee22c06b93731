"""Ending the servers that tests run in threads."""

import socket
import socketserver
from contextlib import suppress


def stop(server: socketserver.TCPServer) -> None:
    """End ``serve_forever`` and close the port, at once: the thread is woken and does not finish its pause first."""
    with suppress(OSError):  # some systems do not let go of a port that listens
        server.socket.shutdown(socket.SHUT_RDWR)
    server.shutdown()
    server.server_close()

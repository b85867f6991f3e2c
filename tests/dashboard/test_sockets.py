"""What the server's sockets are told."""

from __future__ import annotations

import socket

from tacticeye.dashboard import sockets


def test_a_connection_accepted_later_sends_at_once() -> None:
    with socket.socket() as listening:  # as Streamlit makes it
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        sockets.send_at_once()
        with socket.create_connection(listening.getsockname()), listening.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

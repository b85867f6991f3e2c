"""The server's sockets: what is written to them leaves at once.

Streamlit binds the socket it listens on without naming TCP as its protocol, and asyncio switches Nagle's algorithm off
only where TCP is named. Left on, whatever follows a first small piece (the body after the head of an answer, a message
after a message of the WebSocket) waits for the browser's acknowledgement, which comes 40 ms late.
"""

from __future__ import annotations

import os
import socket

import psutil


def send_at_once() -> None:
    """Has every connection that this process accepts from now on send without waiting."""
    for connection in psutil.Process().net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN:
            with socket.socket(fileno=os.dup(connection.fd)) as listening:  # accepted ones take after it
                listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

"""A network that loses packets, for tests: the kernel's own TCP has to send them again, as on a bad line.

Needs neither rights nor tools: a socket filter throws away packets before TCP sees them, at random.
"""

from __future__ import annotations

import ctypes
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

SO_ATTACH_FILTER = 26
MSS_BYTES = 1400  # as on Ethernet; loopback would send a whole segment of video as one packet

# Classic BPF, (code, jump if true, jump if false, operand): load a random number, compare, keep or drop the packet.
LOAD_WORD, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x35, 0x06
RANDOM = 0xFFFFF000 + 56
WHOLE_PACKET = 0xFFFFFFFF


def lose_packets(end: socket.socket, share: float) -> None:
    """Has `share` (0..1) of the packets that come for this socket not arrive."""
    steps = [(LOAD_WORD, 0, 0, RANDOM), (JUMP_IF_AT_LEAST, 0, 1, round(share * 2**32)), (RETURN, 0, 0, WHOLE_PACKET),
             (RETURN, 0, 0, 0)]  # fmt: skip
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    end.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(steps), ctypes.addressof(program)))


@contextmanager
def losing(port: int, share: float) -> Iterator[int]:
    """A port of loopback that leads to `port`; `share` of the packets are lost on the way, in both directions.

    Those that open a connection get through: the kernel repeats them after whole seconds, too long for a test.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(max_workers=64) as pool:
        pool.submit(_accept, listener, port, share, pool)
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def _accept(listener: socket.socket, port: int, share: float, pool: ThreadPoolExecutor) -> None:
    with suppress(OSError):  # the listener's end
        while True:
            near, _ = listener.accept()
            pool.submit(_join, near, port, share, pool)


def _join(near: socket.socket, port: int, share: float, pool: ThreadPoolExecutor) -> None:
    with near, socket.socket() as far, suppress(OSError):
        far.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, MSS_BYTES)
        far.connect(("127.0.0.1", port))
        for end in (near, far):
            lose_packets(end, share)
        back = pool.submit(_pump, far, near)
        _pump(near, far)
        back.result()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Until the source's end, which becomes the target's."""
    with suppress(OSError):
        while chunk := source.recv(65_536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)

"""Real servers that behave as no pull should have to bear, each on a port of its own on this machine."""

import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answer = Callable[[socket.socket, str], None]
"""Writes what it likes to a connection, having been given the request's head."""


@contextmanager
def server(answer: Answer, *, wrap: Callable[[socket.socket], socket.socket] = lambda sock: sock) -> Iterator["Served"]:
    """Serve until the block ends; yields the port and the heads of the requests that came."""
    listening = socket.create_server(("127.0.0.1", 0))
    served = Served(listening.getsockname()[1])
    threads: list[threading.Thread] = []

    def serve() -> None:
        while True:
            try:
                raw, _ = listening.accept()
            except OSError:
                return
            threads.append(threading.Thread(target=one, args=(raw,), daemon=True))
            threads[-1].start()

    def one(raw: socket.socket) -> None:
        raw.settimeout(5)
        with suppress(OSError, ValueError), wrap(raw) as sock:
            head = b""
            while b"\r\n\r\n" not in head and (chunk := sock.recv(4096)):
                head += chunk
            served.heads.append(head.decode())
            answer(sock, head.decode())

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield served
    finally:
        served.over.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        for thread in threads:
            thread.join(2)


class Served:
    """What a server saw."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heads: list[str] = []
        self.sent = 0
        self.over = threading.Event()


def says(body: bytes | str, *, status: str = "200 OK", kind: str = "application/json", **headers: str) -> Answer:
    """Answer with one body."""
    raw = body.encode() if isinstance(body, str) else body
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())

    def answer(sock: socket.socket, head: str) -> None:
        length = f"Content-Length: {len(raw)}\r\n"
        sock.sendall(f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{length}{more}\r\n".encode() + raw)

    return answer


def tells(document: object, **more: str) -> Answer:
    """Answer with a JSON document."""
    return says(json.dumps(document), **more)


def hangs(sock: socket.socket, head: str) -> None:
    """Take the request and say nothing."""
    sock.settimeout(5)
    with suppress(OSError):
        sock.recv(1)


def drips(first: bytes, drop: bytes, pause: float = 0.05) -> Answer:
    """Send one drop after another, each in time for a time limit that begins anew with every byte."""

    def answer(sock: socket.socket, head: str) -> None:
        sock.sendall(first)
        for _ in range(100):
            sock.sendall(drop)
            threading.Event().wait(pause)

    return answer


JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def endless(served: dict[str, int]) -> Answer:
    """Send up to a gigabyte, and count how much was taken."""

    def answer(sock: socket.socket, head: str) -> None:
        served["sent"] = 0
        sock.sendall(JSON_HEAD + b"\r\n[")
        block = b"1," * 32_768
        with suppress(OSError):
            while served["sent"] < 2**30:
                sock.sendall(block)
                served["sent"] += len(block)

    return answer


def bomb(size: int) -> bytes:
    """A gzip file that unpacks to so many bytes."""
    return gzip.compress(b"[" + b" " * size + b"]", 9)

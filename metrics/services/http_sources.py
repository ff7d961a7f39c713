"""Fetch JSON over HTTP from a server that nobody trusts: no redirects, pinned address, bounded time and size."""

import http.client
import json
import socket
import ssl
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from typing import Any

from metrics.domain.answers import NoAnswer
from metrics.domain.destinations import Destination
from metrics.services.reaching import Deadline, Reach, connected, deadline

CHUNK = 65_536
BROKEN = (OSError, http.client.HTTPException, ValueError, EOFError)


class _Pinned(http.client.HTTPConnection):
    """A connection that is there already, and that never looks for another one."""

    auto_open = 0

    def __init__(self, wanted: Destination, sock: socket.socket) -> None:
        super().__init__(wanted.host, wanted.port)
        self.sock = sock


def get_json(wanted: Destination, headers: Mapping[str, str], reach: Reach) -> Any:
    """Return the JSON document at an address, numbers with a point as Decimal.

    Forbidden or NoAnswer with a sentence otherwise; none repeats a word of the answer.
    """
    with deadline(reach.limits.seconds) as until:
        with ExitStack() as opened:
            sock = opened.enter_context(connected(wanted, reach, until))
            try:
                if wanted.scheme == "https":
                    sock = opened.enter_context(_secured(sock, wanted.host, until))
                body = _body(_Pinned(wanted, sock), wanted, headers, reach.limits.size)
            except ssl.SSLCertVerificationError as error:
                raise NoAnswer(f"The certificate of {wanted.host} cannot be trusted.") from error
            except BROKEN as error:
                raise NoAnswer(f"The answer of {wanted.host} broke off or is not HTTP.") from error
        until.left()  # what was cut off in the middle may look whole
        return _parsed(body)


def _secured(sock: socket.socket, host: str, until: Deadline) -> ssl.SSLSocket:
    """Speak TLS, and hold the certificate against the name, not against the address."""
    # The handshake comes after the watch: TLS takes the descriptor away from the socket that is watched already.
    secured = ssl.create_default_context().wrap_socket(sock, server_hostname=host, do_handshake_on_connect=False)
    until.watch(partial(socket.socket.shutdown, secured, socket.SHUT_RDWR))
    try:
        secured.do_handshake()
    except BaseException:
        secured.close()
        raise
    return secured


def _body(connection: _Pinned, wanted: Destination, headers: Mapping[str, str], most: int) -> bytes:
    connection.request("GET", wanted.path, headers=_headers(wanted) | dict(headers))
    with connection.getresponse() as answer:
        _check(answer, most)
        return b"".join(_bounded(_chunks(answer), most))


def _headers(wanted: Destination) -> dict[str, str]:
    host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
    usual = {"https": 443, "http": 80}[wanted.scheme]
    return {
        "Host": host if wanted.port == usual else f"{host}:{wanted.port}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "Connection": "close",
        "User-Agent": "Premise",
    }


def _check(answer: http.client.HTTPResponse, most: int) -> None:
    """Judge an answer by its head, before any of its body is read."""
    status = answer.status
    if 300 <= status < 400:
        raise NoAnswer(f"The server redirects (status {status}); pulls follow none: give the address it ends at.")
    if status in {401, 403}:
        raise NoAnswer(f"The server refuses the credential (status {status}).")
    if status != 200:
        raise NoAnswer(f"The server answered with the status {status}.")
    kind = answer.headers.get_content_type()
    if kind != "application/json" and not kind.endswith("+json"):
        raise NoAnswer("The answer is not JSON by its content type.")
    if (answer.length or 0) > most:
        raise NoAnswer(_too_large(most))


def _chunks(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    """Yield the body as it comes, unpacked; a bomb is unpacked no further than the limit."""
    packing = (answer.headers.get("Content-Encoding") or "identity").strip().lower()
    if packing == "identity":
        while chunk := answer.read(CHUNK):
            yield chunk
        if answer.length:
            raise NoAnswer("The answer broke off before its end.")
        return
    if packing not in {"gzip", "x-gzip"}:
        raise NoAnswer("The answer is packed in a way that was not asked for.")
    try:
        yield from _unpacked(answer)
    except zlib.error as error:
        raise NoAnswer("The answer cannot be unpacked.") from error


def _unpacked(answer: http.client.HTTPResponse) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(16 + zlib.MAX_WBITS)
    while chunk := answer.read(CHUNK):
        full = False
        while (chunk or full) and not unpacking.eof:
            piece = unpacking.decompress(chunk, CHUNK)
            chunk, full = unpacking.unconsumed_tail, len(piece) == CHUNK
            yield piece
    if not unpacking.eof:
        raise NoAnswer("The answer broke off before its end.")


def _bounded(chunks: Iterator[bytes], most: int) -> Iterator[bytes]:
    """Pass chunks on until there are more than the limit; the rest is never read."""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > most:
            raise NoAnswer(_too_large(most))
        yield chunk


def _too_large(most: int) -> str:
    return f"The answer is larger than {most:,} bytes; ask for fewer rows."


def _parsed(body: bytes) -> Any:
    try:
        # NaN and Infinity, which are not JSON, stay words: each row that has one is refused by itself.
        return json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError, ArithmeticError) as error:
        raise NoAnswer("The answer is not valid JSON.") from error

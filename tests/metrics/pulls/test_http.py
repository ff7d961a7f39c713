"""Fetching JSON from servers that redirect, hang, drip, never end, lie and break: each ends in a sentence, in time."""

import datetime
import gzip
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from metrics.domain.answers import NoAnswer
from metrics.domain.destinations import Allowed, Destination, Forbidden, destination
from metrics.services.http_sources import get_json
from metrics.services.reaching import Limits, Reach
from tests.metrics.pulls.servers import (
    JSON_HEAD,
    Answer,
    Served,
    bomb,
    drips,
    endless,
    hangs,
    says,
    server,
    tells,
)

ROOMY = Limits(seconds=10, size=200_000, rows=100)
BRIEF = Limits(seconds=0.3, size=200_000, rows=100)  # for those who would take any time they get


def reach(port: int, *, private: str = "localhost", hosts: str = "", **more: Any) -> Reach:
    allowed = Allowed(schemes={"http", "https"}, private_hosts={private}, hosts={hosts}, ports={port})
    return Reach(allowed=allowed, **({"limits": ROOMY} | more))


def fetched(answer: Answer, **more: Any) -> Any:
    with server(answer) as served:
        return get_json(destination(f"http://localhost:{served.port}/x?y=1"), {}, reach(served.port, **more))


def refusal(answer: Answer, limits: Limits = ROOMY) -> str:
    """What is said of a server, which must be said without its words."""
    with pytest.raises(NoAnswer) as error:
        fetched(answer, limits=limits)
    assert "secret" not in str(error.value)
    return str(error.value)


def test_json_comes_as_it_was_sent_and_the_request_says_who_asks():
    with server(tells({"value": 1.5, "nan": None})) as served:
        at = destination(f"http://localhost:{served.port}/x?y=1")
        found = get_json(at, {"X-Key": "Bearer k"}, reach(served.port))
    assert found == {"value": pytest.approx(1.5), "nan": None}
    head = served.heads[0]
    assert head.startswith("GET /x?y=1 HTTP/1.1\r\n")
    assert f"Host: localhost:{served.port}\r\n" in head
    assert "X-Key: Bearer k\r\n" in head


@pytest.mark.parametrize(
    "answer, words",
    [
        (says("secret", status="302 Found", Location="http://169.254.169.254/"), "redirects"),
        (says("secret", status="308 Permanent Redirect", Location="/elsewhere"), "redirects"),
        (says("secret", status="401 Unauthorized"), "refuses the credential"),
        (says("secret", status="500 Oh"), "status 500"),
        (says("secret", status="204 No Content"), "status 204"),
        (says("<p>secret</p>", kind="text/html"), "not JSON by its content type"),
        (says("{'secret': 1"), "not valid JSON"),
        (says(b"\xff\xfesecret"), "not valid JSON"),
        (says("[" * 100_000), "not valid JSON"),
        (says("9" * 100_000), "not valid JSON"),
        (says("secret", Content_Encoding="br"), "packed in a way"),
        (says("secret", Content_Encoding="gzip"), "cannot be unpacked"),
        (says(gzip.compress(b"[1]")[:-9], Content_Encoding="gzip"), "broke off"),
        (lambda sock, head: sock.sendall(JSON_HEAD + b"Content-Length: 999\r\n\r\n[1]"), "broke off"),
        (lambda sock, head: sock.sendall(b"secret secret\r\n\r\n"), "not HTTP"),
        (lambda sock, head: sock.sendall(JSON_HEAD + b"x: y\r\n" * 500), "not HTTP"),
        (lambda sock, head: None, "not HTTP"),
    ],
)
def test_an_answer_that_is_none_is_told_in_a_sentence_without_its_words(answer: Answer, words: str):
    assert words in refusal(answer)


@pytest.mark.parametrize(
    "answer",
    [
        hangs,
        drips(b"", b"H"),
        drips(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        drips(JSON_HEAD + b"\r\n[", b"1,"),
        drips(JSON_HEAD + b"Content-Length: 4000\r\n\r\n[", b"1,"),
        drips(JSON_HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\n1,\r\n"),
    ],
    ids=["silence", "status", "headers", "continues", "body", "length", "chunks"],
)
def test_a_server_that_hangs_or_drips_is_cut_off_when_the_time_is_over(answer: Answer):
    began = time.monotonic()
    assert "within the time limit" in refusal(answer, BRIEF)
    assert time.monotonic() - began < 3


def test_a_gigabyte_stops_as_soon_as_there_is_too_much():
    count: dict[str, int] = {}
    assert "larger than 200,000 bytes" in refusal(endless(count))
    assert count["sent"] < 20_000_000  # what lies in the buffers between the two


def test_a_length_that_is_too_much_is_refused_before_anything_is_read():
    def answer(sock: socket.socket, head: str) -> None:
        sock.sendall(JSON_HEAD + b"Content-Length: 1000000000\r\n\r\n")

    assert "larger than" in refusal(answer)


def test_a_gzip_bomb_is_unpacked_no_further_than_the_limit():
    packed = bomb(20_000_000)
    assert len(packed) < ROOMY.size
    assert "larger than 200,000 bytes" in refusal(says(packed, Content_Encoding="gzip"))


def test_a_packed_answer_is_unpacked_whatever_its_size():
    body = b'["' + b"x" * 150_000 + b'"]'
    assert fetched(says(gzip.compress(body), Content_Encoding="gzip")) == ["x" * 150_000]


def test_nan_stays_a_word_that_a_row_is_refused_for():
    assert fetched(says('{"a": NaN, "b": -Infinity}')) == {"a": "NaN", "b": "-Infinity"}


def test_a_private_address_is_refused_unless_its_host_is_said_to_be_private():
    with server(tells(1)) as served:
        at = destination(f"http://localhost:{served.port}/")
        with pytest.raises(Forbidden, match="PULL_PRIVATE_HOSTS"):
            get_json(at, {}, reach(served.port, private="", hosts="localhost"))
        assert not served.heads


def _resolver(*answers: list[str]) -> Any:
    """A name server that answers something else each time."""
    waiting = iter(answers)

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(waiting)]

    return resolve


def test_a_name_is_resolved_once_and_the_connection_goes_to_the_address_that_was_judged():
    with server(tells(1)) as served:
        at = destination(f"http://inside.example:{served.port}/")
        bound = reach(served.port, private="inside.example", resolve=_resolver(["127.0.0.1"], ["169.254.169.254"]))
        assert get_json(at, {}, bound) == 1
        assert f"Host: inside.example:{served.port}" in served.heads[0]


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]])
def test_a_name_that_resolves_to_a_private_address_among_others_is_refused(addresses: list[str]):
    with server(tells(1)) as served:
        at = destination(f"http://public.example:{served.port}/")
        with pytest.raises(Forbidden, match="resolves to"):
            get_json(at, {}, reach(served.port, hosts="public.example", resolve=_resolver(addresses)))
        assert not served.heads


def test_metadata_is_out_of_reach_even_for_private_hosts():
    at = Destination(scheme="http", host="localhost", port=80, path="/")
    with pytest.raises(Forbidden, match="no pull may reach"):
        get_json(at, {}, reach(80, resolve=_resolver(["169.254.169.254"])))


def test_a_name_nobody_knows_and_a_port_nobody_listens_on_are_said():
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "secret")

    at = Destination(scheme="http", host="localhost", port=1, path="/")
    with pytest.raises(NoAnswer, match="not known by name"):
        get_json(at, {}, reach(1, resolve=unknown))
    with pytest.raises(NoAnswer, match="takes connections"):
        get_json(at, {}, reach(1))


def test_a_resolver_that_hangs_is_not_waited_for():
    def slow(*_: Any, **__: Any) -> Any:
        time.sleep(1)

    at = Destination(scheme="http", host="localhost", port=1, path="/")
    began = time.monotonic()
    with pytest.raises(NoAnswer, match="within"):
        get_json(at, {}, reach(1, resolve=slow, limits=BRIEF))
    assert time.monotonic() - began < 0.9


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + built.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secured(certificate: Path) -> Iterator[Served]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with server(tells(7), wrap=lambda sock: context.wrap_socket(sock, server_side=True)) as served:
        yield served


def test_a_certificate_that_nobody_vouches_for_is_refused(secured: Served):
    with pytest.raises(NoAnswer, match="cannot be trusted"):
        get_json(destination(f"https://localhost:{secured.port}/"), {}, reach(secured.port))
    assert not secured.heads


def test_a_trusted_certificate_is_held_against_the_name(
    secured: Served, certificate: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert get_json(destination(f"https://localhost:{secured.port}/"), {}, reach(secured.port)) == 7
    elsewhere = reach(secured.port, private="other.example", resolve=_resolver(["127.0.0.1"]))
    with pytest.raises(NoAnswer, match="cannot be trusted"):
        get_json(destination(f"https://other.example:{secured.port}/"), {}, elsewhere)


def test_a_handshake_that_hangs_is_cut_off():
    with server(hangs) as served, pytest.raises(NoAnswer, match="no whole answer"):
        get_json(destination(f"https://localhost:{served.port}/"), {}, reach(served.port, limits=BRIEF))

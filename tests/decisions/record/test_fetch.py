"""A record loads nothing from elsewhere, whatever is written into it."""

from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from pypdf import PdfReader
from weasyprint import HTML

from decisions.record import rendering
from decisions.record.fetching import FONTS, RecordFetcher
from decisions.record.pages import html
from decisions.record.sheets import Sheet
from decisions.record.signing import unsigned_text
from tests.decisions.record import cases

SECRET = "a-secret-that-must-not-leak"

VECTORS = [
    '<img src="{url}">',
    '<img srcset="{url} 1x">',
    '<object data="{url}"></object>',
    '<embed src="{url}">',
    '<input type="image" src="{url}">',
    '<link rel="stylesheet" href="{url}">',
    '<link rel="attachment" href="{url}">',
    '<a rel="attachment" href="{url}">x</a>',
    "<style>@import url({url});</style>",
    "<style>body {{ background: url({url}) }}</style>",
    '<style>p::before {{ content: url("{url}") }}</style>',
    "<style>li {{ list-style-image: url({url}) }}</style>",
    '<style>@font-face {{ font-family: x; src: url("{url}") }} body {{ font-family: x }}</style>',
    "<style>p {{ border-image: url({url}) 30 }}</style>",
    "<style>@page {{ background-image: url({url}) }}</style>",
    '<p style="background-image: url({url})">x</p>',
    '<svg width="9" height="9"><image href="{url}" width="9" height="9"/></svg>',
    '<svg width="9" height="9"><image xlink:href="{url}" width="9" height="9"/></svg>',
    '<svg width="9" height="9"><use href="{url}#a"/></svg>',
    '<svg width="9" height="9"><style>@import url({url});</style><rect width="9" height="9"/></svg>',
    "<style>p {{ mask: url({url}); cursor: url({url}), auto }}</style>",
    '<img src="data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22%3E%3Cimage href=%22{url}%22/%3E'
    '%3C/svg%3E">',
]


@pytest.fixture(scope="module")
def server():
    """A web server that counts who asks."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(SECRET.encode())

        def log_message(self, *args):
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}/x", asked
    made.shutdown()


@pytest.fixture(scope="module")
def secret(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("secret") / "secret.txt"
    path.write_text(SECRET)
    return path


def drawn(body: str) -> bytes:
    sheet = Sheet(
        html=f"<html lang=en><title>x</title><body><p>x</p><ul><li>y</li></ul>{body}",
        record=b"{}",
        signature=unsigned_text("0" * 64),
        at=datetime(2026, 1, 1, tzinfo=UTC),
        identifier="00" * 16,
    )
    return rendering.draw(sheet, Path(settings.FONTS_DIR))


@pytest.mark.parametrize("vector", VECTORS)
def test_nothing_is_fetched_or_attached(vector, server, secret):
    address, asked = server
    pdf = drawn(vector.format(url=address) + vector.format(url=secret.as_uri()))
    assert asked == []
    reader = PdfReader(BytesIO(pdf))
    assert set(reader.attachments) == {"record.json", "signature.txt"}
    streams = b"".join(o.get_data() for i in range(len(reader.xref_objStm) + len(reader.xref.get(0, {})) + 1)
                       if hasattr(o := reader.get_object(i) if i else None, "get_data"))  # fmt: skip
    assert SECRET.encode() not in pdf + streams


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "http://127.0.0.1/",
        "https://example.org/",
        "ftp://example.org/",
        "//example.org/x",
        "premise-font:../../secret_key",
        "premise-font:inter-400.ttf",
        "premise-font:",
        "jar:file:///x",
        "gopher://x",
    ],
)
def test_every_other_address_is_refused_and_noted(address):
    fetcher = RecordFetcher(Path(settings.FONTS_DIR))
    with pytest.raises(ValueError, match="nothing from elsewhere"):
        fetcher.fetch(address)
    assert fetcher.refused == [address]


@pytest.mark.parametrize("name", FONTS)
def test_its_own_fonts_are_served(name):
    fetched = RecordFetcher(Path(settings.FONTS_DIR)).fetch(f"premise-font:{name}")
    assert len(fetched.read()) > 1000


def test_a_record_asks_for_its_fonts_and_nothing_else():
    class Noting(RecordFetcher):
        asked: list[str] = []

        def fetch(self, url, headers=None):
            self.asked.append(url)
            return super().fetch(url, headers)

    fetcher = Noting(Path(settings.FONTS_DIR))
    HTML(string=html(cases.record(), "0" * 64), url_fetcher=fetcher).render()
    assert fetcher.refused == []
    assert {address.partition(":")[0] for address in fetcher.asked} == {"premise-font"}

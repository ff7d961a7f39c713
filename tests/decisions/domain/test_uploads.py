"""Which files are kept: by what their bytes are, how far they unfold, how many pixels they have."""

import struct
import zipfile
from io import BytesIO

import pytest

from decisions.domain import uploads
from decisions.domain.uploads import BadFile, file_name, media_type_of

PDF = b"%PDF-1.7\n...\n%%EOF\n"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", width, height) + b"\x08"


def jpeg(width: int, height: int) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 4) + b"JF"
    return b"\xff\xd8" + app + b"\xff\xc0" + struct.pack(">HBHH", 8, 8, height, width) + b"\x03"


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x00"


def packed(**files: bytes) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


OFFICE = {"[Content_Types]__xml": b"<Types/>"}


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("a.pdf", PDF, "application/pdf"),
        ("A.PNG", png(10, 10), "image/png"),
        ("a.jpg", jpeg(10, 10), "image/jpeg"),
        ("a.gif", gif(10, 10), "image/gif"),
        ("a.csv", "a;b\nä;1".encode(), "text/csv"),
        ("a.docx", packed(**OFFICE), f"{uploads._OFFICE}wordprocessingml.document"),
        ("a.odt", packed(mimetype=b"application/vnd.oasis.opendocument.text"), f"{uploads._OPEN}text"),
    ],
)
def test_what_is_what_it_says_is_kept(name: str, data: bytes, kind: str) -> None:
    assert media_type_of(name, data) == kind


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"%PDF-" + b"x" * uploads.LARGEST, "larger"),
        ("a.html", b"<script>", "not kept"),
        ("a.svg", b"<svg/>", "not kept"),
        ("noextension", PDF, "not kept"),
        ("a.pdf", b"<html>", "damaged"),
        ("a.pdf", PDF[:10], "damaged"),
        ("a.png", PDF, "damaged"),
        ("a.png", png(0, 9), "damaged"),
        ("a.png", png(10_000, 10_000), "pixels"),
        ("a.jpg", jpeg(10_000, 10_000), "pixels"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00", "damaged"),
        ("a.gif", gif(60_000, 60_000), "pixels"),
        ("a.gif", b"GIF", "damaged"),
        ("a.txt", b"\xff\xfe\x00", "damaged"),
        ("a.txt", b"a\x00b", "damaged"),
        ("a.docx", PDF, "damaged"),
        ("a.docx", packed(other=b"1"), "damaged"),
        ("a.docx", packed(**OFFICE, bomb=b"0" * 30_000_000), "unfolds"),
        ("a.docx", packed(**OFFICE, word_vbaProject__bin=b"x"), "macro"),
        ("a.odt", packed(mimetype=b"application/zip"), "damaged"),
    ],
)
def test_what_is_not_is_refused_with_a_sentence(name: str, data: bytes, words: str) -> None:
    with pytest.raises(BadFile, match=words):
        media_type_of(name, data)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        (r"C:\folder\a b.pdf", "a b.pdf"),
        ('a"b\r\n.pdf', "ab.pdf"),
        ("x" * 400 + ".pdf", "x" * 200 + ".pdf"),
    ],
)
def test_a_name_loses_what_a_header_or_a_folder_would_stumble_over(name: str, kept: str) -> None:
    assert file_name(name) == kept

"""Which files may be kept as evidence: by size, extension, what their bytes are, how far they unfold, how many pixels.

Nothing is trusted that the sender says of a file but its name's extension, and that only when the bytes agree.
"""

import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

LARGEST = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
MOST_ENTRIES = 5_000
LARGEST_UNFOLDED = 200 * 1024 * 1024
WIDEST_RATIO = 100
LONGEST_NAME = 200

_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."


class BadFile(ValueError):
    """A file that is not kept; the message says why."""


def media_type_of(name: str, data: bytes) -> str:
    """Return what a file is, or raise `BadFile` with a sentence."""
    if not data:
        raise BadFile("The file is empty.")
    if len(data) > LARGEST:
        raise BadFile(f"The file is larger than {LARGEST // 1024 // 1024} MB; link to it instead.")
    extension = name.rpartition(".")[2].casefold() if "." in name else ""
    if extension not in KINDS:
        raise BadFile(f"A file of this kind is not kept; send one of: {', '.join(KINDS)}.")
    media_type, check = KINDS[extension]
    try:
        check(data)
    except (struct.error, IndexError, zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile(f"The file does not hold what a .{extension} file holds; it may be damaged.") from error
    return media_type


def file_name(name: str) -> str:
    """Return the name without folders and signs that a header or a file system would stumble over."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(sign for sign in last if sign.isprintable() and sign not in '"<>|:*?').strip(" .")
    stem, dot, extension = clean.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{extension[:10]}" if dot else clean[:LONGEST_NAME]


def _pdf(data: bytes) -> None:
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-2048:]:
        raise ValueError("no PDF")


def _png(data: bytes) -> None:
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or data[12:16] != b"IHDR":
        raise ValueError("no PNG")
    _pixels(*struct.unpack(">II", data[16:24]))


def _gif(data: bytes) -> None:
    if data[:6] not in {b"GIF87a", b"GIF89a"}:
        raise ValueError("no GIF")
    _pixels(*struct.unpack("<HH", data[6:10]))


def _jpeg(data: bytes) -> None:
    """Walk the segments to the frame header, which says the size."""
    if not data.startswith(b"\xff\xd8\xff"):
        raise ValueError("no JPEG")
    place = 2
    while place < len(data):
        marker, length = struct.unpack(">HH", data[place : place + 4])
        if 0xFFC0 <= marker <= 0xFFCF and marker not in {0xFFC4, 0xFFC8, 0xFFCC}:
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return _pixels(width, height)
        if marker >> 8 != 0xFF or length < 2:
            break
        place += 2 + length
    raise ValueError("no frame")


def _pixels(width: int, height: int) -> None:
    if not width or not height:
        raise ValueError("no size")
    if width * height > MOST_PIXELS:
        raise BadFile(f"The picture has {width} × {height} pixels; at most {MOST_PIXELS // 10**6} million are kept.")


def _text(data: bytes) -> None:
    text = data.decode("utf-8-sig")
    if any(ord(sign) < 32 and sign not in "\t\n\r\f" for sign in text):
        raise ValueError("not text")


def _office(data: bytes) -> None:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = _unfolds(archive)
    if "[Content_Types].xml" not in names:
        raise ValueError("no office document")


def _open_document(data: bytes) -> None:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = _unfolds(archive)
        if "mimetype" not in names or not archive.read("mimetype").startswith(_OPEN.encode()):
            raise ValueError("no open document")


def _unfolds(archive: zipfile.ZipFile) -> set[str]:
    """Return the names of the entries; refuse what unfolds too far, and programs."""
    entries = archive.infolist()
    whole, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    if len(entries) > MOST_ENTRIES or whole > LARGEST_UNFOLDED or whole > WIDEST_RATIO * max(packed, 1024):
        raise BadFile("The file unfolds to far more than its size, as files made to do harm do; it is not kept.")
    if any(e.filename.casefold().endswith(("vbaproject.bin", ".exe", ".js")) for e in entries):
        raise BadFile("The file carries a program (a macro); save it without, then send it again.")
    return {e.filename for e in entries}


KINDS: dict[str, tuple[str, Callable[[bytes], None]]] = {
    "pdf": ("application/pdf", _pdf),
    "png": ("image/png", _png),
    "jpg": ("image/jpeg", _jpeg),
    "jpeg": ("image/jpeg", _jpeg),
    "gif": ("image/gif", _gif),
    "csv": ("text/csv", _text),
    "txt": ("text/plain", _text),
    "md": ("text/markdown", _text),
    "json": ("application/json", _text),
    "docx": (f"{_OFFICE}wordprocessingml.document", _office),
    "xlsx": (f"{_OFFICE}spreadsheetml.sheet", _office),
    "pptx": (f"{_OFFICE}presentationml.presentation", _office),
    "odt": (f"{_OPEN}text", _open_document),
    "ods": (f"{_OPEN}spreadsheet", _open_document),
    "odp": (f"{_OPEN}presentation", _open_document),
}

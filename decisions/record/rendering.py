"""From a record's HTML to its PDF: produced as PDF/A-3a, tagged, the same bytes each time.

Drawing takes seconds and its libraries are not safe in threads: services run it in a process of its own
(`python -m decisions.record.worker`), commands in theirs.
"""

import logging
from pathlib import Path
from typing import Any

import pydyf
from weasyprint import HTML, Attachment
from weasyprint.text.fonts import FontConfiguration

from decisions.record.fetching import FONTS, RecordFetcher
from decisions.record.sheets import Sheet
from decisions.record.verify import RECORD_NAME, SIGNATURE_NAME

logging.getLogger("weasyprint").setLevel(logging.ERROR)


def draw(sheet: Sheet, fonts: Path) -> bytes:
    """Return the PDF, still unsigned; FileNotFoundError when a font is missing."""
    if missing := [file for file in FONTS.values() if not (fonts / file).is_file()]:
        # WeasyPrint would fall back on whatever the machine has, and the bytes would differ between machines.
        raise FileNotFoundError(f"The fonts {', '.join(missing)} are missing in {fonts}; run make setup.")
    fetcher = RecordFetcher(fonts)
    document = HTML(string=sheet.html, url_fetcher=fetcher, base_url=None)
    pdf: bytes = document.write_pdf(
        font_config=FontConfiguration(),
        pdf_variant="pdf/a-3a",
        pdf_identifier=bytes.fromhex(sheet.identifier),
        attachments=[
            Attachment(
                string=sheet.record.decode(),
                name=RECORD_NAME,
                description="The record as data: dossier, signatures, ledger entries and proofs",
                created=sheet.at,
                modified=sheet.at,
                relationship="Source",
            ),
            Attachment(
                string=sheet.signature.decode(),
                name=SIGNATURE_NAME,
                description="The signature over the bytes of this file",
                created=sheet.at,
                modified=sheet.at,
                relationship="Supplement",
            ),
        ],
        finisher=lambda _, made: _leave_room(made, sheet.signature),
    )
    return pdf


def _leave_room(pdf: Any, signature: bytes) -> None:
    """Keep the signature's attachment as it is, and without the checksum that signing would make wrong."""
    for item in pdf.objects:
        if isinstance(item, pydyf.Stream) and item.stream == [signature]:
            item.compress = False
            del item.extra["Params"]["CheckSum"]
    # WeasyPrint lists each attachment twice.
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))

"""A record of about thirteen pages: drawing it against WeasyPrint alone."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from weasyprint import HTML

from decisions.record.assembling import assemble, sheet_of
from decisions.record.fetching import RecordFetcher
from decisions.record.rendering import draw
from tests.bench.rows import Row, best_of_both
from tests.decisions.record import cases


def measure() -> Iterator[Row]:
    """The signed PDF from the record's data, against WeasyPrint drawing the same HTML to the same kind of PDF."""
    fonts = Path(settings.FONTS_DIR)
    record = cases.record()
    html = sheet_of(record, cases.KEY.public_key()).html

    def whole() -> object:
        return assemble(record, cases.KEY, lambda sheet: draw(sheet, fonts))

    def alone() -> object:
        return HTML(string=html, url_fetcher=RecordFetcher(fonts)).write_pdf(pdf_variant="pdf/a-3a")

    seconds, peer = best_of_both(whole, alone, times=3)
    yield Row("record of 13 pages, against WeasyPrint alone", seconds, "s", peer, 1.1)

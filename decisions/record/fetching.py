"""What a record may load while it is drawn: its own fonts and data that stand in the page, nothing else."""

from pathlib import Path
from typing import Any

from weasyprint.urls import URLFetcher, URLFetcherResponse

SCHEME = "premise-font:"
FONTS = {
    "inter-400": "inter-400.ttf",
    "inter-600": "inter-600.ttf",
    "source-serif-4-600": "source-serif-4-600.ttf",
    "noto-sans-thai-400": "noto-sans-thai-400.ttf",
    "noto-sans-thai-600": "noto-sans-thai-600.ttf",
    "noto-sans-jp-400": "noto-sans-jp-400.otf",
}


class RecordFetcher(URLFetcher):  # type: ignore[misc]  # WeasyPrint is not typed
    """Serves fonts by their names and data URLs; every other address is refused and noted in `refused`."""

    def __init__(self, fonts: Path) -> None:
        super().__init__(allowed_protocols=["data"], allow_redirects=False)
        self.fonts = fonts
        self.refused: list[str] = []

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
        """Return what the address stands for, or raise ValueError."""
        font = FONTS.get(url.removeprefix(SCHEME)) if url.startswith(SCHEME) else None
        if font:
            return URLFetcherResponse(url, (self.fonts / font).read_bytes(), {"Content-Type": "font/otf"})
        if url[:5].lower() == "data:":
            return super().fetch(url, headers)
        self.refused.append(url)
        raise ValueError(f"A record loads nothing from elsewhere: {url[:80]}")

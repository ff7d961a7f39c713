"""What a PDF is made of, and how to have it drawn in another process, which is safe beside threads."""

import base64
import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import BoundedSemaphore

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SECONDS = 120
_AT_ONCE = BoundedSemaphore(2)  # a page that many people open must not take the whole machine


class DrawingFailed(Exception):
    """The process that draws records ended without one."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything a PDF is made of; `signature` is the attachment with zeros where the signature will stand."""

    html: str
    record: bytes
    signature: bytes
    at: datetime  # the record's own time, not the time of drawing
    identifier: str  # hexadecimal

    def to_json(self, fonts: Path) -> bytes:
        """Return the sheet for the process that draws it."""
        return json.dumps(
            {
                "html": self.html,
                "record": base64.b64encode(self.record).decode(),
                "signature": base64.b64encode(self.signature).decode(),
                "at": self.at.isoformat(),
                "identifier": self.identifier,
                "fonts": str(fonts),
            }
        ).encode()

    @classmethod
    def from_json(cls, text: bytes) -> tuple["Sheet", Path]:
        """Read what `to_json` wrote: the sheet and the folder of the fonts."""
        given = json.loads(text)
        sheet = cls(
            html=given["html"],
            record=base64.b64decode(given["record"]),
            signature=base64.b64decode(given["signature"]),
            at=datetime.fromisoformat(given["at"]),
            identifier=given["identifier"],
        )
        return sheet, Path(given["fonts"])


def draw_elsewhere(sheet: Sheet, fonts: Path) -> bytes:
    """Draw a sheet in a process of its own; DrawingFailed when that ends badly or takes longer than two minutes."""
    words = [sys.executable, "-m", "decisions.record.worker"]
    try:
        with _AT_ONCE:
            done = subprocess.run(  # noqa: S603 our own module, and the sheet goes by standard input
                words, input=sheet.to_json(fonts), capture_output=True, cwd=BASE_DIR, timeout=SECONDS, check=True
            )
    except subprocess.CalledProcessError as error:
        raise DrawingFailed(error.stderr.decode(errors="replace")[-2000:]) from error
    except subprocess.TimeoutExpired as error:
        raise DrawingFailed(f"Drawing the record took longer than {SECONDS} seconds.") from error
    return done.stdout

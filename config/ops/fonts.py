"""Build the fonts once: static weights, subset, as WOFF2 for the browser and as TTF or OTF for the PDF.

Static fonts make a PDF a third faster and the same bytes every time. The sources are variable fonts from wheels
(SIL Open Font License). `python -m config.ops.fonts [FOLDER]`; default: FONTS_DIR, else `fonts` under PREMISE_VAR.
"""

import importlib.util
import os
import shutil
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from io import BytesIO
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

from config.ops.stamps import fingerprint, is_current, mark_done

BASE_DIR = Path(__file__).resolve().parent.parent.parent

LATIN = [
    *range(0x20, 0x7F), *range(0xA0, 0x250), *range(0x2B0, 0x370), *range(0x1E00, 0x1F00), *range(0x2000, 0x2070),
    *range(0x2070, 0x20D0), *range(0x2100, 0x2190), *range(0x2190, 0x2200), *range(0x2200, 0x2300),
    *range(0x2460, 0x2500), *range(0x25A0, 0x2600), 0x2713, 0x2717, 0xFFFD,
]  # fmt: skip
NUMERALS = ["tnum", "lnum", "pnum", "zero", "case", "frac", "sups", "subs", "ordn"]
GREEK_AND_CYRILLIC = [*range(0x370, 0x530)]
THAI = [*range(0x20, 0x7F), 0xA0, *range(0xE00, 0xE80), *range(0x2010, 0x2028), 0x25CC]


@dataclass(frozen=True)
class Face:
    """One file to build. `package`, `source`: where it comes from; `axes`: the point of the variable font to keep."""

    name: str
    package: str
    source: str
    axes: tuple[tuple[str, float], ...] = ()
    characters: str = "latin"


INTER = ("fontpkg_inter", "files/Inter[opsz,wght].ttf")
SERIF = ("fontpkg_source_serif_4", "files/SourceSerif4[opsz,wght].ttf")
THAI_SANS = ("fontpkg_noto_sans_thai", "files/NotoSansThai[wdth,wght].ttf")
JAPANESE = ("pylopdf_fonts_jp", "NotoSansJP-Regular.otf")

FACES = (
    Face("inter-400", *INTER, (("opsz", 14), ("wght", 400))),
    Face("inter-600", *INTER, (("opsz", 14), ("wght", 600))),
    Face("source-serif-4-600", *SERIF, (("opsz", 24), ("wght", 600))),
    Face("noto-sans-thai-400", *THAI_SANS, (("wdth", 100), ("wght", 400)), "thai"),
    Face("noto-sans-thai-600", *THAI_SANS, (("wdth", 100), ("wght", 600)), "thai"),
    Face("noto-sans-jp-400", *JAPANESE, (), "japanese"),
)
PACKAGES = ("fontpkg-inter", "fontpkg-source-serif-4", "fontpkg-noto-sans-thai", "pylopdf-fonts-jp", "fonttools")


def main(words: list[str]) -> int:
    """Build what is missing into the folder; 0 when all is there."""
    var = Path(os.environ.get("PREMISE_VAR") or BASE_DIR / "var")
    folder = Path(words[0] if words else os.environ.get("FONTS_DIR") or var / "fonts").resolve()
    inputs = fingerprint([], Path(__file__).read_text(), *(version(package) for package in PACKAGES))
    if is_current(folder / "built", inputs):
        return 0
    shared = BASE_DIR / "var" / "fonts"
    if folder != shared and is_current(shared / "built", inputs):
        shutil.copytree(shared, folder, dirs_exist_ok=True)
        return 0
    begun = time.monotonic()
    build(folder)
    mark_done(folder / "built", inputs)
    sys.stderr.write(f"premise: fonts built in {time.monotonic() - begun:.1f} s.\n")
    return 0


def build(folder: Path, faces: Iterable[Face] = FACES) -> None:
    """Build the faces side by side; the same sources give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(max_workers=2) as pool:
        # The largest first: with two workers the rest is done beside it.
        list(pool.map(partial(build_face, folder), sorted(faces, key=lambda face: face.characters != "japanese")))


def build_face(folder: Path, face: Face) -> None:
    """Build one face, in both forms."""
    source = _source(face)
    # Cut down first: the axes are then worked out for a fraction of the glyphs.
    font = _cut(TTFont(source, recalcTimestamp=False, lazy=True), _characters(face.characters))
    if face.axes:
        font = instancer.instantiateVariableFont(font, dict(face.axes), inplace=True, updateFontNames=False)
    compiled = BytesIO()
    font.save(compiled, reorderTables=True)
    if source.suffix == ".otf":
        # WeasyPrint embeds only the glyphs that a record uses: it gets every character there is.
        _keep(folder / f"{face.name}.otf", source.read_bytes())
    else:
        _keep(folder / f"{face.name}.ttf", compiled.getvalue())
    _keep(folder / f"{face.name}.woff2", _compressed(compiled))


def _compressed(compiled: BytesIO) -> bytes:
    compiled.seek(0)
    font = TTFont(compiled, recalcTimestamp=False, lazy=True)
    font.flavor = "woff2"
    result = BytesIO()
    font.save(result, reorderTables=False)
    return result.getvalue()


def _source(face: Face) -> Path:
    package = importlib.util.find_spec(face.package)
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError(f"The package {face.package} is not installed.")
    return Path(package.submodule_search_locations[0]) / face.source


def _cut(font: TTFont, characters: list[int]) -> TTFont:
    options = subset.Options(
        layout_features=[*subset.Options().layout_features, *NUMERALS],
        name_IDs=["*"],
        notdef_outline=True,
        glyph_names=False,
        hinting=False,
        recalc_timestamp=False,
    )
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    return font


def _keep(file: Path, content: bytes) -> None:
    draft = file.with_suffix(f"{file.suffix}.draft")
    draft.write_bytes(content)
    draft.replace(file)


def _characters(name: str) -> list[int]:
    if name == "thai":
        return THAI
    if name == "japanese":
        return _japanese()
    return LATIN + GREEK_AND_CYRILLIC


def _japanese() -> list[int]:
    """Return kana, punctuation, full-width forms and the 2,965 everyday kanji (JIS X 0208 level 1, rows 16 to 47).

    Rarer ones come from the reader's own fonts; with them the file doubles and building it takes twice as long.
    """
    kanji = [bytes([0xA0 + row, 0xA0 + cell]) for row in range(16, 48) for cell in range(1, 95)]
    found = {ord(character) for code in kanji for character in code.decode("euc_jp", errors="ignore")}
    return sorted({*found, *range(0x20, 0x7F), *range(0x3000, 0x3100), *range(0x31F0, 0x3200), *range(0xFF00, 0xFFF0)})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Fonts: static, small, the same bytes each time, and with the characters that people here write."""

from pathlib import Path

import pytest
from django.conf import settings
from fontTools.ttLib import TTFont

from config.ops import fonts

TEXT = {
    "inter-400": "Decision – 1,234.5 % × ≤ ≥ → … “quoted” łódź Ελληνικά Решение",
    "inter-600": "Decision – 1,234.5 %",
    "source-serif-4-600": "Premise — a record’s title",
    "noto-sans-thai-400": "การตัดสินใจ ๑๒๓",
    "noto-sans-thai-600": "การตัดสินใจ",
    "noto-sans-jp-400": "決定の根拠、カタカナ、ひらがな（全角）。",
}
FACES = {face.name: face for face in fonts.FACES}


def font(name: str) -> TTFont:
    return TTFont(Path(settings.FONTS_DIR) / name)


@pytest.mark.parametrize("name", FACES)
def test_each_face_is_there_in_both_forms_and_can_write(name: str):
    paper = "otf" if name == "noto-sans-jp-400" else "ttf"
    for suffix in ("woff2", paper):
        built = font(f"{name}.{suffix}")
        missing = {character for character in TEXT[name] if ord(character) not in built.getBestCmap()}
        assert missing - ({" "} if "jp" in name else set()) == set()
        assert "fvar" not in built


def test_inter_keeps_its_tabular_figures():
    features = {record.FeatureTag for record in font("inter-400.woff2")["GSUB"].table.FeatureList.FeatureRecord}
    assert {"tnum", "kern"} & features == {"tnum"}


def test_what_a_page_loads_is_small():
    sizes = {file.name: file.stat().st_size for file in Path(settings.FONTS_DIR).glob("*.woff2")}
    assert set(sizes) == {f"{name}.woff2" for name in FACES}
    assert max(size for name, size in sizes.items() if "jp" not in name) < 90_000
    assert sizes["noto-sans-jp-400.woff2"] < 700_000


def test_the_same_sources_give_the_same_bytes(tmp_path: Path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        fonts.build_face(tmp_path / folder, FACES["noto-sans-thai-600"])
    for name in ("noto-sans-thai-600.ttf", "noto-sans-thai-600.woff2"):
        first, second = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert first == second
        assert first == (Path(settings.FONTS_DIR) / name).read_bytes()


def test_another_place_takes_over_what_is_built(tmp_path: Path, capsys: pytest.CaptureFixture):
    assert fonts.main([str(tmp_path)]) == 0
    assert (tmp_path / "inter-400.woff2").exists()
    assert "built in" not in capsys.readouterr().err

"""The PDF: what it says, what it carries, that it is tagged, and that it is the same every time."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from django.conf import settings
from pypdf import PdfReader
from pypdf.generic import Destination

from config.kit.canonical import canonical
from decisions.domain.dossier import Estimate, Score
from decisions.record import register
from decisions.record.assembling import sheet_of
from decisions.record.sheets import BASE_DIR, DrawingFailed, draw_elsewhere
from tests.decisions.record import cases, desk_dossier

SECTIONS = 11


@pytest.fixture(scope="module")
def reader(pdf: bytes) -> PdfReader:
    return PdfReader(BytesIO(pdf))


@pytest.fixture(scope="module")
def text(reader: PdfReader) -> str:
    return " ".join(re.sub(r"\s+", " ", page.extract_text()) for page in reader.pages)


STORY = [
    "How should the support desk bring its backlog down?",
    "Triage desk",
    "In force",
    "Olive Owner (owner)",
    "Solve eight of ten tickets within two days",
    "The agreed stance is 45",
    "Support resolution rate (support_resolution_rate)",
    "Two people for a quarter; one tool licence",
    "12 500 (9000 to 19 000)",
    "Bring the partner in for the overflow",
    "head, 24 hours → board, 48 hours",
    "Fragile ranking",
    "Weights at which the leader changes",
    "Inflow stays near last year’s level.",
    "is above 4 % for 2 settled periods (major)",
    "Ask in the monthly round, on 1 Jun 2026",
    "Write the triage rules",
    "every 90 days",
    "Anna Approver",
    "4 Mar 2026, 09:00:00 UTC",
    "I have reviewed this content and approve it.",
    "The parity table convinced me.",
    "Backlog growth was 5.2 % in the period that ended",
    "A single holiday week.",
    "2 days 4 hours",
    "Ledger entries of this decision",
    "Merkle root of the ledger",
    "支援窓口の滞留案件を減らす",
    "ลดงานค้างของฝ่ายบริการลูกค้า",
]


@pytest.mark.parametrize("words", STORY)
def test_the_pages_tell_the_whole_story(text, words):
    squeezed = re.sub(r"\s+", "", words)
    assert squeezed in re.sub(r"\s+", "", text)


def test_every_ledger_entry_stands_with_its_hash(text):
    squeezed = text.replace(" ", "")
    for entry in cases.record()["ledger"]:
        assert entry["leaf"] in squeezed


def test_the_table_of_contents_names_the_right_pages(reader):
    contents = reader.pages[1].extract_text()
    starts = {
        item.title: reader.get_destination_page_number(item) + 1
        for item in reader.outline
        if isinstance(item, Destination)
    }
    found = 0
    for title, page in starts.items():
        words = re.sub(r"^\d+\s+", "", title)
        if words == "Contents":
            continue
        listed = re.search(rf"{re.escape(words)}\s*(\d+)", contents)
        assert listed, words
        assert int(listed[1]) == page
        assert words in reader.pages[page - 1].extract_text()
        found += 1
    assert found > SECTIONS


def test_every_page_says_which_record_and_which_page(reader):
    count = len(reader.pages)
    for number, page in enumerate(reader.pages, start=1):
        said = page.extract_text()
        assert f"Page {number} of {count}" in said
        assert "D-2026-0001" in said
        if number > 1:
            assert "Version 1" in said


def test_it_is_tagged_and_declares_what_it_is(reader):
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "en"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "D-2026-0001: How should the support desk bring its backlog down? (Version 1)"
    xmp = catalog["/Metadata"].get_data().decode()
    assert 'part="3"' in xmp
    assert 'conformance="A"' in xmp


def test_it_carries_its_data_and_the_room_for_its_signature(reader):
    assert canonical(json.loads(reader.attachments["record.json"][0])) == canonical(cases.record())
    assert b"premise-record-signature: " in reader.attachments["signature.txt"][0]
    relations = [item.get_object()["/AFRelationship"] for item in reader.trailer["/Root"]["/AF"]]
    assert relations == ["/Source", "/Supplement"]


def test_its_dates_are_those_of_the_record_not_of_the_drawing(reader):
    assert reader.metadata.creation_date.isoformat() == "2026-03-08T09:14:00+00:00"
    assert reader.metadata.modification_date == reader.metadata.creation_date


def test_only_the_records_own_fonts_are_used(reader):
    names = set()
    for page in reader.pages:
        names |= {font.get_object()["/BaseFont"].split("+")[-1] for font in page["/Resources"]["/Font"].values()}
    assert names
    assert {re.match(r"/?(Inter|Source-Serif-4|Noto-Sans-Thai|Noto-Sans-JP)", name) is not None for name in names} == {
        True
    }


def test_a_record_is_drawn_in_a_few_seconds(drawn):
    assert drawn.seconds < 8


def test_the_same_record_gives_the_same_bytes_in_another_process(pdf):
    script = (
        "import django, sys; django.setup()\n"
        "from functools import partial; from pathlib import Path; from django.conf import settings\n"
        "from decisions.record.assembling import assemble; from decisions.record.sheets import draw_elsewhere\n"
        "from tests.decisions.record import cases\n"
        "draw = partial(draw_elsewhere, fonts=Path(settings.FONTS_DIR))\n"
        "sys.stdout.buffer.write(assemble(cases.record(), cases.KEY, draw))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=BASE_DIR, check=True)
    assert done.stdout == pdf


def test_six_options_turn_the_page_and_stay_readable(produce):
    reader = PdfReader(BytesIO(produce(cases.record(6))))
    sideways = [page for page in reader.pages if page.mediabox.width > page.mediabox.height]
    assert sideways
    assert all(name in sideways[0].extract_text() for name in desk_dossier.OPTION_NAMES)


def test_a_draft_says_so_on_every_page(produce):
    record = cases.record() | {
        "approved": False,
        "version": 0,
        "state": "in_review",
        "versions": [],
        "approved_at": None,
    }
    reader = PdfReader(BytesIO(produce(record)))
    assert all("Draft, not approved" in page.extract_text() for page in reader.pages)


def test_a_firm_ranking_is_called_firm(pdf, produce):
    content = desk_dossier.dossier()
    sure = tuple(
        Score(criterion=s.criterion, option=s.option, estimate=Estimate(likely=Decimal(90 if s.option == "o2" else 20)))
        if s.criterion in {"c1", "c4"}
        else s
        for s in content.criteria.scores
    )
    firm = replace(content, criteria=replace(content.criteria, scores=sure))
    made = produce(cases.record(content=firm))
    assert made != pdf
    said = "".join(page.extract_text() for page in PdfReader(BytesIO(made)).pages)
    assert "Firm ranking" in said
    assert "Fragile ranking" not in said


def test_a_model_that_cannot_be_ranked_says_why(produce):
    content = desk_dossier.dossier()
    bare = replace(content, criteria=replace(content.criteria, scores=content.criteria.scores[:-1]))
    said = "".join(page.extract_text() for page in PdfReader(BytesIO(produce(cases.record(content=bare)))).pages)
    assert "Not ranked" in said
    assert "the score is missing" in re.sub(r"\s+", " ", said)


def test_markup_in_the_dossier_stays_text(produce):
    hostile = "<script>alert(1)</script> <b>bold</b> <img src=x onerror=y> {{ record }} {% load x %}"
    content = desk_dossier.dossier()
    content = replace(
        content,
        frame=replace(content.frame, title=f"Title {hostile}"),
        background=replace(
            content.background, text=hostile, trade_off=replace(content.background.trade_off, first_pole=hostile)
        ),
        options=replace(
            content.options, options=tuple(replace(o, name=f"{o.id} {hostile}") for o in content.options.options)
        ),
    )
    sheet = sheet_of(cases.record(content=content), cases.KEY.public_key())
    assert "<script" not in sheet.html
    assert "<img" not in sheet.html
    assert "<b>" not in sheet.html
    said = "".join(page.extract_text() for page in PdfReader(BytesIO(produce(cases.record(content=content)))).pages)
    assert "<script>" in said


def no_ink_in_the_margin(pdf: bytes) -> None:
    document = pypdfium2.PdfDocument(pdf)
    for number, page in enumerate(document, start=1):
        image = page.render(scale=0.5).to_pil().convert("L")
        width, height = image.size
        assert image.crop((width - 20, 0, width, height)).getextrema()[0] > 200, f"page {number}"
    document.close()


def test_nothing_is_drawn_outside_the_page(pdf):
    no_ink_in_the_margin(pdf)


def test_a_drawing_that_fails_says_so(tmp_path):
    sheet = sheet_of(cases.record(), cases.KEY.public_key())
    with pytest.raises(DrawingFailed, match=r"fonts .* are missing"):
        draw_elsewhere(sheet, tmp_path)
    with pytest.raises(DrawingFailed):
        draw_elsewhere(replace(sheet, identifier="not hexadecimal"), Path(settings.FONTS_DIR))


def test_words_without_a_break_stay_on_the_page(produce):
    word = "x" * 240
    content = desk_dossier.dossier(6)
    content = replace(
        content,
        frame=replace(content.frame, title=word),
        background=replace(content.background, text=word),
        options=replace(
            content.options,
            options=tuple(replace(o, name=f"{o.id}{word[:60]}", summary=word) for o in content.options.options),
        ),
        schedule=replace(
            content.schedule, commitments=tuple(replace(k, text=word) for k in content.schedule.commitments)
        ),
        metrics=replace(
            content.metrics, success_metrics=tuple(replace(m, note=word) for m in content.metrics.success_metrics)
        ),
        risks=replace(content.risks, risks=tuple(replace(r, text=word, mitigation=word) for r in content.risks.risks)),
    )
    no_ink_in_the_margin(produce(cases.record(content=content)))


def test_each_stated_width_of_a_column_has_its_class():
    style = (BASE_DIR / "templates/decisions/record/record.css").read_text()
    assert [width for width in register.WIDTHS if f".mm{width} {{ width: {width}mm; }}" not in style] == []

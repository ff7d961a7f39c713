"""CSV files as people really send them: every row is answered, good rows land, nothing is a traceback."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from config.kit.refusals import BadInput
from metrics.models import Observation
from metrics.services import importing
from tests.factories.approvals import auditor, steward
from tests.factories.metrics import metric

pytestmark = pytest.mark.django_db
HEADER = "metric,period_start,value"


def rows(text: str | bytes, **fields: object) -> list[importing.ImportedRow]:
    data = text if isinstance(text, bytes) else text.encode()
    return list(importing.import_csv(io.BytesIO(data), by=fields.pop("by", None), **fields))


def told(text: str | bytes, **fields: object) -> list[tuple[int, str]]:
    return [(row.row, str(row.status)) for row in rows(text, **fields)]


def test_rows_are_numbered_as_lines_of_the_file():
    metric(key="one")
    text = f"{HEADER}\none,2026-01-05,1\n\none,2026-01-12,x\none,2026-01-19,3\n"
    assert told(text) == [(2, "stored"), (4, "refused"), (5, "stored")]


def test_rows_of_several_metrics_stay_in_order():
    metric(key="one"), metric(key="two")
    text = f"{HEADER}\none,2026-01-05,1\ntwo,2026-01-05,2\nnone,2026-01-05,3\none,2026-01-12,4\n"
    assert told(text) == [(2, "stored"), (3, "stored"), (4, "refused"), (5, "stored")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding, end):
    metric(key="one")
    text = end.join([HEADER + ",note", "one,2026-01-05,1,größer", "one,2026-01-12,2,日本"])
    assert told(text.encode(encoding)) == [(2, "stored"), (3, "stored")]
    assert sorted(Observation.objects.values_list("note", flat=True)) == ["größer", "日本"]


def test_semicolons_with_decimal_commas():
    metric(key="one")
    assert told("metric;period_start;value\none;2026-01-05;12,5\n") == [(2, "stored")]
    assert str(Observation.objects.get().value) == "12.500000"


@pytest.mark.parametrize("opening", ["sep=;\n", '"sep=;"\r\n', "SEP=;;;\n"])
def test_a_line_that_announces_the_separator_and_empty_columns_at_the_end_are_no_mistake(opening):
    metric(key="one")
    text = f"{opening}metric;period_start;value;;\none;2026-01-05;12,5;;\none;2026-01-12;13\none;2026-01-19;1;;2\n"
    assert told(text) == [(3, "stored"), (4, "stored"), (5, "refused")]


def test_a_decimal_comma_between_commas_is_told_to_be_quoted():
    metric(key="one")
    [bare, quoted] = rows(f'{HEADER}\none,2026-01-05,12,5\none,2026-01-05,"12,5"\n')
    assert (bare.status, quoted.status) == ("refused", "stored")
    assert "in quotes" in bare.sentence


def test_columns_in_any_order_with_all_fields():
    metric(key="one")
    text = (
        "Value;Metric;period_start;period_end;segment;sample_size;external_id;source;note\n"
        "5;one;2026-01-05;2026-01-11;north;120;x-1;crm;ok\n"
    )
    assert told(text) == [(2, "stored")]
    stored = Observation.objects.get()
    assert (stored.segment, stored.sample_size, stored.external_id, stored.source) == ("north", 120, "x-1", "crm")


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n\n", "empty"),
        (b"\x00\x00\x00", "empty"),
        (HEADER.encode(), "no rows"),
        (b"metric,value\none,5\n", "lacks the column period_start"),
        (b"metric,period_start,value,colour\n", "unknown columns: “colour”"),
        (b"metric,period_start,value,value\n", "a column twice: value"),
        (b'"metric,period_start,value\n', "a quote is not closed"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe\xfa", "not text"),
        ("größe,period_start\n".encode("latin-1"), "not text"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(data, sentence):
    with pytest.raises(BadInput) as refusal:
        rows(data)
    assert sentence in str(refusal.value)


def test_a_truncated_file_keeps_its_whole_rows():
    metric(key="one")
    [first, last] = rows(f"{HEADER}\none,2026-01-05,1\none,2026-0")
    assert (first.status, last.status) == ("stored", "refused")
    assert "cut off" in last.sentence


def test_an_open_quote_ends_the_reading_with_a_sentence():
    metric(key="one")
    [first, last] = rows(f'{HEADER}\none,2026-01-05,1\none,2026-01-12,"2\n')
    assert (first.status, last.status) == ("stored", "refused")
    assert "quote" in last.sentence


def test_bytes_that_are_not_text_end_the_reading_with_a_sentence():
    metric(key="one")
    padding = b"one,2026-01-05,1\n" * 6000  # beyond what is decoded at once
    results = rows(f"{HEADER}\n".encode() + padding + b"one,2026-01-12,\xff\n")
    assert results[0].status == "stored"
    assert "not text" in results[-1].sentence


@pytest.mark.parametrize("key", ["no\x00pe", "nö", "x" * 5000, "", "no such"])
def test_a_strange_key_is_refused_with_a_sentence(key):
    [row] = rows(f'{HEADER}\n"{key}",2026-01-05,1\n')
    assert row.status == "refused"
    assert "metric" in row.sentence


def test_people_import_only_what_they_may():
    metric(key="open"), metric(key="closed", classification="confidential")
    text = f"{HEADER}\nopen,2026-01-05,1\nclosed,2026-01-05,1\n"
    assert told(text, by=steward()) == [(2, "stored"), (3, "refused")]
    [_, hidden] = rows(text, by=steward())
    assert hidden.sentence == "There is no metric with the key closed."
    assert [row.status for row in rows(text, by=auditor())] == ["refused", "refused"]


def test_duplicates_in_one_file_become_a_revision():
    metric(key="one")
    text = f"{HEADER}\none,2026-01-05,1\none,2026-01-05,1\none,2026-01-05,2\n"
    assert [status for _, status in told(text)] == ["stored", "unchanged", "revised"]


def test_batches_do_not_change_the_outcome(monkeypatch):
    metric(key="one"), metric(key="two")
    text = HEADER + "".join(f"\n{'one' if n % 3 else 'two'},2026-01-{n:02},{n}" for n in range(1, 29))
    whole = told(text, dry_run=True)
    monkeypatch.setattr(importing, "BATCH", 4)
    assert [number for number, _ in told(text)] == [number for number, _ in whole]


class TestCommand:
    def run(self, capsys, path: Path, *options: str) -> tuple[int, dict]:
        code = 0
        try:
            call_command("import_observations", str(path), *options)
        except SystemExit as stop:
            code = int(stop.code or 0)
        return code, json.loads(capsys.readouterr().out)

    def test_good_rows_land_and_a_refused_one_is_exit_code_1(self, tmp_path, capsys):
        metric(key="one")
        path = tmp_path / "values.csv"
        path.write_text(f"{HEADER}\none,2026-01-05,1\none,never,1\n")
        code, report = self.run(capsys, path)
        assert code == 1
        assert (report["stored"], report["refused"]) == (1, 1)
        assert [row["status"] for row in report["rows"]] == ["stored", "refused"]
        assert Observation.objects.count() == 1

    def test_all_good_is_exit_code_0_and_a_dry_run_keeps_nothing(self, tmp_path, capsys):
        metric(key="one")
        path = tmp_path / "values.csv"
        path.write_text(f"{HEADER}\none,2026-01-05,1\n")
        assert self.run(capsys, path, "--dry-run")[0] == 0
        assert not Observation.objects.exists()
        assert self.run(capsys, path)[0] == 0
        assert Observation.objects.get().source == "csv"

    def test_a_missing_file_is_one_sentence(self, tmp_path):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("import_observations", str(tmp_path / "none.csv"))

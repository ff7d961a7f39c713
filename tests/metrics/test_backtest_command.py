"""`manage.py backtest --file`: JSON out, no database, and a sentence with exit status 2 for what cannot be read."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from metrics.models import Condition
from tests.factories import metrics as make

CASE = {
    "condition": {"kind": "above", "bound": 70, "sustained": 2},
    "cadence": "weekly",
    "values": [["2026-01-05", 71], ["2026-01-12", 72], ["2026-01-19", 60]],
    "as_of": "2026-01-26",
}
ROOT = Path(__file__).parents[2]


def backtest(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess:
    command = [sys.executable, "manage.py", "backtest", *arguments]
    return subprocess.run(command, cwd=ROOT, input=text, capture_output=True, text=True, check=False)


def test_a_case_from_a_file_is_answered_without_a_database(tmp_path):
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE), encoding="utf-8")
    out = StringIO()
    call_command("backtest", file=str(file), stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["states"] == ["pending", "breached", "ok"]
    assert answer["episodes"][0] == {
        "start": "2026-01-05", "fired": "2026-01-12", "end": "2026-01-19", "ending": "recovered", "flaps": 0
    }  # fmt: skip


def test_a_case_from_standard_input_prints_json_and_nothing_else():
    done = backtest("--file", "-", text=json.dumps(CASE))
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["state"] == "ok"


def test_a_bad_case_names_every_mistake_on_standard_error_and_exits_with_2():
    done = backtest("--file", "-", text=json.dumps(CASE | {"as_of": "soon", "values": [["x", 1], ["2026-01-05", "y"]]}))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Row 1 of “values”" in done.stderr
    assert "Row 2 of “values”" in done.stderr
    assert "“as_of”" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\xff\xfe\x00", "is not UTF-8 text"), (b"{", "is not JSON that can be read"), (None, "cannot be read")],
)
def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path, content, words):
    file = tmp_path / "case.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=words) as refused:
        call_command("backtest", file=str(file))
    assert refused.value.returncode == 2


def test_a_directory_or_a_nul_in_the_name_is_a_sentence(tmp_path):
    for name in (str(tmp_path), "a\0b"):
        with pytest.raises(CommandError, match="cannot be read"):
            call_command("backtest", file=name)


def test_a_byte_order_mark_is_no_obstacle(tmp_path):
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE), encoding="utf-8-sig")
    call_command("backtest", file=str(file), stdout=StringIO())


def test_neither_file_nor_condition_is_a_sentence():
    with pytest.raises(CommandError, match=r"--file CASE\.json") as refused:
        call_command("backtest")
    assert refused.value.returncode == 2


def stored(number: int) -> dict:
    out = StringIO()
    call_command("backtest", str(number), stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.django_db
def test_an_armed_condition_is_replayed_over_the_stored_values():
    metric = make.metric()
    make.weekly(metric, [71, 60, 72, 73])
    armed = make.condition(metric, {"kind": "above", "bound": 70, "sustained": 2})
    answer = stored(armed.pk)
    armed.refresh_from_db()
    assert answer["states"] == ["pending", "ok", "pending", "breached"]
    assert (answer["state"], answer["health"]) == (armed.state, armed.health) == ("breached", "fresh")
    assert answer["episodes"][0]["fired"] == make.weeks_ago(1).isoformat()


@pytest.mark.django_db
def test_a_correction_and_a_sample_too_small_count_as_they_do_live():
    metric = make.metric(minimum_sample=10)
    make.weekly(metric, [71, 72])
    make.weekly(metric, [60], until=2)
    armed = make.condition(metric, {"kind": "above", "bound": 70})
    assert stored(armed.pk)["states"] == ["ok", "breached"]


@pytest.mark.django_db
def test_a_changed_definition_and_another_metric_are_seen():
    metric, other = make.metric(), make.metric()
    make.weekly(metric, [1, 1])
    make.weekly(other, [1, 9])
    pinned = make.condition(metric, {"kind": "definition", "version": 1})
    joint = make.condition(metric, {"kind": "all", "parts": [{"kind": "above", "bound": 5, "metric": other.key}]})
    unknown = make.condition(metric, {"kind": "any", "parts": [{"kind": "above", "bound": 5, "metric": "nowhere"}]})
    assert (stored(pinned.pk)["state"], stored(pinned.pk)["health"]) == ("ok", "fresh")
    assert stored(joint.pk)["states"] == ["ok", "breached"]
    assert (stored(unknown.pk)["state"], stored(unknown.pk)["health"]) == ("ok", "error")
    for armed in (pinned, joint, unknown):
        assert stored(armed.pk)["state"] == Condition.objects.get(pk=armed.pk).state


@pytest.mark.django_db
def test_an_unknown_condition_is_a_sentence():
    with pytest.raises(CommandError, match="There is no condition 4711") as refused:
        call_command("backtest", "4711")
    assert refused.value.returncode == 2


@pytest.mark.django_db
def test_a_condition_stored_broken_is_a_sentence():
    armed = make.condition(make.metric())
    Condition.objects.filter(pk=armed.pk).update(spec={"kind": "above"})
    with pytest.raises(CommandError, match="“bound” is missing") as refused:
        call_command("backtest", str(armed.pk))
    assert refused.value.returncode == 2


def test_a_condition_and_a_file_at_once_are_a_sentence():
    with pytest.raises(CommandError, match="Give either") as refused:
        call_command("backtest", "1", file="case.json")
    assert refused.value.returncode == 2

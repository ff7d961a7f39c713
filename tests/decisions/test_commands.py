"""The commands: demo, sweep, import_decision."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from approvals.services import verification
from decisions.demo import pulled, story
from decisions.demo.registry import FIGURES
from decisions.domain.writing import dossier_to
from decisions.models import Decision, Reevaluation
from decisions.services import drafting
from metrics.models import Metric, Observation
from tests.factories.approvals import approver, owner
from tests.factories.decisions import dossier

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var")]


def run(*words: Any, **options: Any) -> Any:
    out = StringIO()
    call_command(*words, stdout=out, **options)
    return json.loads(out.getvalue())


def test_the_demo_shows_a_decision_in_each_state_and_does_so_once() -> None:
    first = run("demo")
    assert sorted(first["decisions"].values()) == sorted(Decision.State.values)
    counts = (Decision.objects.count(), Metric.objects.count(), Observation.objects.count())
    assert counts[0] == 9
    assert Metric.objects.filter(key__in=[figure.key for figure in FIGURES]).count() == len(FIGURES)
    assert Observation.objects.filter(metric__key="csat").count() == 52
    assert Observation.objects.filter(metric__key=pulled.KEY).count() == pulled.DAYS
    assert run("demo") == first
    assert (Decision.objects.count(), Metric.objects.count(), Observation.objects.count()) == counts
    asked = Reevaluation.objects.open().get()
    assert (asked.decision.state, asked.metric.key) == ("questioned", "backlog_growth")
    case = Decision.objects.get(state="in_force")
    assert case.version == 2
    assert set(case.metrics.values_list("metric__key", flat=True)) >= {"support_resolution_rate", "backlog_growth"}
    assert case.supersedes.get().state == "superseded"


@pytest.mark.once
def test_the_demo_takes_up_where_it_was_cut_off(monkeypatch: Any) -> None:
    def cut(*args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(story, "_stopped", cut)
        with pytest.raises(KeyboardInterrupt):
            run("demo")
    assert not Decision.objects.filter(state="stopped").exists()
    assert sorted(run("demo")["decisions"].values()) == sorted(Decision.State.values)


def test_the_demos_ledger_holds() -> None:
    run("demo")
    assert verification.verify().ok


def test_a_sweep_says_what_it_did() -> None:
    done = run("sweep")
    assert (done["conditions"], done["signals"], done["escalations"]) == (0, {}, 0)


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "dossier.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_dossier_is_imported_as_a_draft(tmp_path: Path) -> None:
    who = owner(username="decider")
    reference = run("import_decision", written(tmp_path, dossier_to(dossier())))["reference"]
    decision = Decision.objects.get(reference=reference)
    assert (decision.state, decision.owner, decision.title) == ("draft", who, "Who decides on exceptions")
    assert drafting.dossier_of(decision) == dossier()


def test_a_whole_record_will_do_and_another_owner_may_be_named(tmp_path: Path) -> None:
    who = owner()
    path = written(tmp_path, {"dossier": dossier_to(dossier()), "signatures": []})
    reference = run("import_decision", path, owner=who.username)["reference"]
    assert Decision.objects.get(reference=reference).owner == who


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("{", ["The file is not JSON"]),
        ("[]", ["The file must hold one JSON object."]),
        ('{"frame": NaN}', ["NaN is not a number"]),
        ('{"frame": {}, "frame": {}}', ["the field frame is given twice"]),
        ("[" * 100_000, ["The file is nested too deeply."]),
        ({"frame": {"title": "x", "owner": "ghost"}}, ["frame.owner: There is nobody active with the name “ghost”"]),
        ({"frame": {"title": "x"}}, ["frame.owner: Name the owner with --owner."]),
        (
            {"frame": {"title": "x", "tier": "y"}, "options": {"options": [{}]}, "more": 1},
            [
                "more: There is no such field.",
                "frame.tier: Give one of",
                "options.options[0].id: This field is needed.",
                "frame.owner: Name the owner with --owner.",
            ],
        ),
        (
            {"frame": {"title": "", "owner_of_last_resort": "ghost"}},
            [
                "frame.owner: Name the owner",
                "frame.title: Give the decision a title.",
                "frame.owner_of_last_resort: There",
            ],
        ),
    ],
)
def test_a_bad_file_is_refused_with_every_reason(tmp_path: Path, content: Any, lines: list[str]) -> None:
    with pytest.raises(CommandError) as refusal:
        run("import_decision", written(tmp_path, content))
    said = str(refusal.value).split("\n")
    assert len(said) == len(lines)
    for line, start in zip(said, lines, strict=True):
        assert start in line
    assert not Decision.objects.exists()


def test_an_owner_must_exist_and_have_the_role(tmp_path: Path) -> None:
    path = written(tmp_path, dossier_to(dossier()))
    with pytest.raises(CommandError, match="nobody active"):
        run("import_decision", path, owner="ghost")
    with pytest.raises(CommandError, match="role of an owner"):
        run("import_decision", path, owner=approver().username)
    with pytest.raises(CommandError, match="cannot be read"):
        run("import_decision", tmp_path / "absent.json")

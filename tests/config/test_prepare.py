"""What a start does first: each step once, again when its inputs changed, and the demo never beside real people."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from config.management.commands import seed_when_empty
from config.ops import prepare
from config.ops.supervisor import Program
from tests.factories.approvals import person

BASE = Path(__file__).resolve().parents[2]


class Recorder:
    """A supervisor that runs nothing and remembers what it was asked; `answers` are exit codes by name."""

    def __init__(self, var: Path) -> None:
        self.var, self.asked, self.answers = var, [], {}

    def run_once(self, program: Program) -> int | None:
        self.asked.append(" ".join(program.command[2:3] + [word for word in program.command if word == "--resume"]))
        if program.name == "collectstatic":
            (self.var / "static").mkdir(exist_ok=True)
            (self.var / "static" / "staticfiles.json").touch()
        if program.name == "migrate":
            (self.var / "premise.sqlite3").touch()
        return self.answers.get(program.name, 0)


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("FONTS_DIR", raising=False)

    def run(**answers: int | None) -> tuple[bool, list[str]]:
        supervisor = Recorder(tmp_path)
        supervisor.answers = answers
        done = prepare.run(tmp_path, supervisor, lambda _: None)  # type: ignore[arg-type]
        return done, supervisor.asked

    return run


def test_the_first_start_does_everything_and_the_second_nothing(start):
    assert start() == (True, ["collectstatic", "migrate", "seed_when_empty"])
    assert start() == (True, [])


def test_new_fonts_are_collected(start, tmp_path: Path):
    start()
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "inter-400.woff2").touch()
    assert start() == (True, ["collectstatic"])


def test_another_database_is_migrated_and_seeded(start, tmp_path: Path):
    start()
    (tmp_path / "premise.sqlite3").rename(tmp_path / "kept.sqlite3")
    assert start() == (True, ["migrate", "seed_when_empty"])


def test_a_postgresql_is_always_asked(start, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://me@host/premise")
    assert start()[1] == ["collectstatic", "migrate", "seed_when_empty"]
    assert start()[1] == ["migrate"]


def test_a_seeding_that_was_cut_off_is_taken_up_again(start):
    assert start(seed_when_empty=None) == (False, ["collectstatic", "migrate", "seed_when_empty"])
    assert start() == (True, ["seed_when_empty --resume"])
    assert start() == (True, [])


def test_a_step_that_fails_is_named_and_done_again(start):
    with pytest.raises(prepare.StepFailed, match="migrate"):
        start(migrate=1)
    assert start()[1] == ["migrate", "seed_when_empty"]


@pytest.mark.django_db
@pytest.mark.parametrize("people, words, seeded", [(0, [], True), (1, [], False), (1, ["--resume"], True)])
def test_the_demo_never_joins_real_people(people: int, words: list[str], seeded: bool, monkeypatch: pytest.MonkeyPatch):
    called: list[Any] = []
    monkeypatch.setattr(seed_when_empty, "call_command", lambda name, **_: called.append(name))
    for _ in range(people):
        person()
    call_command("seed_when_empty", *words)
    assert called == (["demo"] if seeded else [])


def test_without_the_right_to_install_setup_prints_the_one_line(tmp_path: Path):
    for name, body in {"dpkg-query": "exit 1", "id": "echo 1000", "sudo": "exit 1"}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["sh", "config/ops/setup.sh", "run"],
        cwd=BASE,
        env=os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    line = "sudo apt-get install --yes --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0"
    assert line in done.stderr.splitlines()

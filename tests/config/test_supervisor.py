"""The supervisor: starts the dead again, stops all, leaves nothing behind. It runs as a process of its own here."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

BASE = Path(__file__).resolve().parents[2]
BEATING = "import os, time; open('{0}', 'a').write(f'{{os.getpid()}}\\n'); time.sleep(60)"


class Supervised:
    """A supervisor running in `folder`; each program writes its process id into a file of its name."""

    def __init__(self, folder: Path, programs: str) -> None:
        self.folder = folder
        script = f"""
            import sys
            sys.path.insert(0, {str(BASE)!r})
            from config.ops.supervisor import GaveUp, Program, Supervisor
            supervisor = Supervisor(pauses=(0.0, 0.05, 0.1))
            def python(code): return [sys.executable, "-c", code]
            try:
                for program in {programs}:
                    supervisor.start(program)
                supervisor.watch()
            except GaveUp as trouble:
                print(trouble)
                code = 1
            else:
                code = 0
            finally:
                supervisor.stop()
            sys.exit(code)
        """
        self.process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(script)],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def started(self, name: str, times: int = 1) -> list[int]:
        """Wait until the program has been started so many times; returns its process ids."""
        file = self.folder / name
        await_that(lambda: file.exists() and len(file.read_text().split()) >= times)
        return [int(word) for word in file.read_text().split()]

    def end(self) -> tuple[int, str]:
        """Wait for the end; returns the exit code and what was printed."""
        output, _ = self.process.communicate(timeout=20)
        return self.process.returncode, output


def await_that(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen."
        time.sleep(0.02)


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def one(name: str, code: str, **more: object) -> str:
    options = "".join(f", {key}={value!r}" for key, value in more.items())
    return f"Program(name={name!r}, command=python({code!r}){options})"


@pytest.fixture
def supervise(tmp_path: Path):
    running: list[Supervised] = []

    def start(*programs: str) -> Supervised:
        running.append(Supervised(tmp_path, f"[{', '.join(programs)}]"))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.process.kill()
            each.process.wait(5)


def test_a_killed_program_is_started_again(supervise):
    run = supervise(one("a", BEATING.format("a")))
    (pid,) = run.started("a")
    os.kill(pid, signal.SIGKILL)
    assert len(set(run.started("a", times=2))) == 2
    run.process.send_signal(signal.SIGTERM)
    code, output = run.end()
    assert code == 0
    assert "a was killed by signal 9: it is started again." in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all(supervise, number):
    run = supervise(one("a", BEATING.format("a")), one("b", BEATING.format("b")))
    pids = run.started("a") + run.started("b")
    run.process.send_signal(number)
    code, _ = run.end()
    assert code == 0
    assert all(gone(pid) for pid in pids)


def test_the_terminals_interrupt_reaches_no_program_directly(supervise):
    code = "import signal; signal.signal(signal.SIGINT, lambda *_: open('hit', 'w').close()); " + BEATING.format("a")
    run = supervise(one("a", code))
    run.started("a")
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.end()[0] == 0
    assert not (run.folder / "hit").exists()


def test_a_stubborn_program_is_killed(supervise):
    code = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + BEATING.format("a")
    run = supervise(one("a", code, patience=0.3))
    (pid,) = run.started("a")
    run.process.send_signal(signal.SIGINT)
    code, output = run.end()
    assert gone(pid)
    assert code == 0
    assert "a takes too long to stop: it is killed." in output


def test_a_foundation_stops_after_the_others(supervise):
    late = (
        "import signal, sys, time\n"
        "def end(*_): open('{0}-end', 'w').write(str(time.time())); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
    )
    run = supervise(
        one("base", late.format("base") + BEATING.format("base"), foundation=True),
        one("a", late.format("a") + BEATING.format("a")),
    )
    run.started("base")
    run.started("a")
    run.process.send_signal(signal.SIGINT)
    run.end()
    assert float((run.folder / "a-end").read_text()) < float((run.folder / "base-end").read_text())


def test_what_a_dead_program_had_started_dies_too(supervise):
    code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {BEATING.format('child')!r}]); " + (
        BEATING.format("a")
    )
    run = supervise(one("a", code))
    (child,) = run.started("child")
    (pid,) = run.started("a")
    os.kill(pid, signal.SIGKILL)
    run.started("a", times=2)
    await_that(lambda: gone(child))
    run.process.send_signal(signal.SIGINT)
    run.end()


def test_programs_die_with_a_killed_supervisor(supervise):
    run = supervise(one("a", BEATING.format("a")))
    (pid,) = run.started("a")
    run.process.kill()
    await_that(lambda: gone(pid))


def test_it_gives_up_on_what_cannot_start(supervise):
    run = supervise(one("a", "import sys; sys.exit(3)"))
    code, output = run.end()
    assert code == 1
    assert "a ended with exit code 3: it is started again." in output
    assert "a died 3 times right after its start: see above why." in output

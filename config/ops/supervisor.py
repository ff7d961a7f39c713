"""Keep a few programs running: start them, start the dead again, stop all of them together.

Not the `supervisor` package: when that one is killed its programs live on and hold the port, and it cannot wait for
one program before it starts the next. Here every program dies with its supervisor (Linux: PR_SET_PDEATHSIG), and each
leads a process group of its own, so that the terminal's Ctrl-C reaches only the supervisor and nothing is left behind.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

WATCHED = {signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)

# A program that lived this long has started; dying sooner, it is started again after growing pauses.
STARTED_SECONDS = 10.0
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program to keep running.

    `patience`: seconds between asking it to stop and killing it; `foundation`: the others need it, so it stops last;
    `keep_open`: file descriptors that it inherits.
    """

    name: str
    command: Sequence[str]
    patience: float = 6.0
    foundation: bool = False
    keep_open: Sequence[int] = ()


@dataclass
class _Running:
    program: Program
    process: subprocess.Popen[bytes]
    started: float
    early_deaths: int = 0
    start_again_at: float | None = None


class GaveUp(Exception):
    """A program died again and again; the message names it."""


@dataclass
class Supervisor:
    """Runs programs and stops them together. `pauses`: seconds before a next start, after 0, 1, 2 … early deaths."""

    running: list[_Running] = field(default_factory=list)
    stop_asked: bool = False
    pauses: tuple[float, ...] = PAUSES

    def __post_init__(self) -> None:
        # Blocked and fetched by sigtimedwait: no handler runs between two statements, and no signal is missed.
        signal.pthread_sigmask(signal.SIG_BLOCK, WATCHED)

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        self.running.append(_Running(program, _spawn(program), time.monotonic()))

    def run_once(self, program: Program) -> int | None:
        """Run a program to its end and return its exit code; None when told to stop meanwhile."""
        each = _Running(program, _spawn(program), time.monotonic())
        while (code := each.process.poll()) is None and not self.stop_asked:
            self._wait(0.1)
        if code is None:
            each.process.send_signal(signal.SIGTERM)
            self.stop_asked = False
            self._see_off([each])
            self.stop_asked = True
        return code

    def alive(self, name: str) -> bool:
        """Tell whether the program of that name runs at this moment."""
        return any(each.program.name == name and each.process.poll() is None for each in self.running)

    def watch(self, seconds: float | None = None) -> bool:
        """Keep everything running until told to stop, or for so many seconds; True when told to stop.

        Raises GaveUp when a program keeps dying right after its start.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        while not self.stop_asked:
            left = 60.0 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return False
            self._wait(min(left, self._next_start()))
            self._revive()
        return True

    def stop(self) -> None:
        """Ask all programs to stop, the foundations last; kill those that take too long. A second Ctrl-C kills."""
        self.stop_asked = False
        for foundation in (False, True):
            batch = [each for each in self.running if each.program.foundation is foundation]
            for each in batch:
                if each.process.poll() is None:
                    each.process.send_signal(signal.SIGTERM)
            self._see_off(batch)
        self.running.clear()

    def _see_off(self, batch: list[_Running]) -> None:
        asked = time.monotonic()
        for each in batch:
            while each.process.poll() is None and not self.stop_asked:
                left = asked + each.program.patience - time.monotonic()
                if left <= 0:
                    break
                self._wait(min(left, 0.1))
            if each.process.poll() is None:
                _say(f"{each.program.name} takes too long to stop: it is killed.")
            _kill_group(each.process)
            each.process.wait()

    def _wait(self, seconds: float) -> None:
        received = signal.sigtimedwait(WATCHED, max(0.0, seconds))
        if received is not None and received.si_signo in STOPPING:
            self.stop_asked = True

    def _next_start(self) -> float:
        due = [each.start_again_at for each in self.running if each.start_again_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else 60.0

    def _revive(self) -> None:
        for each in self.running:
            if each.start_again_at is None and each.process.poll() is not None:
                self._note_death(each)
            if each.start_again_at is not None and time.monotonic() >= each.start_again_at and not self.stop_asked:
                each.process, each.started, each.start_again_at = _spawn(each.program), time.monotonic(), None

    def _note_death(self, each: _Running) -> None:
        # What it started itself must not live on beside its successor.
        _kill_group(each.process)
        early = time.monotonic() - each.started < STARTED_SECONDS
        each.early_deaths = each.early_deaths + 1 if early else 0
        if each.early_deaths >= len(self.pauses):
            raise GaveUp(f"{each.program.name} died {each.early_deaths} times right after its start: see above why.")
        pause = self.pauses[each.early_deaths]
        each.start_again_at = time.monotonic() + pause
        _say(f"{each.program.name} {_ending(each.process.returncode)}: it is started again.")


def _spawn(program: Program) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - the commands are our own
        list(program.command),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=program.keep_open,
        preexec_fn=_prepare_child,  # noqa: PLW1509 - the supervisor has one thread
    )


def _prepare_child() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WATCHED)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _ending(code: int) -> str:
    return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


def _say(sentence: str) -> None:
    sys.stderr.write(f"premise: {sentence}\n")
    sys.stderr.flush()

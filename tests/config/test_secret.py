"""A kept secret: made once, whole, the same for all."""

import subprocess
import sys
from pathlib import Path

from config.secret import kept_secret

BASE = Path(__file__).resolve().parents[2]


def test_it_is_made_once_and_then_kept(tmp_path: Path):
    first = kept_secret(tmp_path / "key")
    assert len(first) > 60
    assert kept_secret(tmp_path / "key") == first


def test_only_its_owner_reads_it(tmp_path: Path):
    kept_secret(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o077 == 0
    assert [file.name for file in tmp_path.iterdir()] == ["key"]


def test_processes_that_start_at_once_agree(tmp_path: Path):
    program = (
        "import sys, time; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from config.secret import kept_secret\n"
        "while not Path(sys.argv[1], 'go').exists(): time.sleep(0.001)\n"
        "print(kept_secret(Path(sys.argv[1], 'key')))"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(BASE)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(8)]
    (tmp_path / "go").touch()
    found = {process.communicate(timeout=60)[0].strip() for process in started}
    assert len(found) == 1
    assert found != {""}

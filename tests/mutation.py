"""`make mutate`: change the code of the domain in small ways; a test must notice. Prints the share killed.

ONLY=metrics takes one app, or ONLY=metrics/domain/fold.py one file. Runs in a copy under PREMISE_VAR that holds
nothing but the domain and its tests, without Django. Exit 1 when less than TARGET of the mutants are killed.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent
PROFILE = """
from hypothesis import HealthCheck, settings
quiet = [HealthCheck.too_slow, HealthCheck.differing_executors]
settings.register_profile("mutation", deadline=None, derandomize=True, database=None, suppress_health_check=quiet)
settings.load_profile("mutation")
"""
APPS = ("approvals", "metrics", "decisions")
TARGET = 0.9
CONFIGURATION = """
[tool.pytest.ini_options]
addopts = "-p no:django -p no:cacheprovider -p no:playwright -p no:xdist -q"
testpaths = ["tests"]
[tool.mutmut]
source_paths = ["{app}/domain/"]
only_mutate = {only}
pytest_add_cli_args_test_selection = ["tests/{app}/domain"]
also_copy = ["approvals", "metrics", "decisions", "config", "tests"]
"""


def main() -> int:
    """Mutate each domain; 0 when enough was killed."""
    only = os.environ.get("ONLY", "")
    counted = {app: _mutate(app, only) for app in APPS if only.split("/")[0] in {"", app}}
    for app, (killed, all_of_them) in counted.items():
        sys.stdout.write(f"{app}: {killed} of {all_of_them} killed ({killed / max(all_of_them, 1):.1%})\n")
    killed, all_of_them = (sum(column) for column in zip(*counted.values(), strict=True))
    share = killed / max(all_of_them, 1)
    sys.stdout.write(f"killed {killed} of {all_of_them}: {share:.1%} (target {TARGET:.0%})\n")
    return 0 if share >= TARGET and all_of_them else 1


def _mutate(app: str, only: str) -> tuple[int, int]:
    """Return how many mutants of an app's domain were killed, and how many there are."""
    folder = Path(os.environ.get("PREMISE_VAR") or BASE / "var").resolve() / "mutation" / app
    _lay_out(folder, app, only)
    mutmut = Path(sys.executable).parent / "mutmut"
    environment = os.environ | {"PYTHONPATH": str(folder)}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run([mutmut, "run", "--max-children", "2"], cwd=folder, env=environment, check=True)
    subprocess.run([mutmut, "export-cicd-stats"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    found = json.loads((folder / "mutants" / "mutmut-cicd-stats.json").read_text())
    return found["killed"] + found.get("timeout", 0), found["total"] - found.get("skipped", 0)


def _lay_out(folder: Path, app: str, only: str) -> None:
    """Copy the domains and the tests that need nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    for each in APPS:
        shutil.copytree(BASE / each / "domain", folder / each / "domain")
        (folder / each / "__init__.py").touch()
    for name in ("__init__.py", "canonical.py", "refusals.py"):
        (folder / "config" / "kit").mkdir(parents=True, exist_ok=True)
        shutil.copy(BASE / "config" / "kit" / name, folder / "config" / "kit" / name)
    (folder / "config" / "__init__.py").touch()
    shutil.copytree(BASE / "tests" / app / "domain", folder / "tests" / app / "domain", ignore=_needing_django)
    shutil.copytree(BASE / "tests" / "factories", folder / "tests" / "factories", ignore=_needing_django)
    for package in (folder / "tests", folder / "tests" / app):
        (package / "__init__.py").touch()
    (folder / "tests" / "conftest.py").write_text(PROFILE)
    chosen = [only] if only.endswith(".py") else [f"{app}/domain/*"]
    (folder / "pyproject.toml").write_text(CONFIGURATION.format(app=app, only=json.dumps(chosen)))


def _needing_django(folder: str, names: list[str]) -> list[str]:
    wanted = ("django", ".models", ".services", "tests.factories.approvals", "tests.factories.metrics")
    files = [name for name in names if name.endswith(".py")]
    return [name for name in files if any(word in (Path(folder) / name).read_text() for word in wanted)]


if __name__ == "__main__":
    sys.exit(main())

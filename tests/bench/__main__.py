"""Run every measurement and print the table; exit 1 when a target is missed."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from tests.bench import records, scoring  # noqa: E402

MEASURES = (scoring.measure, records.measure)


def main() -> int:
    """Print each row as soon as it is known."""
    missed = 0
    for measure in MEASURES:
        for row in measure():
            missed += not row.ok
            if os.environ.get("JSON") == "1":
                line = json.dumps(row.as_json(), ensure_ascii=False)
            else:
                verdict = "ok" if row.ok else "MISSED"
                line = (
                    f"{row.name:<55} {row.value:9.4f} {row.unit:<3} ratio {row.ratio:6.3f} of {row.target:<6} {verdict}"
                )
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

"""`make bench`: each figure as a ratio to its peer or limit, measured in the same run. Exit 1 when a target is missed.

JSON=1 prints one object a line: name, value, unit, against, ratio, target, ok.
"""

import sys

from tests import stage

stage.set_up()

from tests.bench import conditions, evaluating, ingest, loop, posting, records, scoring, stored  # noqa: E402 - after Django


def main() -> int:
    """Measure everything; 0 when every target is met."""
    missed = 0
    for part in (scoring, conditions, records, loop, stored, evaluating, ingest, posting):
        # Each on a database of its own: what one part leaves there would slow, or stop, the next.
        with stage.database():
            for row in part.measure():
                stage.report(row.as_json())
                missed += not row.ok
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())

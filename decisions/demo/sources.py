"""What the support case rests on beside links: a file, a value and an experiment; each supports several claims."""

import dataclasses
from datetime import date, timedelta

from approvals.models import User
from decisions.demo.pieces import CONTRIBUTOR, within
from decisions.demo.trials import EVIDENCE
from decisions.domain import dossier as d
from decisions.domain.evidence import with_piece
from decisions.models import Decision
from decisions.services import drafting, pinning, pinning_experiments, uploading
from metrics.models import Experiment

PILOT = """week,exceptions,granted at once,taken back
1,41,33,2
2,38,34,1
3,44,40,1
4,39,37,0
5,42,39,1
6,45,43,0
7,40,38,1
8,43,41,0
"""


def gather(decision: Decision, owner: User, today: date) -> None:
    """Keep the pilot's figures as a file, pin the rate it began at and its experiment, and say what each supports."""
    kept = uploading.keep(decision, name="pilot-evening-team.csv", data=PILOT.encode(), by=owner)
    upload = kept.upload
    file = d.Evidence(
        id="e7",
        kind="file",
        title="Pilot with the evening team, week by week",
        reference=kept.name,
        sha256=upload.sha256,
        size=upload.size,
        media_type=upload.media_type,
    )
    pinned = d.Evidence(
        id="e8",
        kind="metric",
        title="Support resolution rate before the change",
        reference="support_resolution_rate",
        snapshot=pinning.pinned("support_resolution_rate", by=owner, day=today - timedelta(days=14)),
    )
    trial = Experiment.objects.get(title=EVIDENCE)
    reference, title, finding = pinning_experiments.finding(str(trial.pk), by=owner)
    tried = d.Evidence(id="e9", kind="experiment", title=title, reference=reference, finding=finding)
    days = {"retrieved_on": today - timedelta(days=9), "refresh_on": within(today, 75), "owner": CONTRIBUTOR}
    impact = ("impact:b:m1", "impact:b:m2", "side_effects:b", "signal:b", "option:b")
    supported = (
        (file, impact),
        (pinned, ("metrics", "impact:a:m1", "signal:a")),
        (tried, ("impact:b:m1", "option:b")),
    )
    for piece, supports in supported:
        section = decision.sections.get(key="impacts")
        whole = dataclasses.replace(piece, **days, supports=supports)  # type: ignore[arg-type]
        content = with_piece(drafting.dossier_of(decision).impacts, f"impacts.{piece.id}", whole)
        drafting.save_section(decision, "impacts", content, expected_version=section.version, by=owner)

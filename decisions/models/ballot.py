"""Ballots: what each of several evaluators gives the options, kept apart until all are in.

The rows carry no history of changes on purpose: until its round is complete, nobody but its evaluator reads a ballot.
"""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from decisions.models.decision import Decision


class BallotRound(models.Model):
    """One asking of several people for their scores or, before the framing is agreed, for their weights."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for ballots"
        COMPLETE = "complete", "All ballots are in"
        ADOPTED = "adopted", "Adopted"
        DROPPED = "dropped", "Dropped"

    class Kind(models.TextChoices):
        SCORES = "scores", "Scores"
        WEIGHTS = "weights", "Weights"

    decision = models.ForeignKey(Decision, on_delete=models.CASCADE, related_name="ballot_rounds")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SCORES)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    completed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["decision", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision"], condition=Q(state__in=["open", "complete"]), name="ballot_round_one_at_a_time"
            ),
            models.CheckConstraint(
                name="ballot_round_state_known", condition=Q(state__in=["open", "complete", "adopted", "dropped"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} ballots {self.state}"


class Ballot(models.Model):
    """One evaluator's sheet; `question` is the digest of the criteria and options that it answers."""

    class State(models.TextChoices):
        WAITING = "waiting", "Not in yet"
        IN = "in", "In"
        RELEASED = "released", "Released"

    round = models.ForeignKey(BallotRound, on_delete=models.CASCADE, related_name="ballots")
    evaluator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    content = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    question = models.CharField(max_length=64, blank=True)
    given_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["round", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["round", "evaluator"], name="ballot_once"),
            models.CheckConstraint(name="ballot_state_known", condition=Q(state__in=["waiting", "in", "released"])),
            models.CheckConstraint(name="ballot_released_says_why", condition=~Q(state="released") | ~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.round_id} {self.evaluator_id} {self.state}"

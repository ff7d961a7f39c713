"""Copy an option with all that is said of it, and put options and criteria in another order."""

from django.db import transaction
from django.http import Http404

from approvals.models import User
from decisions.domain import arranging
from decisions.domain.arranging import Naming
from decisions.domain.dossier import Dossier
from decisions.models import Decision
from decisions.services import drafting, framing

ARRANGED = ("options", "impacts", "costs", "risks", "criteria")


@transaction.atomic
def copy_option(decision: Decision, option: str, *, new_id: Naming, by: User) -> str:
    """Add an option like another, right after it, and return its identifier.

    Its scores come along once the framing is agreed; before that nobody scores.
    """
    before = _held(decision)
    scored = framing.scoring_locked(decision) is None
    try:
        after = arranging.copied(before, option, new_id, scores=scored)
    except KeyError:
        raise Http404("There is no such option.") from None
    _save(decision, before, after, by=by)
    known = {each.id for each in before.options.options}
    return next(each.id for each in after.options.options if each.id not in known)


@transaction.atomic
def move_option(decision: Decision, option: str, *, steps: int, by: User) -> None:
    """Move an option so many places later, or earlier when negative."""
    before = _held(decision)
    try:
        after = arranging.option_moved(before, option, steps)
    except KeyError:
        raise Http404("There is no such option.") from None
    _save(decision, before, after, by=by)


def _held(decision: Decision) -> Dossier:
    """Return the content under the lock that savers of sections take, so that nobody's save is lost."""
    Decision.objects.select_for_update(of=("self",), no_key=True).get(pk=decision.pk)
    return drafting.dossier_of(Decision(pk=decision.pk))


def _save(decision: Decision, before: Dossier, after: Dossier, *, by: User) -> None:
    versions = dict(decision.sections.values_list("key", "version"))
    for key in ARRANGED:
        if getattr(before, key) != getattr(after, key):
            drafting.save_section(decision, key, getattr(after, key), expected_version=versions[key], by=by)

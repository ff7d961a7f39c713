"""Copying an option with all that is said of it, and the order of options and criteria, kept in every section."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from decisions.domain.dossier import Dossier, Option, Risk

Naming = Callable[[str, Iterable[str]], str]
"""Gives an identifier that begins with a letter and is none of those taken."""


def copied(dossier: Dossier, option: str, new_id: Naming, *, scores: bool) -> Dossier:
    """Return the dossier with one more option like the one named, right after it: impacts, costs, risks and, where
    scores may be given, scores come with it. KeyError when there is no such option."""
    options = dossier.options.options
    place = _place(options, option)
    made = new_id("o", [each.id for each in options])
    double = dataclasses.replace(options[place], id=made, name=_copy_name(options, place), changes_nothing=False)
    impacts, criteria, risks = dossier.impacts, dossier.criteria, dossier.risks
    taken = [risk.id for risk in risks.risks]
    more: list[Risk] = []
    for risk in risks.risks:
        if risk.option == option:
            more.append(dataclasses.replace(risk, id=new_id("r", [*taken, *(r.id for r in more)]), option=made))
    return in_order(
        dataclasses.replace(
            dossier,
            options=dataclasses.replace(
                dossier.options, options=(*options[: place + 1], double, *options[place + 1 :])
            ),
            impacts=dataclasses.replace(
                impacts,
                impacts=_with_copies(impacts.impacts, option, made),
                side_effects=_with_copies(impacts.side_effects, option, made),
            ),
            costs=dataclasses.replace(dossier.costs, costs=_with_copies(dossier.costs.costs, option, made)),
            risks=dataclasses.replace(risks, risks=(*risks.risks, *more)),
            criteria=dataclasses.replace(criteria, scores=_with_copies(criteria.scores, option, made))
            if scores
            else criteria,
        )
    )


def _with_copies(items: Sequence[Any], option: str, made: str) -> tuple[Any, ...]:
    return (*items, *(dataclasses.replace(item, option=made) for item in items if item.option == option))


def _copy_name(options: Sequence[Option], place: int) -> str:
    """Return “X (copy)”, or “X (copy 2)” … where that name is taken."""
    name, taken = options[place].name or "Option", {option.name for option in options}
    number = 1
    while (proposal := f"{name[:280]} (copy{f' {number}' if number > 1 else ''})") in taken:
        number += 1
    return proposal


def option_moved(dossier: Dossier, option: str, steps: int) -> Dossier:
    """Return the dossier with an option so many places later (earlier when negative), in every section."""
    options = _moved(dossier.options.options, option, steps)
    return in_order(dataclasses.replace(dossier, options=dataclasses.replace(dossier.options, options=options)))


def in_order(dossier: Dossier) -> Dossier:
    """Return the dossier with everything said of options and criteria in the order of these; the rest comes last."""
    options = {option.id: place for place, option in enumerate(dossier.options.options)}
    criteria = {criterion.id: place for place, criterion in enumerate(dossier.criteria.criteria)}

    def by_option(item: Any) -> int:
        return options.get(item.option, len(options))

    def by_criterion(item: Any) -> tuple[int, int]:
        return criteria.get(item.criterion, len(criteria)), by_option(item)

    impacts, section = dossier.impacts, dossier.criteria
    return dataclasses.replace(
        dossier,
        impacts=dataclasses.replace(
            impacts,
            impacts=_sorted(impacts.impacts, by_option),
            side_effects=_sorted(impacts.side_effects, by_option),
        ),
        costs=dataclasses.replace(dossier.costs, costs=_sorted(dossier.costs.costs, by_option)),
        risks=dataclasses.replace(dossier.risks, risks=_sorted(dossier.risks.risks, by_option)),
        criteria=dataclasses.replace(section, scores=_sorted(section.scores, by_criterion)),
    )


def _sorted(items: Sequence[Any], key: Callable[[Any], Any]) -> tuple[Any, ...]:
    return tuple(sorted(items, key=key))


def _place(items: Sequence[Any], identifier: str) -> int:
    found = next((place for place, item in enumerate(items) if item.id == identifier), None)
    if found is None:
        raise KeyError(identifier)
    return found


def _moved(items: Sequence[Any], identifier: str, steps: int) -> tuple[Any, ...]:
    place = _place(items, identifier)
    rest = [*items[:place], *items[place + 1 :]]
    target = max(0, min(len(rest), place + steps))
    return (*rest[:target], items[place], *rest[target:])

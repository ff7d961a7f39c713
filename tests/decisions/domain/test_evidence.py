"""Evidence of a whole dossier: where pieces stand, what they support, what nothing supports, how long they are good."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from decisions.domain import dossier as d
from decisions.domain import evidence, renewing
from decisions.domain.first_release import FIELDS
from decisions.domain.obstacles import obstacles
from decisions.domain.reading import section_from
from decisions.domain.writing import section_to
from tests.factories.dossiers import KNOWN, SOON, dossier, provenance
from tests.factories.dossiers import evidence as source

WHOLE = dossier()
TODAY = date(2026, 11, 22)


def with_costs(*sources: d.Evidence) -> d.Dossier:
    return replace(WHOLE, costs=replace(WHOLE.costs, provenance=replace(WHOLE.costs.provenance, evidence=sources)))


def test_every_piece_has_its_own_place() -> None:
    item = replace(WHOLE.criteria.assumptions[0], evidence=(source("e7"),))
    found = evidence.pieces(replace(WHOLE, criteria=replace(WHOLE.criteria, assumptions=(item,))))
    places = [piece.place for piece in found]
    assert len(places) == len(set(places))
    assert {"costs.e1", "options.b.e1", "criteria.a1.e7"} <= set(places)


def test_a_piece_supports_where_it_stands_and_what_it_names() -> None:
    whole = with_costs(replace(source(), supports=("cost:a", "score:q1:b")))
    piece = next(each for each in evidence.pieces(whole) if each.place == "costs.e1")
    assert piece.supports == ("costs", "cost:a", "score:q1:b")
    gaps = {claim.key for claim in evidence.gaps(whole)}
    assert "cost:a" not in gaps
    assert "cost:b" in gaps


@pytest.mark.parametrize(
    ("stated", "label"),
    [
        ("Growth stays low.", "Growth stays low."),
        ("a" * 80, "a" * 80),
        ("a" * 81, "a" * 79 + "…"),
        ("支援窓口" * 30, ("支援窓口" * 20)[:79] + "…"),
        ("The backlog does not grow.\n\n" * 4, "The backlog does not grow. " * 2 + "The backlog does not…"),
        ("five " * 16 + "more", "five " * 14 + "five five…"),
    ],
)
def test_a_label_is_never_cut_without_saying_so(stated: str, label: str) -> None:
    item = replace(WHOLE.criteria.assumptions[0], statement=stated)
    found = evidence.claims(replace(WHOLE, criteria=replace(WHOLE.criteria, assumptions=(item,))))
    assert found[f"assumption:{item.id}"].label == f"Assumption “{label}”"
    assert len(label) <= 80


def test_a_metric_is_called_by_its_name_where_the_reader_knows_it() -> None:
    key = WHOLE.metrics.success_metrics[0].metric
    labels = {claim.label for claim in evidence.claims(WHOLE, {key: "Growth of the backlog"}).values()}
    assert any(label.endswith("on Growth of the backlog") for label in labels)
    assert any(claim.label.endswith(f"on {key}") for claim in evidence.claims(WHOLE).values())


def test_one_source_may_serve_a_section_that_has_none_of_its_own() -> None:
    bare = replace(WHOLE, constraints=replace(WHOLE.constraints, provenance=replace(provenance(), evidence=())))
    assert any("evidence source" in str(each) for each in obstacles(bare, KNOWN))
    costs = replace(
        bare.costs, provenance=replace(provenance(), evidence=(replace(source(), supports=("constraints",)),))
    )
    assert not list(obstacles(replace(bare, costs=costs), KNOWN))


@pytest.mark.parametrize(
    ("piece", "words"),
    [
        (replace(source(), kind="file"), "Upload the file"),
        (replace(source(), supports=("option:gone",)), "no longer exists"),
        (replace(source(), owner="nobody"), "nobody active"),
        (replace(source(), kind="metric", reference="no_metric"), "not in the registry"),
        (d.Evidence(id="e1"), "Say what evidence"),
    ],
)
def test_what_a_piece_lacks_is_an_obstacle_with_its_place(piece: d.Evidence, words: str) -> None:
    (found,) = obstacles(with_costs(piece), KNOWN)
    assert words in found.sentence
    assert found.anchor == "piece-costs.e1"


def test_a_piece_with_a_blank_for_its_owner_is_the_sections() -> None:
    given = with_costs(replace(source(), owner=" "))
    assert not list(obstacles(given, KNOWN))
    (piece,) = (each for each in evidence.pieces(given) if each.section == "costs")
    assert piece.owner == given.costs.provenance.assumption_owner


def test_pieces_are_added_changed_and_removed_where_they_stand() -> None:
    added = evidence.with_piece(WHOLE.costs, "costs.e9", source("e9"))
    assert [each.id for each in added.provenance.evidence] == ["e1", "e9"]
    renamed = evidence.with_piece(WHOLE.options, "options.b.e1", replace(source(), title="Other"))
    assert [o.evidence[0].title for o in renamed.options] == ["Weekly figures", "Other", "Weekly figures"]
    assert evidence.with_piece(added, "costs.e1", None).provenance.evidence == (source("e9"),)


@pytest.mark.parametrize(
    ("place", "section", "assumption"),
    [
        ("costs", "costs", ""),
        ("costs.e1", "costs", ""),
        ("options.b.e1", "options", ""),
        ("criteria.e1", "criteria", ""),
    ],
)
def test_a_place_says_its_section(place: str, section: str, assumption: str) -> None:
    assert (evidence.section_of(place), evidence.assumption_of(place)) == (section, assumption)


@pytest.mark.parametrize("place", ["a1", "a1.check", "criteria.a1.e1"])
def test_a_place_says_its_assumption(place: str) -> None:
    assert evidence.assumption_of(place) == "a1"


def test_what_was_written_before_is_written_the_same() -> None:
    plain = section_to(source())
    assert set(plain) == set(FIELDS["Evidence"])
    assert section_to(section_from("costs", section_to(WHOLE.costs))) == section_to(WHOLE.costs)


def test_the_fingerprint_forgets_days_and_use_and_nothing_else() -> None:
    first = evidence.fingerprint(source())
    assert evidence.fingerprint(replace(source(), id="x", refresh_on=None, owner="me", supports=("costs",))) == first
    assert evidence.fingerprint(replace(source(), reference="https://example.org/other")) != first
    assert evidence.fingerprint(replace(source(), kind="file", sha256="a" * 64)) != first


def test_looking_again_puts_the_day_off_for_that_source_only() -> None:
    whole = with_costs(source(), source("e2"))
    print_ = renewing.prints_of(whole)["costs.e1"]
    later = SOON + timedelta(days=30)
    days = {each.place: each.day for each in renewing.dated(whole, [renewing.Renewal("costs.e1", print_, later)])}
    assert (days["costs.e1"], days["costs.e2"]) == (later, SOON)
    other = renewing.Renewal("costs.e1", "of something else", later)
    assert {each.day for each in renewing.dated(whole, [other])} == {SOON}
    sooner = renewing.Renewal("costs.e1", print_, SOON - timedelta(days=30))
    assert {each.day for each in renewing.dated(whole, [sooner])} == {SOON}


@pytest.mark.parametrize(
    ("ahead", "word"), [(-1, "overdue"), (0, "due soon"), (30, "due soon"), (31, "fresh"), (None, "undated")]
)
def test_how_fresh_something_is(ahead: int | None, word: str) -> None:
    assert renewing.state(None if ahead is None else TODAY + timedelta(days=ahead), TODAY) == word

"""The shipped sets, taking metrics over row by row, and export that comes back as the same definitions."""

import json
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from approvals.models import LedgerEntry
from config.kit.refusals import BadInput
from metrics.domain.catalogue import Catalogue, Entry, PairEntry
from metrics.domain.meaning import missing
from metrics.models import CatalogueOrigin, Metric, MetricDefinition, TradeOffPair
from metrics.services import catalogues, cataloguing, content, definitions, pairing
from metrics.services.previewing import preview
from tests.factories.approvals import approver, person, steward
from tests.factories.metrics import metric, weekly

SETS = catalogues.shipped()
# Set → its families with how many metrics each holds, counted in the documents that they come from.
COUNTS = {
    "strategic": [4, 4, 4, 4],
    "objectives": [4, 4, 4, 4],
    "trade-offs": [3] * 12,
    "operational": [3] * 6,
    "innovation": [3] * 6,
    "financial": [3] * 6,
    "customer": [3] * 6,
    "engagement": [6] * 5,
    "engagement-phases": [5, 5, 5],
    "metric-practice": [7, 3, 6],
}


def set_of(*entries, version="1.0", pairs=(), name="own"):
    return Catalogue(name, version, "Own", metrics=entries, pairs=pairs)


def entry(key, **fields):
    return Entry(key, {"name": key.upper(), "unit": "%", "direction": "higher"} | fields)


ALPHA, BETA = entry("alpha", target="90", counter_metrics=["beta"]), entry("beta", cadence="monthly")
BOTH = set_of(ALPHA, BETA, pairs=[PairEntry("alpha", "beta", "speed_quality")])


def verdicts(catalogue, **under):
    return {row.key: row.verdict for row in preview(catalogue, **{"by": steward()} | under).rows}


def take(catalogue, by=None, **under):
    rows = preview(catalogue, by=by, prefix=under.get("prefix", "")).rows
    return cataloguing.take_over(catalogue, chosen={row.key: row.version for row in rows}, by=by, **under)


@pytest.mark.parametrize("name, families", COUNTS.items())
def test_a_shipped_set_holds_what_its_document_counts(name, families):
    counted = Counter(each.fields["family"] for each in SETS[name].metrics)
    assert list(counted.values()) == families
    assert set(counted) == set(SETS[name].families)


def test_ten_sets_are_shipped_and_each_reads_back_to_the_same_bytes():
    assert list(SETS) == list(COUNTS)
    assert all(catalogues.read(each.text().encode()).digest == each.digest for each in SETS.values())


def test_every_shipped_metric_is_whole_and_says_where_its_figures_come_from():
    named_by_hand = {"population", "outage_fallback", "owner", "steward"}
    for each in SETS.values():
        for row in each.metrics:
            assert set(row.reference) == {"document", "place", "target", "frequency"}, row.key
            assert row.owner_role, row.key
            lacking = {found.field for found in missing(row.fields | {"tolerance_low": 1, "tolerance_high": 2})}
            no_figure = {"target"} if row.reference["target"] == "none given" else set()
            assert lacking <= named_by_hand | no_figure, row.key


def test_a_key_in_two_sets_stands_for_the_same_thing():
    meant = {}
    for each in SETS.values():
        keys = {row.key for row in each.metrics}
        for row in each.metrics:
            told = (row.fields["unit"], row.fields["direction"])
            assert meant.setdefault(row.key, told) == told, row.key
            assert set(row.fields.get("counter_metrics", ())) <= keys, row.key
        assert {key for pair in each.pairs for key in (pair.left, pair.right)} <= keys


def test_the_figures_of_some_are_those_of_their_document():
    by_key = {row.key: row.fields for row in SETS["engagement"].metrics}
    told = [(key, by_key[key]["target"], by_key[key]["cadence"]) for key in ("churn_rate", "uptime", "pipeline_cover")]
    assert told == [("churn_rate", "8", "monthly"), ("uptime", "99.9", "daily"), ("pipeline_cover", "3", "weekly")]
    baselines = [row.fields["baseline"] for row in SETS["objectives"].metrics if "baseline" in row.fields]
    assert len(baselines) == 14


@pytest.mark.django_db
def test_what_is_not_there_is_created_as_a_draft_and_again_is_the_same():
    by = steward()
    assert verdicts(BOTH) == {"alpha": "create", "beta": "create"}
    told = take(BOTH, by=by, pairs=[("alpha", "beta")])
    assert [(each.key, each.verdict) for each in told] == [
        ("alpha", "create"),
        ("beta", "create"),
        ("alpha and beta", "create"),
    ]
    alpha = Metric.objects.get(key="alpha")
    [draft] = alpha.definitions.all()
    assert (alpha.state, draft.target, draft.counter_metrics) == ("draft", Decimal(90), ["beta"])
    assert TradeOffPair.objects.get().kind == "speed_quality"
    assert verdicts(BOTH) == {"alpha": "same", "beta": "same"}
    entries = LedgerEntry.objects.count()
    take(BOTH, by=by, pairs=[("alpha", "beta")])
    assert (LedgerEntry.objects.count(), MetricDefinition.objects.count()) == (entries, 2)


@pytest.mark.django_db
def test_where_a_metric_came_from_is_kept_and_a_later_edition_offers_a_change():
    take(BOTH)
    origin = CatalogueOrigin.objects.get(metric__key="alpha")
    assert (origin.catalogue, origin.version, origin.digest, origin.entry) == ("own", "1.0", BOTH.digest, "alpha")
    assert LedgerEntry.objects.filter(verb="metric.imported").count() == 2
    later = set_of(entry("alpha", target="95", unit="points"), version="1.1")
    [row] = preview(later, by=None).rows
    assert (row.verdict, row.changes) == ("change", [("Unit", "%", "points"), ("Target", "90", "95")])
    take(later)
    assert CatalogueOrigin.objects.get(metric__key="alpha").version == "1.1"


@pytest.mark.django_db
def test_what_is_in_force_stays_and_the_change_is_the_next_draft():
    made = metric(key="alpha", target=80)
    [row] = preview(set_of(ALPHA), by=steward()).rows
    assert (row.verdict, [label for label, _, _ in row.changes]) == ("change", ["Name", "Target"])
    take(set_of(ALPHA), by=steward())
    made.refresh_from_db()
    assert (made.definition.target, made.definition.number) == (80, 1)
    assert definitions.proposed(made).target == 90
    assert verdicts(set_of(ALPHA)) == {"alpha": "same"}


@pytest.mark.django_db
def test_a_row_that_somebody_changed_since_it_was_shown_is_refused():
    made = metric(key="alpha")
    [row] = preview(set_of(ALPHA), by=None).rows
    definitions.save_draft(made, changes={"target": 70}, expected_version=None, by=None)
    [told] = cataloguing.take_over(set_of(ALPHA), chosen={"alpha": row.version}, by=None)
    assert told.verdict == "refused"
    assert told.sentence == "It was changed after you looked; look again and choose once more."


def retired(key):
    made = metric(key=key)
    made.state = Metric.State.RETIRED
    made.save()


def in_review(key):
    made = metric(key=key, approved=False, owner=person(), steward=person())
    approver()
    definitions.submit(made, by=steward())


@pytest.mark.django_db
@pytest.mark.parametrize(
    "there, why",
    [
        (lambda: metric(key="alpha", unit="days"), "The key stands for something else here: the unit differs."),
        (lambda: metric(key="alpha", unit="days", direction="lower"), "the unit and direction differ."),
        (lambda: retired("alpha"), "The metric is retired; its definition is closed."),
        (lambda: in_review("alpha"), "Its definition is in review and locked."),
        (lambda: metric(key="alpha", classification="confidential"), "The key is taken."),
        (lambda: metric(key="alpha", tolerance_low=95, tolerance_high=99), "The upper end"),
        (lambda: weekly(metric(key="alpha"), [1, 2]), "Values are recorded by the present frequency"),
    ],
)
def test_a_clash_says_why_and_changes_nothing(there, why):
    there()
    fields = {"cadence": "monthly"} if "frequency" in why else {"tolerance_high": "90"} if "upper" in why else {}
    catalogue = set_of(entry("alpha", target="90", **fields))
    [row] = preview(catalogue, by=steward()).rows
    assert row.verdict == "clash"
    assert why in row.why
    before = MetricDefinition.objects.count()
    [told] = cataloguing.take_over(catalogue, chosen={"alpha": row.version}, by=steward())
    assert (told.verdict, told.sentence) == ("refused", row.why)
    assert MetricDefinition.objects.count() == before


@pytest.mark.django_db
def test_a_prefix_stands_before_every_mention_of_the_sets_own_metrics():
    ratio = entry("ratio", expression='alpha / "be-ta" + other', counter_metrics=["alpha", "other"])
    catalogue = set_of(ALPHA, entry("be-ta"), ratio)
    metric(key="other")
    found = preview(catalogue, by=None, prefix="eu-").rows[2].entry
    assert found.fields["expression"] == '"eu-alpha" / "eu-be-ta" + other'
    assert found.fields["counter_metrics"] == ["eu-alpha", "other"]
    with pytest.raises(BadInput):
        preview(catalogue, by=None, prefix="EU ")


@pytest.mark.django_db
def test_counter_metrics_that_are_not_there_wait_until_they_are():
    first = take(set_of(ALPHA))
    assert [each.sentence for each in first][1] == "Without the counter-metric beta: not there."
    assert verdicts(set_of(ALPHA)) == {"alpha": "same"}
    metric(key="beta")
    assert verdicts(set_of(ALPHA)) == {"alpha": "change"}


@pytest.mark.django_db
def test_export_comes_back_under_a_prefix_as_the_same_definitions():
    people = {"owner": person(), "steward": person()}
    full = {
        "settle_after": timedelta(hours=30, minutes=20),
        "time_zone": "Europe/Lisbon",
        "minimum_sample": 30,
        "personal_data": True,
        "retention_days": 90,
        "risks": "“Quoted”\nand in two lines.",
        "target_30": Decimal("75.25"),
    }
    metric(key="bb", **people, **full)
    metric(key="aa", **people, counter_metrics=["bb"], direction="lower")
    pairing.make_pair(
        left=Metric.objects.get(key="aa"), right=Metric.objects.get(key="bb"), kind="cost_premium", by=None, window=20
    )
    everything = Metric.objects.with_definition().order_by("key")
    pairs = TradeOffPair.objects.watched().with_metrics()
    out = catalogues.export(everything, name="all", version="1.0", title="All", pairs=pairs)
    told = take(catalogues.read(out.text().encode()), prefix="x_", pairs=[("x_aa", "x_bb")])
    assert {each.verdict for each in told} == {"create"}
    for key in ("aa", "bb"):
        mine, copy = (MetricDefinition.objects.get(metric__key=each) for each in (key, f"x_{key}"))
        differ = {n for n, value in content.values_of(mine).items() if value != content.values_of(copy)[n]}
        assert differ <= {"owner", "steward", "counter_metrics"}
    copies = everything.filter(key__startswith="x_")
    again = catalogues.export(copies, name="all", version="1.0", title="All", pairs=pairs.all())
    assert again.text().replace("x_", "") == out.text()


@pytest.mark.django_db
def test_a_shipped_set_lands_whole_by_the_command_and_twice_is_nothing_more():
    out = StringIO()
    call_command("import_catalogue", "operational", dry_run=True, stdout=out)
    assert Counter(row["would"] for row in json.loads(out.getvalue())["rows"]) == {"create": 18}
    assert not Metric.objects.exists()
    call_command("import_catalogue", "operational", pairs=True, stdout=StringIO())
    again = StringIO()
    call_command("import_catalogue", "operational", pairs=True, stdout=again)
    assert Counter(row["did"] for row in json.loads(again.getvalue())["rows"]) == {"same": 18}
    exported = StringIO()
    call_command("export_catalogue", family="Security", stdout=exported)
    assert len(catalogues.read(exported.getvalue().encode()).metrics) == 3


@pytest.mark.django_db
def test_the_commands_say_what_they_cannot_read(tmp_path):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("import_catalogue", str(tmp_path / "none.json"))
    (tmp_path / "bad.json").write_text('{"format": "x"}')
    with pytest.raises(CommandError, match="A catalogue says"):
        call_command("import_catalogue", str(tmp_path / "bad.json"))
    with pytest.raises(CommandError, match="no such metric in use: nothing"):
        call_command("export_catalogue", "nothing")


@pytest.mark.django_db
def test_what_premise_fills_itself_is_taken_over_under_no_prefix():
    with pytest.raises(BadInput, match="fills itself"):
        preview(BOTH, by=steward(), prefix="premise_")


@pytest.mark.django_db
def test_a_counter_metric_that_one_may_not_see_is_as_good_as_absent():
    metric(key="secret", classification="confidential")
    told = take(set_of(entry("gamma", counter_metrics=["secret"])), by=steward())
    assert [each.sentence for each in told][1:] == ["Without the counter-metric secret: not there."]
    assert Metric.objects.get(key="gamma").definitions.get().counter_metrics == []


def test_a_word_that_is_no_choice_is_answered_with_the_choices():
    given = {"format": "premise-metric-catalogue", "format_version": 1, "name": "own", "version": "1", "title": "Own"}
    row = {"key": "alpha", "name": "Alpha", "unit": "%", "direction": "sideways"}
    with pytest.raises(catalogues.catalogue_reading.BadCatalogue, match="Write one of higher, lower, within"):
        catalogues.read(json.dumps(given | {"metrics": [row]}).encode())

"""The pages of decisions."""

from django.urls import URLPattern, path

from decisions.views import (
    assumptions,
    ballots,
    calendar,
    commitments,
    decision,
    editing,
    inbox,
    moves,
    new,
    options,
    packs,
    people,
    portfolio,
    record,
    reevaluation,
    searching,
    verifying,
)

urlpatterns: list[URLPattern] = [
    path("", inbox.inbox, name="inbox"),
    path("decisions/", portfolio.portfolio, name="decision_list"),
    path("decisions.csv", portfolio.portfolio_csv, name="decision_csv"),
    path("decisions/new/", new.new, name="decision_new"),
    path("decisions/<str:reference>/", decision.decision, name="decision"),
    path("decisions/<str:reference>/edit/<slug:section>/", editing.edit, name="decision_edit"),
    path("decisions/<str:reference>/options/", options.options, name="decision_options"),
    path("decisions/<str:reference>/ballots/", ballots.ballots, name="decision_ballots"),
    path("decisions/<str:reference>/assumptions/", assumptions.assumptions, name="decision_assumptions"),
    path("decisions/<str:reference>/people/", people.people, name="decision_people"),
    path("decisions/<str:reference>/commitments/", commitments.commitments, name="decision_commitments"),
    path("decisions/<str:reference>/record.pdf", record.pdf, name="decision_record_pdf"),
    path("decisions/<str:reference>/record.json", record.data, name="decision_record_json"),
    path("decisions/<str:reference>/<slug:move>/", moves.move, name="decision_move"),
    path("reevaluations/<int:identifier>/", reevaluation.reevaluation, name="reevaluation"),
    path("calendar/", calendar.calendar, name="calendar"),
    path("search/", searching.search, name="search"),
    path("packs/", packs.pack_list, name="pack_list"),
    path("packs/<int:identifier>/", packs.pack, name="pack"),
    path("packs/<int:identifier>/file/", packs.pack_file, name="pack_file"),
    path("verify/", verifying.verify, name="verify"),
    path("verify/verify.py", verifying.verifier_file, name="verifier_file"),
    path("verify/public-key.pem", verifying.public_key, name="public_key"),
]

"""The pages of approvals."""

from django.urls import URLPattern, path

from approvals.views import (
    audit,
    comments,
    confirming,
    delegations,
    exchange,
    notices,
    people,
    policies,
    preferences,
    requests,
    reviewing,
)

urlpatterns: list[URLPattern] = [
    path("approvals/", requests.approval_list, name="approval_list"),
    path("approvals/delegations/", delegations.delegation_list, name="delegation_list"),
    path("approvals/delegations/<int:delegation_id>/revoke/", delegations.delegation_revoke, name="delegation_revoke"),
    path("approvals/confirmed/", confirming.approval_confirmed, name="approval_confirmed"),
    path("approvals/<int:request_id>/", requests.approval, name="approval"),
    path("approvals/<int:request_id>/sign/", requests.approval_sign, name="approval_sign"),
    path("approvals/<int:request_id>/viewed/", reviewing.approval_viewed, name="approval_viewed"),
    path("approvals/<int:request_id>/check/", reviewing.approval_check, name="approval_check"),
    path("approvals/<int:request_id>/passkey/", reviewing.approval_passkey, name="approval_passkey"),
    path("approvals/<int:request_id>/withdraw/", requests.approval_withdraw, name="approval_withdraw"),
    path("approvals/<int:request_id>/comments/", requests.approval_comment, name="approval_comment"),
    path("approvals/<int:request_id>/people/", exchange.approval_people, name="approval_people"),
    path("comments/<int:comment_id>/", comments.comment_thread, name="comment_thread"),
    path("notices/", notices.notice_list, name="notice_list"),
    path("notices/read/", notices.notices_read, name="notices_read"),
    path("notices/<int:notice_id>/read/", notices.notice_read, name="notice_read"),
    path("settings/", preferences.person_settings, name="person_settings"),
    path("settings/mail/", preferences.mail_settings, name="mail_settings"),
    path("settings/calendar/", preferences.calendar_settings, name="calendar_settings"),
    path("people/", people.people_list, name="people_list"),
    path("people/programs/", people.token_list, name="token_list"),
    path("people/programs/<int:token_id>/revoke/", people.token_revoke, name="token_revoke"),
    path("people/<int:user_id>/", people.person_page, name="person"),
    path("policies/", policies.policy_list, name="policy_list"),
    path("policies/new/", policies.policy_new, name="policy_new"),
    path("policies/<slug:key>/", policies.policy_edit, name="policy_edit"),
    path("audit/", audit.audit, name="audit"),
    path("audit/verify/", audit.audit_verify, name="audit_verify"),
    path("audit.csv", audit.audit_csv, name="audit_csv"),
]

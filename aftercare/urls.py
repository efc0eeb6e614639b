"""Pages, in the order a user meets them."""

from django.urls import path

from aftercare import views

app_name = "aftercare"
urlpatterns = [
    path("concerns/", views.concerns, name="concerns"),
    path("concerns/<uuid:concern_uuid>/", views.concern, name="concern"),
    path("concerns/<uuid:concern_uuid>/claim/", views.claim_concern, name="claim_concern"),
    path("concerns/<uuid:concern_uuid>/call/", views.log_call, name="log_call"),
    path("concerns/<uuid:concern_uuid>/raise/", views.raise_concern, name="raise_concern"),
    path("concerns/<uuid:concern_uuid>/hand-back/", views.hand_back_concern, name="hand_back_concern"),
    path("concerns/<uuid:concern_uuid>/hand-over/", views.hand_over_concern, name="hand_over_concern"),
    path("concerns/<uuid:concern_uuid>/close/", views.close_concern, name="close_concern"),
    path("concerns/<uuid:concern_uuid>/release-holds/", views.release_holds, name="release_holds"),
    path("on-call/", views.rota, name="rota"),
    path("on-call/<uuid:site_uuid>/add/", views.add_shift, name="add_shift"),
    path("on-call/shifts/<uuid:shift_uuid>/remove/", views.remove_shift, name="remove_shift"),
    path("calls/<uuid:task_uuid>/", views.call_task, name="call_task"),
    path("calls/<uuid:task_uuid>/tried/", views.call_tried, name="call_tried"),
    path("check-ins/<uuid:check_in_uuid>/", views.staff_check_in, name="staff_check_in"),
    path("check-ins/<uuid:check_in_uuid>/answer/<slug:page>/", views.answer_for, name="answer_for"),
    path("patients/<uuid:patient_uuid>/messages/", views.messages, name="messages"),
    path("sessions/<uuid:session>/", views.session_aftercare, name="session_aftercare"),
    path("messages/", views.all_messages, name="all_messages"),
    path("patients/<uuid:patient_uuid>/address-works/", views.lift_address, name="lift_address"),
    path("messages/<uuid:message_uuid>/", views.message, name="message"),
    path("messages/<uuid:message_uuid>/hold/", views.hold_message, name="hold_message"),
    path("messages/<uuid:message_uuid>/release/", views.release_message, name="release_message"),
    path("messages/<uuid:message_uuid>/send-now/", views.send_message_now, name="send_message_now"),
    path("protocol/", views.protocol, name="protocol"),
    path("protocol/draft/", views.draft_protocol, name="draft_protocol"),
    path("protocol/<uuid:protocol_uuid>/", views.protocol_version, name="protocol_version"),
    path("protocol/<uuid:protocol_uuid>/targets/", views.protocol_targets, name="protocol_targets"),
    path("protocol/<uuid:protocol_uuid>/steps/<slug:code>/", views.protocol_step, name="protocol_step"),
    path("protocol/<uuid:protocol_uuid>/steps/<slug:code>/remove/", views.remove_step, name="remove_step"),
    path("protocol/<uuid:protocol_uuid>/steps/<slug:code>/preview/", views.preview_step, name="preview_step"),
    path("protocol/<uuid:protocol_uuid>/steps/<slug:code>/test/", views.test_step, name="test_step"),
    path("protocol/<uuid:protocol_uuid>/propose/", views.propose_protocol, name="propose_protocol"),
    path("protocol/<uuid:protocol_uuid>/approve/", views.approve_protocol, name="approve_protocol"),
    path("protocol/<uuid:protocol_uuid>/send-back/", views.send_back_protocol, name="send_back_protocol"),
    path("protocol/<uuid:protocol_uuid>/reopen/", views.reopen_protocol, name="reopen_protocol"),
    path("protocol/<uuid:protocol_uuid>/publish/", views.publish_protocol, name="publish_protocol"),
    path("protocol/<uuid:protocol_uuid>/discard/", views.discard_protocol, name="discard_protocol"),
]

"""Staff pages, in the order in which a course is run."""

from django.urls import path

from treatments.views import measurements, notes, photos, readings, sessions, steps, stock

app_name = "treatments"
urlpatterns = [
    path("inventory/", stock.inventory, name="inventory"),
    path("inventory/devices/", stock.add_device, name="add_device"),
    path("inventory/devices/<uuid:device>/retire/", stock.retire_device, name="retire_device"),
    path("inventory/lots/", stock.add_lot, name="add_lot"),
    path("inventory/products/", stock.add_product, name="add_product"),
    path("inventory/lots/<uuid:lot>/quarantine/", stock.quarantine, name="quarantine"),
    path("of/<uuid:patient>/", sessions.course, name="course"),
    path("of/<uuid:patient>/open/", sessions.open_session, name="open_session"),
    path("of/<uuid:patient>/patch-tests/", stock.patch_tests, name="patch_tests"),
    path("of/<uuid:patient>/events/<uuid:event>/close/", notes.close_event, name="close_event"),
    path("of/<uuid:patient>/measurements/", measurements.measurements, name="measurements"),
    path("of/<uuid:patient>/measurements/<uuid:measurement>/error/", measurements.measurement_error, name="measurement_error"),
    path("of/<uuid:patient>/measurements/<slug:kind>/", measurements.add, name="add_measurement"),
    path("readings/", readings.readings, name="readings"),
    path("readings/next/", readings.next_reading, name="next_reading"),
    path("readings/<uuid:reading>/", readings.reading, name="reading"),
    path("sessions/<uuid:session>/", sessions.session, name="session"),
    path("sessions/<uuid:session>/autosave/", sessions.autosave, name="autosave"),
    path("sessions/<uuid:session>/nothing-changed/", steps.nothing_changed, name="nothing_changed"),
    path("sessions/<uuid:session>/copy/", steps.copy_last, name="copy_last"),
    path("sessions/<uuid:session>/preset/", steps.apply_preset, name="apply_preset"),
    path("sessions/<uuid:session>/preset/keep/", steps.keep_preset, name="keep_preset"),
    path("sessions/<uuid:session>/preset/remove/", steps.remove_preset, name="remove_preset"),
    path("sessions/<uuid:session>/start/", steps.start, name="start"),
    path("sessions/<uuid:session>/block/", steps.change_block, name="change_block"),
    path("sessions/<uuid:session>/end/", steps.end, name="end"),
    path("sessions/<uuid:session>/sign/", steps.sign, name="sign"),
    path("sessions/<uuid:session>/addendum/", steps.addendum, name="addendum"),
    path("sessions/<uuid:session>/error/", steps.entered_in_error, name="entered_in_error"),
    path("sessions/<uuid:session>/event/", notes.event, name="event"),
    path("sessions/<uuid:session>/measure/", measurements.measure, name="measure"),
    path("sessions/<uuid:session>/photos/", photos.upload, name="upload"),
    path("photos/<uuid:photo>/", photos.photo, name="photo"),
    path("photos/<uuid:photo>/small/", photos.photo, {"size": "small"}, name="small_photo"),
]

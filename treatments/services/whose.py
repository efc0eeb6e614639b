"""A clinician says whose the photos and measurements of a session entered in error are (SETTLED 7, decision 0027)."""

from datetime import datetime

from django.utils.translation import gettext as _

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from treatments.models import TreatmentSession
from treatments.selectors.whose import measurements_in_doubt, photos_in_doubt
from treatments.services.measurements import mark_measurement_in_error
from treatments.services.photos.marks import mark_photo_in_error


def say_whose(*, record: TreatmentSession, theirs: bool, reason: str, by: Actor, at: datetime) -> int:
    """All that is in doubt at once. `theirs`: they show the patient they stand with, and are taken off the mistaken session, so that they
    count; their history keeps where they were. Else each is marked as entered in error with this reason. Returns how many; raises Refused.
    """
    if not reason.strip():
        raise Refused(_("Say how it is known."), field="text")
    with audit.write(by=by, action="session.say_whose", reason=reason):
        TreatmentSession.objects.select_for_update().get(pk=record.pk)  # two at once: the second one finds nothing in doubt
        photos, measurements = list(photos_in_doubt(record)), list(measurements_in_doubt(record))
        for photo in photos:
            if theirs:
                photo.session = None
                photo.save(update_fields=["session"])
            else:
                mark_photo_in_error(photo=photo, reason=reason, by=by, at=at)
        for measurement in measurements:
            if theirs:
                measurement.session = None
                measurement.save(update_fields=["session"])
            else:
                mark_measurement_in_error(measurement=measurement, reason=reason, by=by, at=at)
    return len(photos) + len(measurements)

"""Who noted what on a course, and when: from the history that triggers write."""

from dataclasses import dataclass
from datetime import datetime

from django.apps import apps

from treatments.models import Course

ZONES_NOTED, RESPONSE_NOTED = "course.zones", "course.response"


@dataclass(frozen=True)
class CourseNote:
    """The newest note of one kind."""

    by: str
    at: datetime
    reason: str


def course_notes(course: Course) -> dict[str, CourseNote]:
    """The newest note on `zones` and on `response`, where there is one."""
    rows = apps.get_model("treatments", "CourseEvent").objects.filter(pgh_obj_id=course.pk).order_by("pgh_id")
    found: dict[str, CourseNote] = {}
    for at, context in rows.values_list("pgh_created_at", "pgh_context"):
        known = context or {}
        if known.get("action") in (ZONES_NOTED, RESPONSE_NOTED):
            found[known["action"].removeprefix("course.")] = CourseNote(known.get("name", ""), at, known.get("reason", ""))
    return found

"""What one clinician sets again and again."""

import uuid
from typing import ClassVar

import pghistory
from django.db import models


@pghistory.track()
class SessionPreset(models.Model):
    """Depth and passes of some zones under a name, for one clinician. `zones` is a list of {zone, depth_hundredths, passes}."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    staff = models.ForeignKey("clinic.Staff", on_delete=models.CASCADE, related_name="session_presets")
    name = models.CharField(max_length=60)
    zones = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar[list[str]] = ["name", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["staff", "name"], name="one_preset_a_name")
        ]

    def __str__(self) -> str:
        return self.name

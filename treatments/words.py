"""What people call the vocabulary: zones of the scalp, endpoints of a pass."""

from django.utils.translation import gettext_lazy as _

from treatments.vocabulary import Endpoint, Zone

ZONE_WORDS = {
    Zone.FRONTAL_HAIRLINE: _("Frontal hairline"),
    Zone.TEMPLE_LEFT: _("Left temple"),
    Zone.TEMPLE_RIGHT: _("Right temple"),
    Zone.MID_SCALP: _("Mid-scalp"),
    Zone.VERTEX: _("Vertex"),
    Zone.OCCIPITAL: _("Occipital"),
}
ENDPOINT_WORDS = {
    Endpoint.NONE: _("None"),
    Endpoint.MILD_ERYTHEMA: _("Mild erythema"),
    Endpoint.PINPOINT_BLEEDING: _("Pinpoint bleeding"),
    Endpoint.FRANK_BLEEDING: _("Frank bleeding"),
}

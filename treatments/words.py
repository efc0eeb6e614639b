"""What people call the vocabulary: zones of the scalp, endpoints of a pass, kinds of product, patch readings, views and uses of a photo."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from treatments.vocabulary import (
    Endpoint,
    MarkShape,
    PatchResult,
    PhotoCheck,
    PhotoUse,
    PhotoView,
    ProductKind,
    Response,
    Zone,
)

ZONE_WORDS = {
    Zone.FRONTAL_HAIRLINE: _("Frontal hairline"),
    Zone.TEMPLE_LEFT: _("Left temple"),
    Zone.TEMPLE_RIGHT: _("Right temple"),
    Zone.MID_SCALP: _("Mid-scalp"),
    Zone.VERTEX: _("Vertex"),
    Zone.OCCIPITAL: _("Occipital"),
}
RESPONSE_WORDS = {Response.NOT_ASSESSED: _("not judged yet"), Response.SEEN: _("a response is seen"), Response.NONE: _("no response")}
SEVERITY_WORDS: dict[str, str | Promise] = {"BLOCK": _("stops"), "BLOCK_PRODUCT": _("stops this product"), "REASON": _("needs your reason"), "NOTE": _("note")}
ENDPOINT_WORDS = {
    Endpoint.NONE: _("None"),
    Endpoint.MILD_ERYTHEMA: _("Mild erythema"),
    Endpoint.PINPOINT_BLEEDING: _("Pinpoint bleeding"),
    Endpoint.FRANK_BLEEDING: _("Frank bleeding"),
}
KIND_WORDS: dict[str, str | Promise] = {
    ProductKind.SERUM_STERILE: _("Sterile serum"),
    ProductKind.GROWTH_FACTOR: _("Growth factor"),
    ProductKind.EXOSOME: _("Exosomes"),
    ProductKind.MINOXIDIL: _("Minoxidil"),
    ProductKind.COMPOUNDED_TOPICAL: _("Compounded topical"),
    ProductKind.RETINOID: _("Retinoid"),
    ProductKind.AHA: _("Fruit acid (AHA)"),
    ProductKind.EXFOLIANT: _("Exfoliant"),
    ProductKind.NONSTERILE_COSMETIC: _("Cosmetic, not sterile"),
    ProductKind.OTHER: _("Another product"),
}
PATCH_WORDS: dict[str, str | Promise] = {
    PatchResult.NEGATIVE: _("negative"),
    PatchResult.POSITIVE: _("positive"),
    PatchResult.DOUBTFUL: _("doubtful"),
    PatchResult.NOT_READ: _("not read"),
}
VIEW_WORDS: dict[str, str | Promise] = {
    PhotoView.FRONTAL_HAIRLINE: _("Frontal hairline"),
    PhotoView.VERTEX: _("Vertex"),
    PhotoView.MIDLINE: _("Midline part"),
    PhotoView.TEMPORAL_LEFT: _("Left temporal"),
    PhotoView.TEMPORAL_RIGHT: _("Right temporal"),
    PhotoView.OCCIPITAL: _("Occipital"),
}
USE_WORDS: dict[str, str | Promise] = {
    PhotoUse.RECORD: _("For the medical record"),
    PhotoUse.TEACHING: _("For teaching"),
    PhotoUse.PUBLICATION: _("For publication"),
}
SHAPE_WORDS: dict[str, str | Promise] = {MarkShape.CIRCLE: _("Circle"), MarkShape.ARROW: _("Arrow"), MarkShape.POINT: _("Point")}
# what is wrong, and what to do about it
CHECK_WORDS = {
    PhotoCheck.BLURRED: (_("Blurred"), _("Hold still, tap to focus on the hair, and take it again.")),
    PhotoCheck.DARK: (_("Too dark"), _("Use more light from the front, and take it again.")),
    PhotoCheck.BRIGHT: (_("Too bright"), _("Use less light, and take it again.")),
    PhotoCheck.BURNT_OUT: (_("Glare"), _("Part of the picture is white. Switch the flash off, and take it again.")),
    PhotoCheck.SMALL: (_("Small picture"), _("The short side has fewer points than this clinic asks for. Fine hairs may not show.")),
    PhotoCheck.OTHER_DAY: (_("Another day"), _("The camera's clock says another day than the session. Check the patient and the date.")),
}

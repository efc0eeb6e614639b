"""From any file to a fresh JPEG with nothing but pixels: upright, sRGB, one picture (R39–R43). No database, no disk."""

import io
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageFile, ImageFilter, ImageOps, ImageStat

from clinic.errors import Refused

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 40_000_000
SMALL_SIDE = 480
_MEASURED_SIDE = 1024
_FORMATS = ("JPEG", "PNG", "WEBP", "MPO")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis")
_DEEP = {"I;16", "I;16L", "I;16B", "I;16N", "I", "F"}
_EXIF, _TAKEN = 0x8769, 0x9003
_LAPLACE = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


class NotAPhoto(Refused):
    """What was sent is no JPEG, PNG or WebP, is too large, or is broken."""


@dataclass(frozen=True)
class Cleaned:
    """The picture (`jpeg`, sides in pixels), a small one for lists, what was measured, and the camera's own wall clock."""

    jpeg: bytes
    small: bytes
    width: int
    height: int
    measures: dict[str, float]
    camera_clock: datetime | None


def _refused(words: str) -> NotAPhoto:
    return NotAPhoto(words, field="photo")


def refuse_other_kinds(raw: bytes) -> None:
    """Look at size and first bytes alone, so that a web process never decodes anything. Raises NotAPhoto (R41, R42)."""
    if not raw:
        raise _refused(_("The file is empty. Please take the photo again."))
    if len(raw) > MOST_BYTES:
        raise _refused(_("The photo is larger than 15 MB."))
    if raw[4:8] == b"ftyp" and raw[8:12] in _HEIF_BRANDS:
        raise _refused(
            _(
                "This is a HEIC photo, which can't be used. On an iPhone: Settings, Camera, Formats, “Most compatible”. "
                "On Android: Camera settings, switch off “HEIF” or “High efficiency”. Then take the photo again."
            )
        )
    is_webp = raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"
    if not (raw.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or is_webp):
        raise _refused(_("Only JPEG, PNG and WebP photos can be used."))


def cleaned(raw: bytes) -> Cleaned:
    """The picture in `raw`, made anew. Raises NotAPhoto."""
    refuse_other_kinds(raw)
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # WeasyPrint switches it on for the whole process: half a photo would pass
    too_many = _("The photo has more than 40 million points. Use a smaller one.")
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise _refused(too_many)
            if getattr(opened, "is_animated", False) and opened.format in {"PNG", "WEBP"}:
                raise _refused(_("Moving pictures can't be used."))
            opened.seek(0)
            clock = _camera_clock(opened)
            picture = _to_srgb(_upright(opened))
    except NotAPhoto:
        raise
    except Image.DecompressionBombError as error:
        raise _refused(too_many) from error
    except Exception as error:  # Pillow raises many kinds for a broken or hostile file
        raise _refused(_("The file is broken. Please take the photo again, or send another one.")) from error
    return _drawn_again(picture, clock)


def _drawn_again(picture: Image.Image, clock: datetime | None) -> Cleaned:
    fresh = Image.new("RGB", picture.size, "white")
    fresh.paste(picture)
    small = fresh.copy()
    small.thumbnail((SMALL_SIDE, SMALL_SIDE), reducing_gap=3)
    return Cleaned(_jpeg(fresh, 92), _jpeg(small, 82), fresh.width, fresh.height, measured(fresh), clock)


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, subsampling=0)
    return out.getvalue()


def _upright(picture: Image.Image) -> Image.Image:
    with suppress(Exception):  # unreadable EXIF says nothing about how the camera was held
        return ImageOps.exif_transpose(picture) or picture
    return picture


def _camera_clock(picture: Image.Image) -> datetime | None:
    """When the camera thinks it took the picture, as its own wall clock without a zone; it is kept, the EXIF is not."""
    with suppress(Exception):  # whatever stands there: it is a hint, not a fact
        written = picture.getexif().get_ifd(_EXIF).get(_TAKEN)
        return datetime.strptime(str(written), "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 — its zone is not known
    return None


def _to_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if picture.mode in _DEEP:
        picture = picture.convert("I").point(lambda value: value / 256).convert("L")
    if picture.mode in {"RGBA", "LA", "P", "PA"} or "transparency" in picture.info:
        with_alpha = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size, "white")
        picture.paste(with_alpha, mask=with_alpha.getchannel("A"))
    if profile and picture.mode in {"RGB", "L", "CMYK"}:
        with suppress(ImageCms.PyCMSError, OSError):  # a broken profile: the plain values are the best there is
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return changed if changed is not None else picture.convert("RGB")
    return picture.convert("RGB")


def measured(picture: Image.Image) -> dict[str, float]:
    """Sharpness (variance of the Laplacian), mean brightness 0–255, percent of points that are burnt out.

    On the picture reduced to 1024 points, so that cameras with more of them are not called blurred.
    """
    reduced = picture.copy()
    reduced.thumbnail((_MEASURED_SIDE, _MEASURED_SIDE), reducing_gap=3)
    grey = reduced.convert("L")
    inner = (1, 1, max(2, grey.width - 1), max(2, grey.height - 1))
    sharpness = ImageStat.Stat(grey.filter(_LAPLACE).crop(inner)).var[0]
    histogram = grey.histogram()
    burnt = 100 * sum(histogram[251:]) / (grey.width * grey.height)
    return {"sharpness": round(sharpness, 1), "brightness": round(ImageStat.Stat(grey).mean[0], 1), "burnt_percent": round(burnt, 1)}

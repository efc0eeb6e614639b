"""Photos: read by content, redrawn into a fresh picture, encrypted under the patient's key (R39–R46)."""

import base64
import hashlib
import io
import os
import secrets
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from PIL import Image, ImageCms, ImageOps

from clinic import audit
from clinic.audit import Actor
from clinic.errors import Refused
from patients.models import Patient
from treatments.models import Photo, PhotoKey, TreatmentSession

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 40_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "MPO")
_NONCE = 12
_TOO_MANY_POINTS = "The photo has more than 40 million points. Use a smaller one."


class NotAPhoto(Refused):
    """What was uploaded is no JPEG, PNG or WebP, is too large, or is broken."""


def cleaned(raw: bytes) -> tuple[bytes, int, int]:
    """A fresh upright sRGB JPEG with nothing but pixels, and its width and height. Raises NotAPhoto."""
    if not raw:
        raise NotAPhoto("The file is empty. Please take the photo again.", field="photo")
    if len(raw) > MOST_BYTES:
        raise NotAPhoto("The photo is larger than 15 MB.", field="photo")
    try:
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP", "MPO")) as opened:
            if opened.format not in _FORMATS or opened.width * opened.height > MOST_PIXELS:
                raise NotAPhoto(_TOO_MANY_POINTS, field="photo")
            if getattr(opened, "is_animated", False) and opened.format in {"PNG", "WEBP"}:
                raise NotAPhoto("Moving pictures can't be used.", field="photo")
            opened.seek(0)
            picture = _to_srgb(ImageOps.exif_transpose(opened) or opened)
    except NotAPhoto:
        raise
    except Image.DecompressionBombError as error:
        raise NotAPhoto(_TOO_MANY_POINTS, field="photo") from error
    except Exception as error:  # Pillow raises many kinds for a broken or hostile file
        raise NotAPhoto("Only JPEG, PNG and WebP photos can be used. Export a HEIC photo as JPEG first.", field="photo") from error
    fresh = Image.new("RGB", picture.size, "white")
    fresh.paste(picture)
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue(), fresh.width, fresh.height


def _to_srgb(picture: Image.Image) -> Image.Image:
    profile = picture.info.get("icc_profile")
    if picture.mode in {"I;16", "I", "F"}:
        picture = picture.point(lambda value: value / 256).convert("L")
    if picture.mode in {"RGBA", "LA", "P"}:
        with_alpha = picture.convert("RGBA")
        back = Image.new("RGB", picture.size, "white")
        back.paste(with_alpha, mask=with_alpha.getchannel("A"))
        picture = back
    if profile and picture.mode in {"RGB", "L", "CMYK"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return changed if changed is not None else picture.convert("RGB")
        except ImageCms.PyCMSError:
            pass  # a broken profile: the plain values are the best there is
    return picture.convert("RGB")


def _clinic_cipher() -> AESGCM:
    return AESGCM(base64.b64decode(settings.FILE_KEY))


def _key_of(patient: Patient) -> bytes:
    row = PhotoKey.objects.filter(patient=patient).first()
    if row is None:
        key, nonce = AESGCM.generate_key(256), os.urandom(_NONCE)
        wrapped = nonce + _clinic_cipher().encrypt(nonce, key, b"photo key")
        row, _made = PhotoKey.objects.get_or_create(patient=patient, defaults={"wrapped": wrapped})
    raw = bytes(row.wrapped)
    return _clinic_cipher().decrypt(raw[:_NONCE], raw[_NONCE:], b"photo key")


def store_photo(
    *, patient: Patient, session: TreatmentSession | None, view: str, raw: bytes, by: Actor, at: datetime
) -> Photo:
    """Clean, encrypt and keep one photo. Raises NotAPhoto; nothing readable stays after a failure."""
    jpeg, width, height = cleaned(raw)
    with audit.write(by=by, action="photo.store"):
        name, nonce = secrets.token_hex(16), os.urandom(_NONCE)
        sealed = nonce + AESGCM(_key_of(patient)).encrypt(nonce, jpeg, name.encode())
        settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(settings.MEDIA_ROOT / name, "xb", opener=lambda p, f: os.open(p, f, 0o600)) as file:
            file.write(sealed)
        return Photo.objects.create(
            patient=patient, session=session, view=view, file_name=name, width=width, height=height,
            sha256=hashlib.sha256(jpeg).hexdigest(), taken_at=at, uploaded_by=by.name[:160],
        )  # fmt: skip


def opened(photo: Photo) -> bytes:
    """The JPEG. Raises NotAPhoto when a byte was changed or the key is gone."""
    sealed = (settings.MEDIA_ROOT / photo.file_name).read_bytes()
    try:
        return AESGCM(_key_of(photo.patient)).decrypt(sealed[:_NONCE], sealed[_NONCE:], photo.file_name.encode())
    except InvalidTag as error:
        raise NotAPhoto("This photo was changed on disk and is not shown.") from error

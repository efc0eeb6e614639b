"""Photo files: AES-GCM with the patient's key, itself wrapped by the clinic's; random names; written whole or not at all (R46)."""

import base64
import os
import time
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _

from patients.models import Patient
from treatments.models import Photo, PhotoKey
from treatments.services.photos.cleaning import NotAPhoto

_NONCE = 12
_WRAPPED_AS = b"photo key"


def _quarantine() -> Path:
    return settings.MEDIA_ROOT / "quarantine"


def small_name(name: str) -> str:
    """The file of the small picture beside a photo."""
    return f"{name}-small"


def _clinic_cipher() -> AESGCM:
    return AESGCM(base64.b64decode(settings.FILE_KEY))


def _cipher(patient: Patient, *, make: bool = False) -> AESGCM:
    """The patient's key, unwrapped. Raises NotAPhoto when there is none: it was destroyed, and the photos with it."""
    row = PhotoKey.objects.filter(patient=patient).first()
    if row is None and make:
        nonce = os.urandom(_NONCE)
        wrapped = nonce + _clinic_cipher().encrypt(nonce, AESGCM.generate_key(256), _WRAPPED_AS)
        row, _made = PhotoKey.objects.get_or_create(patient=patient, defaults={"wrapped": wrapped})
    if row is None:
        raise NotAPhoto(_("This patient's photos were erased."))
    raw = bytes(row.wrapped)
    return AESGCM(_clinic_cipher().decrypt(raw[:_NONCE], raw[_NONCE:], _WRAPPED_AS))


def _write(path: Path, sealed: bytes) -> None:
    """Whole or not at all, and on the disk when this returns: a crash afterwards loses nothing."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    with open(part, "wb", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
        file.write(sealed)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _seal(cipher: AESGCM, content: bytes, name: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, content, name.encode())


def _unseal(path: Path, cipher: AESGCM, name: str) -> bytes:
    sealed = path.read_bytes()
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], name.encode())
    except InvalidTag as error:
        raise NotAPhoto(_("This photo was changed on disk and is not shown.")) from error


def quarantine(patient: Patient, name: str, raw: bytes) -> None:
    """Keep a file as it was sent, sealed, until a worker looks at it."""
    _write(_quarantine() / name, _seal(_cipher(patient, make=True), raw, f"quarantine {name}"))


def quarantined(patient: Patient, name: str) -> bytes:
    """As it was sent. Raises FileNotFoundError, NotAPhoto."""
    return _unseal(_quarantine() / name, _cipher(patient), f"quarantine {name}")


def keep(patient: Patient, name: str, jpeg: bytes, small: bytes) -> None:
    """A cleaned photo and its small picture. Again under the same name is the same."""
    cipher = _cipher(patient, make=True)
    _write(settings.MEDIA_ROOT / name, _seal(cipher, jpeg, name))
    _write(settings.MEDIA_ROOT / small_name(name), _seal(cipher, small, small_name(name)))


def release(name: str) -> None:
    """The quarantined file has done its work."""
    (_quarantine() / name).unlink(missing_ok=True)


def discard(name: str) -> None:
    """Nothing of a refused file stays."""
    for path in (_quarantine() / name, settings.MEDIA_ROOT / name, settings.MEDIA_ROOT / small_name(name)):
        path.unlink(missing_ok=True)


def opened(photo: Photo, *, small: bool = False) -> bytes:
    """The JPEG, or the small one where there is one. Raises NotAPhoto when a byte was changed or the key is gone."""
    name = small_name(photo.file_name) if small else photo.file_name
    if small and not (settings.MEDIA_ROOT / name).exists():
        name = photo.file_name
    return _unseal(settings.MEDIA_ROOT / name, _cipher(photo.patient), name)


def leftovers(*, waiting: set[str], older_than_seconds: float = 3600) -> int:
    """Delete what a crash left behind: quarantined files that nobody waits for, and parts. Returns how many."""
    now, gone = time.time(), 0
    for folder in (_quarantine(), settings.MEDIA_ROOT):
        for path in folder.iterdir() if folder.is_dir() else ():
            orphan = path.name.endswith(".part") or (folder == _quarantine() and path.name not in waiting)
            if path.is_file() and orphan and now - path.stat().st_mtime > older_than_seconds:
                path.unlink(missing_ok=True)
                gone += 1
    return gone

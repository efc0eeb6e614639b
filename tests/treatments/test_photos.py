"""Photos come back as pixels only, upright, in sRGB, encrypted on disk (R39–R46)."""

import io
import time
import zlib
from typing import Any

import pytest
from django.conf import settings
from PIL import Image, ImageCms, PngImagePlugin

from clinic.audit import Actor
from clinic.models import Site, Staff
from tests.treatments.make import DAY, make_patient, picture
from treatments import services
from treatments.models import Photo, PhotoKey
from treatments.services.photos import MOST_BYTES, NotAPhoto, cleaned

CANARY = b"CANARY-7f3a"


def with_exif(**tags: Any) -> bytes:
    """A JPEG with GPS, maker note, comment, XMP and a description."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (51.0, 30.0, 12.0)
    exif.get_ifd(0x8769)[0x927C] = CANARY
    for tag, value in tags.items():
        exif[int(tag.removeprefix("t"))] = value
    return picture(size=(40, 30), exif=exif, comment=CANARY, xmp=b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>")


class TestWhatIsTakenOut:
    """R39, R40: a fresh JPEG, with nothing of the old file but the picture."""

    def test_gps_exif_xmp_and_comment_are_gone(self) -> None:
        raw = with_exif()
        assert CANARY in raw and b"Exif" in raw
        clean, _w, _h = cleaned(raw)
        assert CANARY not in clean and b"Exif" not in clean and b"xmpmeta" not in clean
        with Image.open(io.BytesIO(clean)) as seen:
            assert seen.format == "JPEG" and not seen.getexif() and set(seen.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}

    def test_text_of_a_png_is_gone(self) -> None:
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", CANARY.decode())
        raw = picture("PNG", pnginfo=info)
        assert CANARY in raw
        assert CANARY not in cleaned(raw)[0]

    @pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"<?php system($_GET[0]);", b"PK\x03\x04" + CANARY])
    def test_trailing_bytes_are_gone(self, tail: bytes) -> None:
        clean, _w, _h = cleaned(picture() + tail)
        assert tail not in clean and clean.endswith(b"\xff\xd9")

    def test_the_picture_is_turned_upright(self) -> None:
        _clean, width, height = cleaned(with_exif(t274=6))
        assert (width, height) == (30, 40)

    def test_a_colour_profile_is_applied_and_gone(self) -> None:
        raw = picture(icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
        clean, _w, _h = cleaned(raw)
        with Image.open(io.BytesIO(clean)) as seen:
            assert "icc_profile" not in seen.info
            red, green, blue = seen.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
        assert abs(red - 200) <= 3 and abs(green - 30) <= 3 and abs(blue - 30) <= 3

    def test_of_several_pictures_only_the_first_is_kept(self) -> None:
        out = io.BytesIO()
        Image.new("RGB", (40, 30), "red").save(out, "MPO", save_all=True, append_images=[Image.new("RGB", (40, 30), "blue")])
        clean, _w, _h = cleaned(out.getvalue())
        with Image.open(io.BytesIO(clean)) as seen:
            assert seen.format == "JPEG" and getattr(seen, "n_frames", 1) == 1
            assert seen.convert("RGB").getpixel((5, 5))[0] > 200  # type: ignore[index]

    def test_what_is_see_through_becomes_white(self) -> None:
        out = io.BytesIO()
        Image.new("RGBA", (10, 10), (0, 0, 0, 0)).save(out, "PNG")
        with Image.open(io.BytesIO(cleaned(out.getvalue())[0])) as seen:
            assert seen.convert("RGB").getpixel((5, 5)) == (255, 255, 255)


class TestWhatIsRefused:
    """R41: by content, whatever the name."""

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
            b"%PDF-1.7\n%%EOF",
            b"<!doctype html><p>hello",
            b"%!PS-Adobe-3.0 EPSF-3.0",
            b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic",
            picture()[:60],
        ],
        ids=["empty", "svg", "pdf", "html", "eps", "heic", "cut off"],
    )
    def test_other_files(self, raw: bytes) -> None:
        with pytest.raises(NotAPhoto) as refused:
            cleaned(raw)
        assert refused.value.field == "photo" and refused.value.message

    @pytest.mark.parametrize("kind", ["GIF", "TIFF", "BMP"])
    def test_other_pictures(self, kind: str) -> None:
        with pytest.raises(NotAPhoto, match="Only JPEG, PNG and WebP"):
            cleaned(picture(kind))

    def test_moving_pictures(self) -> None:
        out = io.BytesIO()
        Image.new("RGB", (9, 9), "red").save(out, "WEBP", save_all=True, append_images=[Image.new("RGB", (9, 9), "blue")])
        with pytest.raises(NotAPhoto, match="Moving"):
            cleaned(out.getvalue())

    def test_more_than_15_mb(self) -> None:
        with pytest.raises(NotAPhoto, match="15 MB"):
            cleaned(picture() + b"\0" * MOST_BYTES)

    @pytest.mark.parametrize("side", [7_000, 20_000, 60_000])
    def test_too_many_points_are_refused_before_they_are_decoded(self, side: int) -> None:
        raw = bytearray(picture("PNG"))
        raw[16:24] = side.to_bytes(4, "big") * 2
        raw[29:33] = zlib.crc32(bytes(raw[12:29])).to_bytes(4, "big")
        began = time.monotonic()
        with pytest.raises(NotAPhoto, match="40 million"):
            cleaned(bytes(raw))
        assert time.monotonic() - began < 1


class TestOnDisk:
    def stored(self, site: Site, staff: Staff) -> Photo:
        patient = make_patient(site)
        return services.store_photo(patient=patient, session=None, view="vertex", raw=with_exif(), by=Actor.of_staff(staff), at=DAY)

    def test_the_file_is_sealed_under_a_random_name(self, site: Site, amara: Staff) -> None:
        photo = self.stored(site, amara)
        raw = (settings.MEDIA_ROOT / photo.file_name).read_bytes()
        assert b"\xff\xd8\xff" not in raw and b"JFIF" not in raw
        assert services.opened(photo)[:3] == b"\xff\xd8\xff"
        assert (settings.MEDIA_ROOT / photo.file_name).stat().st_mode & 0o077 == 0

    def test_a_flipped_byte_is_refused(self, site: Site, amara: Staff) -> None:
        photo = self.stored(site, amara)
        path = settings.MEDIA_ROOT / photo.file_name
        raw = bytearray(path.read_bytes())
        raw[-20] ^= 1
        path.write_bytes(bytes(raw))
        with pytest.raises(NotAPhoto, match="changed on disk"):
            services.opened(photo)

    def test_each_patient_has_a_key_that_is_not_stored_plainly(self, site: Site, amara: Staff) -> None:
        one, two = self.stored(site, amara), self.stored(site, amara)
        first, second = PhotoKey.objects.get(patient=one.patient), PhotoKey.objects.get(patient=two.patient)
        assert bytes(first.wrapped) != bytes(second.wrapped) and len(bytes(first.wrapped)) == 12 + 32 + 16

    def test_without_the_patients_key_nobody_opens_it_again(self, site: Site, amara: Staff) -> None:
        photo = self.stored(site, amara)
        PhotoKey.objects.filter(patient=photo.patient).delete()
        with pytest.raises(NotAPhoto):
            services.opened(photo)

    def test_a_refused_file_leaves_nothing(self, site: Site, amara: Staff) -> None:
        before = set(settings.MEDIA_ROOT.glob("*")) if settings.MEDIA_ROOT.exists() else set()
        with pytest.raises(NotAPhoto):
            services.store_photo(patient=make_patient(site), session=None, view="vertex", raw=b"no", by=Actor.of_staff(amara), at=DAY)
        assert (set(settings.MEDIA_ROOT.glob("*")) if settings.MEDIA_ROOT.exists() else set()) == before and not Photo.objects.exists()

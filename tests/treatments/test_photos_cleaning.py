"""R39–R43: whatever comes in, a fresh upright sRGB JPEG comes out, or a refusal in plain words."""

import io
import math
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter

from tests.treatments import camera
from tests.treatments.camera import CANARY, corners, exif_jpeg, held, jpeg_segments
from tests.treatments.make import picture
from treatments.services.photos import MOST_BYTES, MOST_PIXELS, NotAPhoto, cleaned

ROOT = Path(__file__).resolve().parents[2]
_BARE = {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9}  # start, JFIF, tables, frame, tables, scan, end: no other segment


def assert_bare(jpeg: bytes) -> None:
    """Nothing but a picture: by a reader of our own."""
    segments, behind = jpeg_segments(jpeg)
    assert behind == b""
    assert {marker for marker, _payload in segments} <= _BARE
    jfif = [payload for marker, payload in segments if marker == 0xE0]
    assert len(jfif) == 1 and jfif[0][:5] == b"JFIF\0" and len(jfif[0]) == 14  # no thumbnail either
    assert CANARY not in jpeg


def seen(jpeg: bytes) -> Image.Image:
    """As a browser shows it."""
    with Image.open(io.BytesIO(jpeg)) as opened:
        return opened.convert("RGB")


def zipped() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", CANARY)
    return out.getvalue()


class TestWhatIsTakenOut:
    """R39, R40."""

    def test_the_reader_finds_what_a_phone_writes(self) -> None:
        segments, _behind = jpeg_segments(exif_jpeg(corners()))
        assert {0xE1, 0xED, 0xEB, 0xFE} <= {marker for marker, _payload in segments}
        assert sum(CANARY in payload for _marker, payload in segments) >= 5

    def test_gps_maker_note_xmp_iptc_comment_and_profile_are_gone(self) -> None:
        raw = exif_jpeg(corners(), icc=camera.p3_profile())
        assert raw.count(CANARY) >= 8
        clean = cleaned(raw)
        assert_bare(clean.jpeg)
        assert_bare(clean.small)

    def test_text_of_a_png_and_of_a_webp_is_gone(self) -> None:
        assert CANARY in camera.png_with_text()
        assert_bare(cleaned(camera.png_with_text()).jpeg)
        raw = picture("WEBP", exif=b"Exif\0\0" + CANARY, xmp=CANARY)
        assert raw.count(CANARY) == 2
        assert_bare(cleaned(raw).jpeg)

    @pytest.mark.parametrize("tail", [b"<script>alert('" + CANARY + b"')</script>", b"<?php system('" + CANARY + b"');", zipped(), b"\0" * 5000])
    def test_trailing_bytes_are_gone(self, tail: bytes) -> None:
        for raw in (picture() + tail, picture("PNG") + tail):
            assert_bare(cleaned(raw).jpeg)

    def test_a_script_in_a_comment_and_a_thumbnail_are_gone(self) -> None:
        raw = camera.insert_segment(picture(), 0xFE, b"*/=alert(1)/*" + CANARY)
        raw = camera.insert_segment(raw, 0xE2, b"ICC_PROFILE\0\x01\x01" + CANARY)  # a broken profile
        assert_bare(cleaned(raw).jpeg)

    def test_the_camera_s_clock_is_read_before_it_goes(self) -> None:
        assert cleaned(exif_jpeg(corners())).camera_clock == datetime(2026, 3, 2, 11, 15)
        assert cleaned(picture()).camera_clock is None


class TestColour:
    """R39: sRGB, ΔE at most 3."""

    CHART = [(r, g, b) for r in (20, 128, 230) for g in (20, 128, 230) for b in (20, 128, 230)]

    def chart(self) -> Image.Image:
        chart = Image.new("RGB", (27 * 16, 16))
        for number, colour in enumerate(self.CHART):
            chart.paste(colour, (number * 16, 0, number * 16 + 16, 16))
        return chart

    def worst(self, jpeg: bytes) -> float:
        shown = seen(jpeg)
        pairs = [(shown.getpixel((n * 16 + 8, 8)), camera.p3_as_srgb(*colour)) for n, colour in enumerate(self.CHART)]
        return max(math.dist(camera.lab(*got), camera.lab(*wanted)) for got, wanted in pairs)  # type: ignore[misc]

    def test_a_p3_chart_looks_the_same_in_srgb(self) -> None:
        for kind in ("JPEG", "PNG", "WEBP"):
            out = io.BytesIO()
            options = {"lossless": True} if kind == "WEBP" else {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
            self.chart().save(out, kind, icc_profile=camera.p3_profile(), **options)
            assert self.worst(cleaned(out.getvalue()).jpeg) <= 3, kind

    def test_without_the_profile_the_chart_would_not_pass(self) -> None:
        out = io.BytesIO()
        self.chart().save(out, "PNG")
        assert self.worst(cleaned(out.getvalue()).jpeg) > 10

    def test_sixteen_bit_pictures_keep_their_greys(self) -> None:
        ramp = [round(x * 65535 / 255) for x in range(256)]
        grey = b"".join(b"\0" + b"".join(v.to_bytes(2, "big") for v in ramp) for _row in range(8))
        colour = b"".join(b"\0" + b"".join(v.to_bytes(2, "big") * 3 for v in ramp) for _row in range(8))
        for raw in (camera.png(256, 8, depth=16, colour=0, rows=grey), camera.png(256, 8, depth=16, colour=2, rows=colour)):
            shown = seen(cleaned(raw).jpeg)
            assert all(abs(shown.getpixel((x, 4))[0] - x) <= 3 for x in range(256))  # type: ignore[index]

    def test_grey_cmyk_palette_and_see_through(self) -> None:
        for mode, colour, wanted in (("L", 128, (128,) * 3), ("CMYK", (0, 255, 255, 0), (254, 0, 0)), ("P", 0, (0, 0, 0))):
            out = io.BytesIO()
            Image.new(mode, (16, 16), colour).save(out, "PNG" if mode == "P" else "JPEG")
            got = seen(cleaned(out.getvalue()).jpeg).getpixel((8, 8))
            assert max(abs(a - b) for a, b in zip(got, wanted, strict=True)) <= 4, mode  # type: ignore[arg-type]
        for mode in ("RGBA", "LA"):
            out = io.BytesIO()
            Image.new(mode, (10, 10)).save(out, "PNG")
            assert seen(cleaned(out.getvalue()).jpeg).getpixel((5, 5)) == (255, 255, 255)


class TestUpright:
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_however_the_camera_was_held(self, orientation: int) -> None:
        raw = exif_jpeg(held(corners(), orientation), orientation=orientation)
        clean = cleaned(raw)
        assert (clean.width, clean.height) == (64, 48)
        got = [seen(clean.jpeg).getpixel(at) for at in ((8, 8), (56, 8), (8, 40), (56, 40))]
        wanted = [corners().getpixel(at) for at in ((8, 8), (56, 8), (8, 40), (56, 40))]
        assert all(max(abs(a - b) for a, b in zip(one, two, strict=True)) < 12 for one, two in zip(got, wanted, strict=True))  # type: ignore[arg-type]

    def test_a_nonsense_orientation_is_left_alone(self) -> None:
        assert cleaned(exif_jpeg(corners(), orientation=99)).width == 64


class TestSeveral:
    """R43."""

    def test_of_a_multi_picture_file_the_first_is_kept(self) -> None:
        clean = cleaned(camera.mpo(Image.new("RGB", (40, 30), "red"), Image.new("RGB", (40, 30), "blue")))
        assert_bare(clean.jpeg)
        assert seen(clean.jpeg).getpixel((5, 5))[0] > 200  # type: ignore[index]

    @pytest.mark.parametrize("kind", ["WEBP", "PNG"])
    def test_moving_pictures_are_refused(self, kind: str) -> None:
        out = io.BytesIO()
        Image.new("RGB", (9, 9), "red").save(out, kind, save_all=True, append_images=[Image.new("RGB", (9, 9), "blue")])
        with pytest.raises(NotAPhoto, match="Moving"):
            cleaned(out.getvalue())


class TestWhatIsRefused:
    """R41: by content, whatever the name."""

    @pytest.mark.parametrize(
        "raw",
        [
            b"", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", b"%PDF-1.7\n%%EOF", b"<!doctype html><p>hello",
            b"%!PS-Adobe-3.0 EPSF-3.0", picture()[:60], b"\xff\xd8\xff\xd9", zipped(), picture("GIF"), picture("TIFF"), picture("BMP"), picture("ICO"),
            picture("PNG")[:50], b"RIFF\x10\0\0\0WEBPVP8 ", b"RIFF\x10\0\0\0AVI LIST",
        ],
        ids=["empty", "svg", "pdf", "html", "eps", "cut", "nothing", "zip", "gif", "tiff", "bmp", "ico", "png cut", "webp cut", "avi"],
    )  # fmt: skip
    def test_other_and_broken_files(self, raw: bytes) -> None:
        self.refused(raw)

    def test_half_a_photo_is_refused_also_after_a_pdf_was_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("PIL.ImageFile.LOAD_TRUNCATED_IMAGES", True)  # as WeasyPrint leaves it
        self.refused(picture("PNG")[:50])
        self.refused(picture()[:400])

    def refused(self, raw: bytes) -> None:
        with pytest.raises(NotAPhoto) as refused:
            cleaned(raw)
        assert refused.value.field == "photo" and len(refused.value.message) > 20

    @pytest.mark.parametrize("brand", [b"heic", b"mif1", b"hevc", b"avif"])
    def test_heic_is_refused_with_the_way_out(self, brand: bytes) -> None:
        with pytest.raises(NotAPhoto, match="Most compatible"):
            cleaned(b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic")

    def test_more_than_15_mb(self) -> None:
        assert cleaned(picture() + b"\0" * (MOST_BYTES - len(picture()))).width == 40
        with pytest.raises(NotAPhoto, match="15 MB"):
            cleaned(picture() + b"\0" * MOST_BYTES)


class TestSize:
    """R42: 40 million points are the limit, told by the header."""

    @pytest.mark.parametrize(("width", "height"), [(8000, 5000), (5000, 8000)])
    def test_forty_million_points_are_taken(self, width: int, height: int) -> None:
        assert width * height == MOST_PIXELS
        out = io.BytesIO()
        Image.new("L", (width, height), 90).save(out, "JPEG")
        clean = cleaned(out.getvalue())
        assert (clean.width, clean.height) == (width, height)

    @pytest.mark.parametrize("size", [(8001, 5000), (20_000, 20_000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)])
    def test_one_more_is_refused_by_its_header(self, size: tuple[int, int]) -> None:
        with pytest.raises(NotAPhoto, match="40 million"):
            cleaned(camera.png(*size, depth=8, colour=2))

    def test_bombs_cost_neither_time_nor_memory(self, tmp_path: Path) -> None:
        """Each in a process of its own, which may use one second of computing and 300 MB in all."""
        bombs = {
            "png": camera.png(60_000, 60_000, depth=8, colour=6), "text": camera.text_bomb(), "webp": camera.webp_header(16_383, 16_383),
            "jpeg": bytes(picture()).replace(b"\x00\x1e\x00\x28", b"\xff\xff\xff\xff", 1), "cut": exif_jpeg(corners())[:900], "empty": b"",
        }  # fmt: skip
        for name, raw in bombs.items():
            (tmp_path / name).write_bytes(raw)
            found = subprocess.run([sys.executable, "-c", _MEASURE, str(tmp_path / name)], capture_output=True, text=True, check=False, cwd=ROOT)
            assert found.returncode == 0, f"{name}: {found.stderr[-600:]}"
            said, seconds, megabytes = found.stdout.split()
            assert said == "refused", name
            assert float(seconds) < 1 and float(megabytes) < 300, f"{name}: {seconds} s, {megabytes} MB"


_MEASURE = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
os.environ["ANAGEN_ENV"] = "test"
import django
django.setup()
from treatments.services.photos import NotAPhoto, cleaned
raw, began = open(sys.argv[1], "rb").read(), time.process_time()
try:
    cleaned(raw)
    said = "taken"
except NotAPhoto:
    said = "refused"
print(said, time.process_time() - began, int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024)
"""


def strokes(size: tuple[int, int] = (1200, 900)) -> Image.Image:
    """Something like hair: many thin dark lines on skin."""
    drawn = Image.new("RGB", size, (214, 170, 145))
    pen = ImageDraw.Draw(drawn)
    for number in range(2500):
        x, y = (number * 7919) % size[0], (number * 104_729) % size[1]
        pen.line((x, y, x + 14, y + 30), fill=(60, 42, 32), width=2)
    return drawn


class TestMeasures:
    """What the checks are judged by."""

    def measures(self, drawn: Image.Image) -> dict[str, float]:
        out = io.BytesIO()
        drawn.save(out, "JPEG", quality=90)
        return cleaned(out.getvalue()).measures

    def test_a_blurred_picture_is_far_less_sharp(self) -> None:
        sharp = self.measures(strokes())["sharpness"]
        blurred = self.measures(strokes().filter(ImageFilter.GaussianBlur(6)))["sharpness"]
        assert sharp > 200 and blurred < 20

    def test_more_points_do_not_make_it_blurred(self) -> None:
        large = strokes().resize((4800, 3600), Image.Resampling.BICUBIC)
        assert self.measures(large)["sharpness"] > 200

    def test_brightness_and_glare(self) -> None:
        assert self.measures(strokes().point(lambda v: v // 8))["brightness"] < 30
        assert self.measures(strokes().point(lambda v: min(255, v * 3)))["burnt_percent"] > 12
        assert self.measures(strokes())["burnt_percent"] == 0

"""Drawn scalps for the demo: six views, hair that grows over the months. Clearly drawings, nobody's head."""

import io
import math
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

from treatments.services.photos.cleaning import SMALL_SIDE, measured
from treatments.vocabulary import PhotoView

DRAWN = (1000, 750)
KEPT = (2668, 2001)
STAGES = (0.22, 0.42, 0.68)  # how much of the thin area is covered: at first, after three months, after six
_STROKES = 4600


@dataclass(frozen=True)
class Look:
    """Colours of skin and hair, and how long the hair is in points."""

    skin: tuple[int, int, int]
    hair: tuple[int, int, int]
    length: int


LOOKS = (Look((226, 184, 158), (74, 52, 38), 48), Look((150, 104, 78), (32, 24, 22), 43))


@dataclass(frozen=True)
class Drawn:
    """A picture as a file, a small one, and what the check measures on it."""

    jpeg: bytes
    small: bytes
    measures: dict[str, float]


# where a head is, where its hair is thin, and which way the hair lies: places as parts of the picture
def _crown(x: float, y: float) -> tuple[float, float]:
    away = math.hypot(x - 0.5, (y - 0.5) * 0.75)
    return min(1.0, max(0.0, (0.24 - away) / 0.12)), math.atan2(y - 0.5, x - 0.5) + 0.9


def _parting(x: float, y: float) -> tuple[float, float]:
    away = abs(x - 0.5 + 0.02 * math.sin(y * 9))
    return min(1.0, max(0.0, (0.13 - away) / 0.09)), (0.0 if x > 0.5 else math.pi) + 0.5 * (y - 0.5)


def _hairline(x: float, y: float) -> tuple[float, float]:
    edge = 0.56 - 0.16 * abs(math.sin((x - 0.5) * math.pi * 1.5)) ** 1.5
    if y > edge:
        return 2.0, 0.0
    return min(1.0, max(0.0, 1 - (edge - y) / 0.2)), -math.pi / 2 + (x - 0.5) * 1.6


def _temple(x: float, y: float) -> tuple[float, float]:
    edge = 0.34 + 0.18 * math.sin(y * 4.2)
    if x < edge - 0.02 or (y > 0.72 and x < 0.55):
        return 2.0, 0.0
    return min(1.0, max(0.0, 1 - (x - edge) / 0.22)), 0.25 + (y - 0.4) * 0.8


def _back(x: float, y: float) -> tuple[float, float]:
    return min(0.75, max(0.0, (0.34 - y) / 0.3)), math.pi / 2 + (x - 0.5) * 0.9


_FIELDS: dict[PhotoView, Callable[[float, float], tuple[float, float]]] = {
    PhotoView.VERTEX: _crown, PhotoView.MIDLINE: _parting, PhotoView.FRONTAL_HAIRLINE: _hairline, PhotoView.TEMPORAL_LEFT: _temple,
    PhotoView.TEMPORAL_RIGHT: _temple, PhotoView.OCCIPITAL: _back,
}  # fmt: skip


def drawing(view: PhotoView, stage: int, look: Look, seed: int = 0) -> Image.Image:
    """One view at one stage: the same head each time, a little turned, with more hair."""
    dice, cover = random.Random(f"{view}{seed}"), STAGES[stage]  # the same seed: the same hairs, and then more of them
    width, height = DRAWN
    picture = Image.new("RGB", DRAWN, (196, 204, 208))
    pen = ImageDraw.Draw(picture)
    head = (width * 0.06, height * 0.03, width * 0.94, height * 0.97)
    pen.ellipse(head, fill=look.skin)
    pen.ellipse((width * 0.2, height * 0.1, width * 0.66, height * 0.6), fill=tuple(min(255, c + 10) for c in look.skin))
    picture = picture.filter(ImageFilter.GaussianBlur(14))
    pen = ImageDraw.Draw(picture)
    for _stroke in range(_STROKES):
        x, y, luck, shade, turn, long = (dice.random() for _ in range(6))
        thin, way = _FIELDS[view](x, y)
        inside = ((x - 0.5) / 0.43) ** 2 + ((y - 0.5) / 0.46) ** 2 < 1
        if inside and thin <= 1 and luck < 1 - thin * (1 - cover):
            _hair(pen, (x * width, y * height), way + (turn - 0.5) * 0.7, look, shade, long)
    if view == PhotoView.TEMPORAL_RIGHT:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return picture.rotate((stage - 1) * 0.8, resample=Image.Resampling.BICUBIC, fillcolor=(196, 204, 208))


def _hair(pen: ImageDraw.ImageDraw, start: tuple[float, float], way: float, look: Look, shade: float, long: float) -> None:
    length, bend = look.length * (0.6 + 0.6 * long), (long - 0.5) * 0.9
    colour = tuple(min(255, int(c * (0.7 + 0.8 * shade))) for c in look.hair)
    middle = (start[0] + math.cos(way) * length / 2, start[1] + math.sin(way) * length / 2)
    end = (middle[0] + math.cos(way + bend) * length / 2, middle[1] + math.sin(way + bend) * length / 2)
    pen.line((start, middle, end), fill=colour, width=2)


def drawn(view: PhotoView, stage: int, look: int, *, blurred: bool = False, cache: Path | None = None) -> Drawn:
    """As a photo of the demo; drawn once, then taken from `cache`."""
    name = f"{view}-{stage}-{look}{'-blurred' if blurred else ''}.jpg"
    kept = cache / name if cache else None
    if kept is not None and kept.exists():
        return _whole(kept.read_bytes())
    picture = drawing(view, stage, LOOKS[look], seed=look)
    if blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(7))
    out = io.BytesIO()
    picture.resize(KEPT, Image.Resampling.BILINEAR).save(out, "JPEG", quality=72)
    if kept is not None:
        with suppress(OSError):  # a folder that can't be written to costs seconds only
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(out.getvalue())
    return _whole(out.getvalue())


def _whole(jpeg: bytes) -> Drawn:
    with Image.open(io.BytesIO(jpeg)) as opened:
        opened.draft("RGB", (KEPT[0] // 2, KEPT[1] // 2))
        half = opened.convert("RGB")
    numbers, out = measured(half), io.BytesIO()
    half.thumbnail((SMALL_SIDE, SMALL_SIDE))
    half.save(out, "JPEG", quality=80)
    return Drawn(jpeg, out.getvalue(), numbers)

"""Files as cameras and enemies make them, built byte by byte; and a reader of JPEG that shares nothing with Pillow."""

import io
import struct
import zlib
from typing import Any

from PIL import Image, PngImagePlugin

CANARY = b"CANARY-7f3a"


def jpeg_segments(raw: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Marker segments of a JPEG in order as (marker, payload), and whatever stands behind its end.

    Written from ITU-T T.81 annex B: nothing of a file stays unread.
    """
    assert raw[:2] == b"\xff\xd8", "no start of image"
    found, at = [(0xD8, b"")], 2
    while True:
        assert raw[at] == 0xFF, f"no marker at {at}"
        marker = raw[at + 1]
        if marker == 0xD9:
            return [*found, (marker, b"")], raw[at + 2 :]
        length = struct.unpack(">H", raw[at + 2 : at + 4])[0]
        found.append((marker, raw[at + 4 : at + 2 + length]))
        at += 2 + length
        if marker == 0xDA:  # the coded picture, up to a marker that is neither a stuffed zero nor a restart
            while not (raw[at] == 0xFF and raw[at + 1] != 0 and not 0xD0 <= raw[at + 1] <= 0xD7):
                at += 1


def insert_segment(raw: bytes, marker: int, payload: bytes) -> bytes:
    """The JPEG with one more segment right behind its start."""
    return raw[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload + raw[2:]


def exif_jpeg(picture: Image.Image, *, orientation: int = 1, icc: bytes | None = None) -> bytes:
    """As a phone writes it: GPS, maker note, serial number, description, comment, XMP, IPTC, an extra APP segment."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = exif[0x013B] = exif[0x010F] = CANARY.decode()
    gps, detail = exif.get_ifd(0x8825), exif.get_ifd(0x8769)
    gps[1], gps[2], gps[3], gps[4] = "N", (51.0, 30.0, 12.0), "W", (0.0, 7.0, 39.0)
    detail[0x927C] = b"Apple iOS\0" + CANARY
    detail[0xA431], detail[0x9003] = CANARY.decode(), "2026:03:02 11:15:00"
    out = io.BytesIO()
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + CANARY + b"</x:xmpmeta>"
    picture.save(out, "JPEG", quality=95, subsampling=0, exif=exif, comment=CANARY, xmp=xmp, icc_profile=icc)
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", 5 + len(CANARY)) + b"\x1c\x02\x78" + struct.pack(">H", len(CANARY)) + CANARY
    return insert_segment(insert_segment(out.getvalue(), 0xED, iptc), 0xEB, b"HDR_RI " + CANARY)


def mpo(first: Image.Image, second: Image.Image) -> bytes:
    """Two pictures in one file, as phones write portraits and gain maps."""
    out = io.BytesIO()
    first.save(out, "MPO", save_all=True, append_images=[second])
    return out.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk with its checksum."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *, depth: int, colour: int, rows: bytes | None = None, extra: bytes = b"") -> bytes:
    """A PNG by hand: `rows` are the filtered scan lines; without them the header alone is right (a bomb)."""
    head = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(rows if rows is not None else b"\0" * 64, 1)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + extra + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG with 200 MB of compressed text in front of the picture."""
    packer = zlib.compressobj(9)
    packed = b"".join([packer.compress(b"\0" * 1_000_000) for _ in range(200)] + [packer.flush()])
    return png(4, 4, depth=8, colour=2, rows=b"\0" * 52, extra=png_chunk(b"zTXt", b"Comment\0\0" + packed))


def webp_header(width: int, height: int) -> bytes:
    """An extended WebP that says it is this large and holds next to nothing."""
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body += b"VP8L" + struct.pack("<I", 8) + b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)[:4] + b"\0\0\0"
    return b"RIFF" + struct.pack("<I", len(body)) + body


def png_with_text() -> bytes:
    """Text, time and a last chunk of its own."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", CANARY.decode())
    info.add_itxt("XML:com.adobe.xmp", CANARY.decode())
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, "PNG", pnginfo=info, exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    return out.getvalue()


def _s15(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def p3_profile() -> bytes:
    """Display P3 as a version 2 matrix profile (D50-adapted primaries, the sRGB curve as a table), from its definition."""
    table = [(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in (i / 1023 for i in range(1024))]
    curve = b"curv\0\0\0\0" + struct.pack(">I", 1024) + b"".join(struct.pack(">H", round(v * 65535)) for v in table)
    xyz = {
        b"rXYZ": (0.515102, 0.241182, -0.001050), b"gXYZ": (0.291965, 0.692236, 0.041882), b"bXYZ": (0.157153, 0.066582, 0.784378),
        b"wtpt": (0.964203, 1.0, 0.824905),
    }  # fmt: skip
    name = b"Display P3 " + CANARY + b"\0"
    parts: list[tuple[bytes, bytes]] = [
        (b"desc", b"desc\0\0\0\0" + struct.pack(">I", len(name)) + name + b"\0" * 78),
        (b"cprt", b"text\0\0\0\0none\0"),
        *((tag, b"XYZ \0\0\0\0" + b"".join(_s15(v) for v in values)) for tag, values in xyz.items()),
        *((tag, curve) for tag in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    directory, body, at = struct.pack(">I", len(parts)), b"", 128 + 4 + 12 * len(parts)
    for tag, data in parts:
        padded = data + b"\0" * (-len(data) % 4)
        directory += tag + struct.pack(">II", at, len(data))
        body, at = body + padded, at + len(padded)
    head = struct.pack(">I", at) + b"lcms" + b"\x02\x40\0\0" + b"mntrRGB XYZ " + b"\0" * 12 + b"acsp" + b"\0" * 28
    return head + _s15(0.964203) + _s15(1.0) + _s15(0.824905) + b"\0" * 48 + directory + body


def lab(red: float, green: float, blue: float) -> tuple[float, float, float]:
    """CIE L*a*b* (D65) of an sRGB colour 0–255."""
    linear = [(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in (red / 255, green / 255, blue / 255)]
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    x, y, z = (sum(c * v for c, v in zip(row, linear, strict=True)) for row in rows)
    fx, fy, fz = ((t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116) for t in (x / 0.95047, y, z / 1.08883))
    return 116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)


def p3_as_srgb(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """What a Display P3 colour is in sRGB, by the two definitions; what sRGB can't show is cut off."""
    linear = [(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4) for v in (red / 255, green / 255, blue / 255)]
    rows = ((1.2249401, -0.2249404, 0.0), (-0.0420569, 1.0420571, 0.0), (-0.0196376, -0.0786361, 1.0982735))
    out = []
    for row in rows:
        v = min(1.0, max(0.0, sum(c * part for c, part in zip(row, linear, strict=True))))
        out.append(255 * (12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055))
    return out[0], out[1], out[2]


def corners(size: tuple[int, int] = (64, 48)) -> Image.Image:
    """Four colours that tell how it is turned: red at the top left, green top right, blue bottom left, white bottom right."""
    picture = Image.new("RGB", size)
    half = (size[0] // 2, size[1] // 2)
    for colour, box in (
        ((220, 20, 20), (0, 0, *half)), ((20, 200, 20), (half[0], 0, size[0], half[1])),
        ((20, 20, 220), (0, half[1], half[0], size[1])), ((240, 240, 240), (*half, *size)),
    ):  # fmt: skip
        picture.paste(colour, box)
    return picture


def held(upright: Image.Image, orientation: int) -> Image.Image:
    """The points as a camera held so writes them: shown by that orientation they are `upright` (TIFF 6.0, tag 274)."""
    how: dict[int, Any] = {
        2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM, 5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE, 8: Image.Transpose.ROTATE_270,
    }  # fmt: skip
    return upright.transpose(how[orientation]) if orientation in how else upright

"""What a patient's phone must load: every intake page under 100 kB compressed with all that it links to; static files packed, and kept for ever."""

import gzip
import re
from datetime import date
from pathlib import Path

import pytest
import time_machine
from django.contrib.staticfiles import finders
from django.core.cache import cache
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings
from whitenoise.middleware import WhiteNoiseMiddleware

from aftercare.selectors.answers import _HEAD
from clinic import links
from clinic.audit import Actor
from clinic.models import Link, Site
from patients import services
from patients.questions import PAGES
from scripts import messages
from tests.appointments.make import NOW
from tests.house.reading import of_html
from tests.patients.walking import walk

pytestmark = pytest.mark.house
MOST = 100_000
_ASSET = re.compile(r"""(?:href|src)="/static/([^"?#]+)""")
BY = Actor(kind="command", name="test")


def packed(data: bytes) -> int:
    """Bytes on the wire with gzip."""
    return len(gzip.compress(data, compresslevel=6, mtime=0))


def fonts_for(text: str, sheet: str, folder: Path) -> int:
    """The fonts that a browser fetches for these characters; woff2 is packed already."""
    total = 0
    for name, ranges in re.findall(r"@font-face\{[^}]*?url\(\"\./([^\"]+\.woff2)\"\)[^}]*?unicode-range:([^};]+)", sheet):
        spans = [span.removeprefix("U+").split("-") for span in ranges.split(",")]
        if any(int(span[0], 16) <= ord(sign) <= int(span[-1], 16) for sign in set(text) for span in spans):
            total += (folder / name).stat().st_size
    return total


def weight(html: str) -> int:
    """A page as it is sent (never compressed: it carries tokens) with all that it links to, packed as the web server keeps it."""
    total, text = len(html.encode()), "".join(of_html("", html).said)
    for name in set(_ASSET.findall(html)):
        path = finders.find(name)
        assert isinstance(path, str), name
        data = Path(path).read_bytes()
        total += packed(data) + (fonts_for(text, data.decode(), Path(path).parent) if name.endswith(".css") else 0)
        loads = set(re.findall(rb"url\(\s*['\"]?(?!data:|#)([^'\")]+)", data)) if name.endswith(".css") else set()
        assert not {file for file in loads if not file.endswith(b".woff2")}, f"{name} loads something more"
    return total


@pytest.mark.django_db
@time_machine.travel(NOW, tick=False)
def test_every_intake_page_is_light(site: Site) -> None:
    cache.clear()
    data = services.PersonData(given_name="Ana", family_name="Ruiz", birth_on=date(1985, 3, 27), sex="female", email="a@patients.example")
    patient = services.register_patient(data=data, site=site, by=BY, at=NOW)
    path = "/l/" + links.mint_token(Link.objects.get(patient_uuid=patient.uuid), at=NOW) + "/"
    client = Client()
    found = {"landing": weight(client.get(path).content.decode())}
    client.post(path, {"day": "27", "month": "3", "year": "1985"})
    for page in PAGES:
        found[page.name] = weight(client.get(f"/l/intake/{page.name}/").content.decode())
    walk(client)
    for name in ("review", "consent"):
        found[name] = weight(client.get(f"/l/intake/{name}/").content.decode())
    assert max(found.values()) < MOST, found
    assert MOST / 4 < found["landing"] < MOST * 0.7, found  # the font alone is 48 kB, and is not waited for


PAGES_OF_PATIENTS = ("vendor/patient.css", "css/patient.css", "css/tokens.css", "js/patient.js")
FONTS = "vendor/fonts"


def test_static_files_are_packed_named_by_their_hash_and_kept_for_ever(tmp_path: Path) -> None:
    storages = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},  # as in production
    }
    source = tmp_path / "source"
    for name in PAGES_OF_PATIENTS:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        path = finders.find(name)
        assert isinstance(path, str)
        (source / name).write_bytes(Path(path).read_bytes())
    (source / FONTS).mkdir()
    for font in Path(str(finders.find(FONTS))).glob("inter-*.woff2"):
        (source / FONTS / font.name).write_bytes(font.read_bytes())
    given = {"STORAGES": storages, "STATIC_ROOT": tmp_path / "static", "STATICFILES_DIRS": [source], "INSTALLED_APPS": ["django.contrib.staticfiles"]}
    with override_settings(**given, WHITENOISE_USE_FINDERS=False):
        call_command("collectstatic", "--noinput", verbosity=0)
        from django.contrib.staticfiles.storage import staticfiles_storage

        server = WhiteNoiseMiddleware(lambda _request: HttpResponse(status=404))
        for name in PAGES_OF_PATIENTS:
            url = staticfiles_storage.url(name)
            assert re.search(r"\.[0-9a-f]{12}\.", url), url
            answer = server(RequestFactory().get(url, headers={"accept-encoding": "gzip, deflate, br"}))
            assert answer.status_code == 200 and answer["Content-Encoding"] in {"gzip", "br"}, name
            assert "immutable" in answer["Cache-Control"] and "max-age=315360000" in answer["Cache-Control"]


def test_every_icon_of_a_patients_page_is_in_its_style_sheet() -> None:
    sheet = Path(str(finders.find("vendor/patient.css"))).read_text()
    texts = {path: path.read_text() for path in messages.patient_templates() if path.suffix == ".html"}
    used = {name for text in texts.values() for name in re.findall(r"bi bi-([a-z0-9-]+)", text)} | {icon for _tone, icon, _title in _HEAD.values()}
    used |= set(re.findall(r"'[a-z_]+' %\}([a-z0-9-]+)\{%", (messages.TEMPLATES / "components/_appointment_state.html").read_text().split("bi-", 1)[1].split('"')[0]))
    assert "telephone" in used and sorted(name for name in used if f".bi-{name}{{" not in sheet) == []

"""How the mails are built: a static list of supported CSS, no image, no foreign address, small, both parts alike (SETTLED 32)."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from icalendar import Calendar

from aftercare.models import Plan, Protocol
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS, Mail
from tests.aftercare.make import ENDED, as_recorded, make_plan, make_response
from tests.house.spoken import walked
from treatments.models import Device, DeviceBlock, Product, ProductUse, ZoneRecord

SUPPORTED = {
    line.split()[0]: line.split()[1:]
    for line in (Path(__file__).parent / "mail_css.txt").read_text().splitlines()
    if line and not line.startswith("#")
}
CODES = ["instructions", "check_24h", "check_day14", "invitation", "results_month3"]
GMAIL_CLIPS_AT = 102 * 1024


class Styles(HTMLParser):
    """Collects inline declarations, tags, and the words a reader sees."""

    def __init__(self) -> None:
        super().__init__()
        self.properties: set[str] = set()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self._silent += tag in {"style", "title"}
        for declaration in (found.get("style") or "").split(";"):
            if ":" in declaration:
                self.properties.add(declaration.split(":")[0].strip().lower())

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)


def _plan(site: Site, staff: Staff, *, depth: int = 125, kinds: tuple[str, ...] = ("serum_sterile",), **patient: object) -> Plan:
    plan = make_plan(site, staff, **patient)  # type: ignore[arg-type]
    device = Device.objects.create(site=site, name="Pen", type="pen", max_depth_hundredths=250)
    block = DeviceBlock.objects.create(session=plan.session, device=device)
    ZoneRecord.objects.create(block=block, zone="vertex", depth_hundredths=depth, passes=4)
    for kind in kinds:
        product = Product.objects.create(site=site, name=f"The {kind}", kind=kind)
        ProductUse.objects.create(session=plan.session, product=product)
    return as_recorded(plan)


def _built(plan: Plan, code: str, at: datetime | None = None) -> Mail:
    row = plan.messages.get(code=code).outbox
    return KINDS[row.kind].build(row, at or row.send_after)


def _read(html: str) -> Styles:
    parser = Styles()
    parser.feed(html)
    return parser


@pytest.mark.parametrize("mode", ["full", "neutral"])
@pytest.mark.parametrize("code", CODES)
def test_inline_css_is_on_the_list_of_what_mail_programs_support(site: Site, amara: Staff, code: str, mode: str) -> None:
    found = _read(_built(_plan(site, amara, mail_mode=mode), code).html)
    assert found.properties, "nothing was read"
    assert not found.properties - set(SUPPORTED), "not on the list"


@pytest.mark.parametrize("code", CODES)
def test_a_mail_loads_nothing_is_not_clipped_and_its_tables_are_for_layout(site: Site, amara: Staff, code: str) -> None:
    mail = _built(_plan(site, amara), code)
    found = _read(mail.html)
    assert len(mail.html.encode()) < GMAIL_CLIPS_AT / 2
    assert not [tag for tag, _attrs in found.tags if tag in {"img", "link", "script", "iframe", "form", "object", "svg"}]
    assert "@import" not in mail.html
    assert "url(" not in mail.html
    assert all(attrs.get("role") in {"presentation", "none"} for tag, attrs in found.tags if tag == "table")
    assert ("html", "en") in [(tag, attrs.get("lang")) for tag, attrs in found.tags]


@pytest.mark.parametrize("code", CODES)
def test_dark_mode_is_declared_and_every_light_box_has_a_dark_one(site: Site, amara: Staff, code: str) -> None:
    html = _built(_plan(site, amara), code).html
    assert 'name="color-scheme" content="light dark"' in html
    dark = html[html.index("prefers-color-scheme: dark") :]
    for box in ("clear", "warn", "action"):
        if f'class="{box}' in html or f" {box}" in html:
            assert f".{box} td" in dark


@pytest.mark.parametrize("code", CODES)
def test_the_text_part_says_all_that_the_html_says(site: Site, amara: Staff, code: str) -> None:
    mail = _built(_plan(site, amara), code)
    text = " ".join(mail.text.split()).lower()
    only_html = {"Confirm that you read this", "Answer now", "Tell us how your hair is now", "Choose a time", "A message from Riverside Dermatology.", "Riverside Dermatology"}
    blank = str.maketrans("", "", "\u034f\u200c")  # the filler behind the preview line
    chunks = [" ".join(words.translate(blank).split()) for words in _read(mail.html).words]
    sentences = [part.strip(" •.") for chunk in chunks if chunk not in only_html for part in re.split(r"(?<=[.?])\s", chunk)]
    missing = [words for words in sentences if words and words.lower() not in text]
    assert [words for words in missing if not words.startswith(("Call us", "Harley site"))] == []


def test_a_deep_session_says_that_it_can_be_more_tender(site: Site, amara: Staff) -> None:
    deep = _built(_plan(site, amara, depth=150), "instructions")
    assert "After deeper treatment it can be more tender." in deep.text
    assert "After deeper treatment it can be more tender." in unescape(deep.html)


@pytest.mark.parametrize(("limit", "depth", "deep"), [(100, 99, False), (100, 100, True), (150, 149, False), (150, 150, True)])
def test_the_depth_is_the_clinic_s_number(site: Site, amara: Staff, limit: int, depth: int, deep: bool) -> None:
    plan = _plan(site, amara, depth=depth)
    Protocol.objects.filter(pk=plan.protocol_id).update(deep_from_hundredths=limit)
    assert ("it can be more tender" in _built(plan, "instructions").text) is deep


def test_a_shallow_session_does_not(site: Site, amara: Staff) -> None:
    assert "deeper treatment" not in _built(_plan(site, amara, depth=50), "instructions").text


def test_what_was_put_on_is_named_and_minoxidil_brings_its_warning(site: Site, amara: Staff) -> None:
    mail = _built(_plan(site, amara, kinds=("serum_sterile", "minoxidil")), "instructions")
    assert "On your scalp since the visit: The minoxidil, The serum_sterile." in mail.text
    assert "because minoxidil was put on your scalp" in mail.text
    assert "because minoxidil was put on" not in _built(_plan(site, amara, kinds=(), email="b@x.example"), "instructions").text


class TestTheCalendarFile:
    """Restart times as entries, in words that tell nobody what was done."""

    def _file(self, plan: Plan, at: datetime = ENDED) -> bytes:
        [(name, kind, data)] = _built(plan, "instructions", at).attachments
        assert (name, kind.split(";")[0]) == ("times.ics", "text/calendar")
        return data

    def test_one_entry_an_instant_in_utc(self, site: Site, amara: Staff) -> None:
        entries = Calendar.from_ical(self._file(_plan(site, amara))).walk("VEVENT")
        starts = [entry.decoded("dtstart") for entry in entries]
        assert starts == [ENDED + timedelta(hours=hours) for hours in (24, 48, 72)]
        assert all(start.tzinfo == UTC or start.utcoffset() == timedelta(0) for start in starts)

    def test_its_words_are_neutral(self, site: Site, amara: Staff) -> None:
        words = self._file(_plan(site, amara)).decode().lower()
        for canary in ("scalp", "hair", "wash", "needl", "minoxidil", "sun", "treat", "olivia", "marsh", "aftercare\r\nsummary"):
            assert canary not in words.replace("prodid:-//anagen//aftercare//en", ""), canary

    def test_its_names_stay_when_the_mail_is_built_again(self, site: Site, amara: Staff) -> None:
        plan = _plan(site, amara)
        names = [[e["uid"] for e in Calendar.from_ical(self._file(plan, at)).walk("VEVENT")] for at in (ENDED, ENDED + timedelta(hours=9))]
        assert names[0] == names[1]
        assert len(set(names[0])) == 3

    def test_neutral_mode_has_none(self, site: Site, amara: Staff) -> None:
        assert _built(_plan(site, amara, mail_mode="neutral"), "instructions").attachments == ()


def test_the_alert_obeys_the_same_rules(site: Site, amara: Staff) -> None:
    plan = _plan(site, amara)
    make_response(plan.check_ins.get(code="check_24h"), at=ENDED + timedelta(hours=24), discharge="pus")
    found = _read(KINDS["concern_alert"].build(OutboxMessage.objects.get(kind="concern_alert"), ENDED).html)
    assert not found.properties - set(SUPPORTED)


@pytest.mark.house
@pytest.mark.parametrize("language", ["en", "es"])
def test_every_mail_of_a_patient_is_on_the_list_dark_at_night_and_begins_like_a_sentence(site: Site, amara: Staff, language: str) -> None:
    """The mails of the other rooms too: appointments, forms, recalls, the automatic answer."""
    mails = [words for words in walked(language, site, amara) if words.where.startswith(("mail ", "template "))]
    html = {words.where: words.html for words in mails if words.html}
    assert len(html) > 30
    assert {where for where, text in html.items() if "prefers-color-scheme: dark" not in text or 'name="color-scheme" content="light dark"' not in text} == set()
    assert {where: found for where, text in html.items() if (found := _read(text).properties - set(SUPPORTED))} == {}
    assert {where for where, text in html.items() if ("html", language) not in [(tag, attrs.get("lang")) for tag, attrs in _read(text).tags]} == set()
    greeted = [(words.where, words.said[1]) for words in mails if words.where.endswith(" text") and words.said[0].startswith(("Hello", "Hola"))]
    assert greeted and [(where, line) for where, line in greeted if line[0].islower()] == []

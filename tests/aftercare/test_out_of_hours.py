"""What a patient reads when the clinic is closed, hour by hour: whom to call, when it opens, and that nobody watches unless somebody does."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.template.loader import render_to_string
from django.utils import translation

from aftercare import selectors
from aftercare.models import OnCallShift, Plan
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS
from tests.aftercare.make import make_hours, make_plan, make_response

# open Monday to Friday, 09:00 to 18:00 in London; the session ended on Monday 2 March 2026, 14:30
NOON, EVENING, NIGHT, SATURDAY = (datetime(2026, 3, *at, tzinfo=UTC) for at in ((3, 15, 0), (3, 18, 0), (4, 2, 30), (7, 12, 0)))
UNWATCHED, WATCHED = "Nobody watches them round the clock", "Answers are watched day and night."
PUS: dict[str, Any] = {"discharge": "pus"}
LUMPS: dict[str, Any] = {"painful_lumps": True}


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's, at a site that keeps hours."""
    make_hours(site)
    return make_plan(site, amara)


def _read(plan: Plan, at: datetime, language: str = "en-gb", **answers: Any) -> str:
    """The page after these answers at this hour, as words."""
    check_in = plan.check_ins.filter(response=None).order_by("opens_at")[0]
    with time_machine.travel(at, tick=False), translation.override(language):
        make_response(check_in, at=at, **answers)
        check_in.refresh_from_db()
        page = selectors.answer_page(check_in, at=at)
    return " | ".join([page.title, *map(str, page.paragraphs), page.notice])


@pytest.mark.parametrize(
    ("at", "answers", "said", "never"),
    [
        (NOON, PUS, ["speak to us now", "Call 020 7946 0123 now.", UNWATCHED], ["closed now"]),
        (EVENING, PUS, ["We are closed now.", "out-of-hours service, or 999", "do not wait for a call", "open Wed 4 Mar, 09:00"], ["Call 020 7946 0123 now.", "speak to us", "will try to call"]),
        (NIGHT, PUS, ["We are closed now.", "open Wed 4 Mar, 09:00", UNWATCHED], []),
        (NOON, LUMPS, ["look at this today", "by Tue 3 Mar, 18:00", "Call 020 7946 0123 sooner"], ["out-of-hours"]),
        (EVENING, LUMPS, ["when we open", "by Wed 4 Mar, 17:00", "before then, call your out-of-hours service, or 999"], ["today", "Call 020 7946 0123"]),
        (NIGHT, LUMPS, ["look at this today", "by Wed 4 Mar, 17:00", "out-of-hours service"], ["Call 020 7946 0123"]),
        (SATURDAY, LUMPS, ["when we open", "by Mon 9 Mar, 17:00", "open Mon 9 Mar, 09:00"], ["today"]),
        (NOON, {}, ["expected at this time", UNWATCHED], ["closed now"]),
        (EVENING, {}, ["expected at this time", "open Wed 4 Mar, 09:00", UNWATCHED], []),
    ],
    ids=["pus at noon", "pus as it closes", "pus at night", "lumps at noon", "lumps as it closes", "lumps at night", "lumps on Saturday", "well at noon", "well in the evening"],
)
def test_the_answer_page_by_the_hour(plan: Plan, at: datetime, answers: dict[str, Any], said: list[str], never: list[str]) -> None:
    page = _read(plan, at, **answers)
    assert [words for words in said if words not in page] == [], page
    assert [words for words in never if words in page] == [], page


@pytest.mark.parametrize(
    ("language", "at", "answers", "said"),
    [
        ("en-gb", NIGHT, PUS, "Call 020 7946 0199, or 999 if it gets worse."),
        ("en-gb", NIGHT, LUMPS, "before then, call 020 7946 0199, or 999."),
        ("es", NIGHT, PUS, "Llame a 020 7946 0199, o al 999 si empeora."),
    ],
    ids=["urgent", "today", "urgent in Spanish"],
)
def test_a_number_for_closed_hours_is_named(plan: Plan, site: Site, language: str, at: datetime, answers: dict[str, Any], said: str) -> None:
    Site.objects.filter(pk=site.pk).update(out_of_hours_phone="020 7946 0199")
    page = _read(Plan.objects.get(pk=plan.pk), at, language, **answers)
    assert said in page and "out-of-hours service" not in page and "fuera de horario" not in page


@pytest.mark.parametrize(("at", "called"), [(NIGHT, True), (NOON, False)])
def test_its_button_is_there_while_the_clinic_is_closed(plan: Plan, site: Site, at: datetime, called: bool) -> None:
    Site.objects.filter(pk=site.pk).update(out_of_hours_phone="020 7946 0199")
    check_in = Plan.objects.get(pk=plan.pk).check_ins.order_by("opens_at")[0]
    with time_machine.travel(at, tick=False):
        make_response(check_in, at=at, **PUS)
        check_in.refresh_from_db()
        page = render_to_string("aftercare/check_in_done.html", {"check_in": check_in, "answer": selectors.answer_page(check_in, at=at)})
    assert ('href="tel:02079460199"' in page) is called and ("Until we open, call 020 7946 0199 instead." in page) is called
    assert page.count('href="tel:02079460123"') >= 1


class TestUrgent:
    """The page of an answer that can't wait, in each of the cases: what is said is true, in both languages, and so is what is not said."""

    CLOSED = {"en-gb": ["We are closed now"], "es": ["estamos cerrados"]}
    ON_CALL = {"en-gb": ["a clinician is on call", "will try to call you by Wed 4 Mar, 03:00", "If nobody has called you by then"], "es": ["de guardia", "03:00"]}
    ALONE = {"en-gb": ["You need medical advice now.", "Please do not wait for a call."], "es": ["Necesita consejo médico ahora.", "no espere"]}

    def _at(self, plan: Plan, language: str, at: datetime = NIGHT, **answers: Any) -> str:
        return _read(plan, at, language, **(answers or PUS))

    def _on_call(self, site: Site, staff: Staff, *, since: datetime = EVENING, hours: int = 15) -> None:
        OnCallShift.objects.create(site=site, staff=staff, starts_at=since, ends_at=since + timedelta(hours=hours))

    @pytest.mark.parametrize("language", ["en-gb", "es"])
    def test_closed_and_nobody_on_call(self, plan: Plan, language: str) -> None:
        said = self._at(plan, language)
        assert [words for words in self.CLOSED[language] + self.ALONE[language] if words not in said] == [], said
        assert [words for words in self.ON_CALL[language][:1] if words in said] == []

    @pytest.mark.parametrize("language", ["en-gb", "es"])
    def test_closed_and_somebody_on_call(self, plan: Plan, site: Site, amara: Staff, language: str) -> None:
        self._on_call(site, amara)
        said = self._at(plan, language)
        assert [words for words in self.CLOSED[language] + self.ON_CALL[language] if words not in said] == [], said
        assert [words for words in self.ALONE[language] if words in said] == []
        if language == "en-gb":
            assert "nobody reads them" not in said and UNWATCHED in said and "open Wed 4 Mar, 09:00" in said
            alerts = OutboxMessage.objects.filter(kind="concern_alert").values_list("recipient", flat=True)
            assert list(alerts) == [amara.email], "the page says that the clinician on call was told"

    @pytest.mark.parametrize("language", ["en-gb", "es"])
    def test_open(self, plan: Plan, site: Site, amara: Staff, language: str) -> None:
        self._on_call(site, amara)
        said = self._at(plan, language, NOON)
        assert "020 7946 0123" in said
        assert [words for words in self.CLOSED[language] + self.ON_CALL[language][:1] + self.ALONE[language] if words in said] == []

    def test_a_shift_that_is_over_or_to_come_or_of_somebody_who_left_is_nobody(self, plan: Plan, site: Site, amara: Staff) -> None:
        self._on_call(site, amara, since=NOON, hours=4)
        self._on_call(site, amara, since=NIGHT + timedelta(minutes=1))
        assert selectors.presence(site, NIGHT).nobody
        OnCallShift.objects.filter(starts_at__gt=NIGHT).update(starts_at=NIGHT - timedelta(hours=1))
        assert selectors.presence(site, NIGHT).somebody
        Staff.objects.filter(pk=amara.pk).update(is_active=False)
        said = self._at(plan, "en-gb")
        assert "closed now" in said and "is on call." not in said

    def test_with_a_shift_only_later_it_does_not_say_that_nobody_reads_at_night(self, plan: Plan, site: Site, amara: Staff) -> None:
        self._on_call(site, amara, since=NIGHT + timedelta(hours=20))
        said = self._at(plan, "en-gb")
        assert "nobody is on call now" in said and "at night and on closed days" not in said
        assert "at night and on closed days" not in self._at(plan, "en-gb", NOON, redness=0)

    def test_the_clinic_s_word_without_a_rota_counts(self, plan: Plan, site: Site) -> None:
        site.clinic.watched_round_the_clock = True
        site.clinic.save()
        said = self._at(plan, "en-gb")
        assert "closed now" in said and "will try to call you by" in said and WATCHED in said

    @pytest.mark.parametrize("on_call", [True, False])
    def test_a_site_without_hours_never_says_that_it_is_closed(self, plan: Plan, site: Site, amara: Staff, on_call: bool) -> None:
        site.opening_hours.all().delete()
        if on_call:
            self._on_call(site, amara)
        said = self._at(plan, "en-gb")
        assert "closed now" not in said and "Call 020 7946 0123 now." in said and "out-of-hours service, or 999" in said
        assert ("on call, who will try to call you" in said) is on_call

    @pytest.mark.parametrize(("on_call", "told"), [(True, "We have told a clinician."), (False, "once we are open.")])
    def test_beside_the_emergency_number(self, plan: Plan, site: Site, amara: Staff, on_call: bool, told: str) -> None:
        if on_call:
            self._on_call(site, amara)
        said = self._at(plan, "en-gb", breathing_difficulty=True)
        assert said.startswith("Call 999 now.") and told in said


class TestWatched:
    """“Day and night” is said only when it is true for every hour of the coming week."""

    def _whole_week(self, site: Site, staff: Staff, *, but: timedelta = timedelta(0)) -> None:
        site.clinic.watched_round_the_clock = True
        site.clinic.save()
        OnCallShift.objects.create(site=site, staff=staff, starts_at=NOON, ends_at=NOON + timedelta(days=7) - but)

    def test_not_without_the_clinic_s_word(self, plan: Plan, site: Site) -> None:
        assert not selectors.keeps_watch(site, NOON) and UNWATCHED in _read(plan, NOON)

    def test_said_when_somebody_is_on_call_all_week(self, plan: Plan, site: Site, amara: Staff) -> None:
        self._whole_week(site, amara)
        assert WATCHED in _read(plan, NOON)

    def test_not_in_an_open_hour_with_a_gap_in_a_night_to_come(self, plan: Plan, site: Site, amara: Staff) -> None:
        self._whole_week(site, amara, but=timedelta(days=2))
        assert selectors.presence(site, NOON).is_open and UNWATCHED in _read(plan, NOON)

    def test_nobody_who_may_no_longer_sign_in_counts(self, plan: Plan, site: Site, amara: Staff) -> None:
        self._whole_week(site, amara)
        amara.is_active = False
        amara.save()
        assert not selectors.keeps_watch(site, NOON)

    @pytest.mark.parametrize(("kept", "said"), [(True, False), (False, True)], ids=["kept", "with a gap"])
    @pytest.mark.parametrize("code", ["instructions", "check_24h"])
    def test_the_mails_say_the_same(self, plan: Plan, site: Site, amara: Staff, code: str, kept: bool, said: bool) -> None:
        self._whole_week(site, amara, but=timedelta(0) if kept else timedelta(hours=20))
        row = OutboxMessage.objects.get(pk=plan.messages.get(code=code).outbox_id)
        mail = KINDS[row.kind].build(row, NOON)
        for part in (mail.text, mail.html):
            assert ("Nobody watches the answers round the clock." in " ".join(part.split())) is said
            assert "In an emergency call 999" in " ".join(part.split())


def test_every_mail_says_that_the_mailbox_is_not_read_at_night(site: Site, amara: Staff) -> None:
    from tests.house.spoken import walked

    texts = {words.where: " ".join(words.said) for words in walked("en", site, amara) if words.where.startswith("mail ") and words.where.endswith(" text")}
    assert len(texts) > 8
    assert {where for where, text in texts.items() if "emergency call 999" not in text} == set()
    assert {where for where, text in texts.items() if "not at night" not in text and not re.search("Nobody (watches|has read)|not read by a person", text)} == set()

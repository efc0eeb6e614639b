"""What a patient reads when the clinic is closed, hour by hour: whom to call, when it opens, and that nobody watches unless somebody does."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import translation

from aftercare import selectors
from aftercare.models import OnCallShift, Plan
from clinic.models import OutboxMessage, Site, Staff
from clinic.outbox.kinds import KINDS
from tests.aftercare.make import make_hours, make_plan, make_response

# open Monday to Friday, 09:00 to 18:00 in London; the session ended on Monday 2 March 2026, 14:30
NOON, EVENING, NIGHT, SATURDAY = (datetime(2026, 3, *at, tzinfo=UTC) for at in ((3, 15, 0), (3, 18, 0), (4, 2, 30), (7, 12, 0)))
UNWATCHED, WATCHED = "Nobody watches them round the clock", "Answers are watched day and night."
PUS, LUMPS = {"discharge": "pus"}, {"painful_lumps": True}


@pytest.fixture
def plan(site: Site, amara: Staff) -> Plan:
    """Olivia's, at a site that keeps hours."""
    make_hours(site)
    return make_plan(site, amara)


def _read(plan: Plan, at: datetime, **answers: object) -> str:
    """The page after these answers at this hour, as words."""
    check_in = plan.check_ins.filter(response=None).order_by("opens_at")[0]
    with time_machine.travel(at, tick=False), translation.override("en-gb"):
        make_response(check_in, at=at, **answers)
        check_in.refresh_from_db()
        page = selectors.answer_page(check_in, at=at)
    return " | ".join([page.title, *map(str, page.paragraphs), f"opens {page.opens}", WATCHED if page.is_watched else UNWATCHED])


@pytest.mark.parametrize(
    ("at", "answers", "said", "never"),
    [
        (NOON, PUS, ["Call 020 7946 0123 now.", "opens  |", UNWATCHED], ["closed"]),
        (EVENING, PUS, ["We are closed now.", "out-of-hours service, or 999", "do not wait for a call", "opens Wed 4 Mar, 09:00"], ["Call 020 7946 0123 now."]),
        (NIGHT, PUS, ["We are closed now.", "opens Wed 4 Mar, 09:00", UNWATCHED], []),
        (NOON, LUMPS, ["look at this today", "by Tue 3 Mar, 18:00", "Call 020 7946 0123 sooner"], ["out-of-hours"]),
        (EVENING, LUMPS, ["when we open", "by Wed 4 Mar, 17:00", "before then, call your out-of-hours service, or 999"], ["today", "Call 020 7946 0123"]),
        (NIGHT, LUMPS, ["look at this today", "by Wed 4 Mar, 17:00", "out-of-hours service"], ["Call 020 7946 0123"]),
        (SATURDAY, LUMPS, ["when we open", "by Mon 9 Mar, 17:00", "opens Mon 9 Mar, 09:00"], ["today"]),
        (NOON, {}, ["expected at this time", "opens  |", UNWATCHED], ["closed"]),
        (EVENING, {}, ["expected at this time", "opens Wed 4 Mar, 09:00", UNWATCHED], []),
    ],
    ids=["pus at noon", "pus as it closes", "pus at night", "lumps at noon", "lumps as it closes", "lumps at night", "lumps on Saturday", "well at noon", "well in the evening"],
)
def test_the_answer_page_by_the_hour(plan: Plan, at: datetime, answers: dict[str, object], said: list[str], never: list[str]) -> None:
    page = _read(plan, at, **answers)
    assert [words for words in said if words not in page] == [], page
    assert [words for words in never if words in page] == [], page


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
        assert selectors.is_watched_now(site, NOON) and UNWATCHED in _read(plan, NOON)

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

"""Reads and checks the input of `session` (SCHEMA 3.1–3.4 and part 5)."""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from clinic.inputs import (
    BAD,
    Key,
    Reader,
    a_bool,
    a_date,
    a_depth,
    a_list,
    a_num,
    a_string,
    a_text,
    a_zone,
    an_enum,
    an_exact_text,
    an_expiry,
    an_instant,
    an_int,
    an_object,
    read_object,
)
from treatments.rules import vocabulary as words
from treatments.vocabulary import DeviceType, Endpoint, Phase, PhotoView, ProductKind, Zone

_FITZPATRICK = an_enum(("I", "II", "III", "IV", "V", "VI"))
_KINDS = an_enum(ProductKind)
_ZONES = an_enum(Zone)

_CONSENT = {
    "signed": Key(a_bool, required=True),
    "version": Key(an_exact_text, required=True),
    "currentVersion": Key(an_exact_text, required=True),
    "procedures": Key(a_list(an_enum(words.PROCEDURES)), required=True),
    "offLabelStatement": Key(a_bool, required=True),
}
_OPERATOR = {
    "role": Key(an_enum(words.OPERATOR_ROLES), required=True),
    "credentialValid": Key(a_bool, required=True),
    "credentialExpires": Key(a_date),
    "id": Key(a_text),
}
_DEVICE = {
    "maxDepthMm": Key(a_depth, required=True),
    "type": Key(an_enum(DeviceType)),
    "registered": Key(a_bool),
    "udi": Key(a_text),
}
_CARTRIDGE = {
    "lot": Key(a_string, null=True),
    "expiry": Key(an_expiry, null=True),
    "usedBefore": Key(a_bool, required=True),
    "sealIntact": Key(a_bool, required=True),
    "recalled": Key(a_bool),
}
_ZONE = {
    "zone": Key(_ZONES, required=True),
    "depthMm": Key(a_depth, required=True),
    "passes": Key(an_int(1, 50)),
    "endpoint": Key(an_enum(Endpoint)),
    "belowHairline": Key(a_bool),
}
_PRODUCT = {
    "kind": Key(_KINDS, required=True),
    "id": Key(a_text),
    "hoursAfter": Key(a_num(0, 8760)),
    "ingredients": Key(a_list(a_text)),
    "patchTestAppliedAt": Key(an_instant),
    "patchTestReadAt": Key(an_instant),
    "patchTestResult": Key(an_enum(("negative", "positive", "doubtful", "not_read"))),
    "formulationChanged": Key(a_bool),
    "lot": Key(a_text),
}
_PRE_TOPICAL = {"kind": Key(_KINDS, required=True), "lastUsedAt": Key(an_instant, required=True)}
_ANAESTHETIC = {
    "product": Key(a_text, null=True),
    "strengthPercent": Key(a_num(0.1, 40), null=True),
    "areaCm2": Key(a_num(1, 1500), null=True),
    "grams": Key(a_num(0.01, 500), null=True),
    "onAt": Key(an_instant, null=True),
    "offAt": Key(an_instant, null=True),
    "weightKg": Key(a_num(20, 350), null=True),
    "otherMg12h": Key(a_num(0, 5000)),
    "wipedOff": Key(a_bool),
    "ingredients": Key(a_list(a_text)),
}
_PRP = {
    "eligibility": Key(an_enum(words.ELIGIBILITY), required=True),
    "patientMatch": Key(a_bool, required=True),
    "tubeCheckBy": Key(a_list(a_text), required=True),
    "drawnAt": Key(an_instant, null=True),
    "usedAt": Key(an_instant, null=True),
    "volumeMl": Key(a_num(0.1, 60), null=True),
}
_BASELINE = {
    "photoViews": Key(a_list(an_enum(PhotoView)), required=True),
    "gradeRecorded": Key(a_bool, required=True),
    "densitySiteRecorded": Key(a_bool, required=True),
    "waiverReason": Key(a_text),
}
_HOME = {
    "lengthMm": Key(a_depth, required=True),
    "perWeek": Key(a_num(0, 14), required=True),
    "professionalApproval": Key(a_bool, required=True),
}
_PLAN = Key(an_enum(("clinic", "home_device")))
_HOME_PLAN = {
    "plan": _PLAN,
    "sessionStart": Key(an_instant, required=True),
    "timeZone": Key(a_zone),
    "home": Key(an_object(_HOME), required=True),
}
_CLINIC_PLAN = {
    "plan": _PLAN,
    "stage": Key(an_enum(words.Stage)),
    "sessionStart": Key(an_instant, required=True),
    "sessionEnd": Key(an_instant),
    "timeZone": Key(a_zone),
    "phase": Key(an_enum(Phase)),
    "sessionNumber": Key(an_int(1, 100)),
    "courseStartDate": Key(a_date),
    "response": Key(an_enum(("seen", "none", "not_assessed"))),
    "lastSessionDate": Key(a_date),
    "fullRescreenDone": Key(a_bool),
    "sameDayScreenDone": Key(a_bool),
    "screenDate": Key(a_date),
    "screenChangeUnreviewed": Key(a_bool),
    "eligibility": Key(an_enum(words.ELIGIBILITY)),
    "consent": Key(an_object(_CONSENT)),
    "operator": Key(an_object(_OPERATOR), required=True),
    "device": Key(an_object(_DEVICE), required=True),
    "cartridge": Key(an_object(_CARTRIDGE), required=True),
    "zones": Key(a_list(an_object(_ZONE), least=1), required=True),
    "excludedZones": Key(a_list(_ZONES)),
    "fitzpatrick": Key(_FITZPATRICK),
    "openAdverseEvent": Key(a_bool),
    "holdNextSession": Key(a_bool),
    "holdReleasedBy": Key(a_text),
    "products": Key(a_list(an_object(_PRODUCT))),
    "allergies": Key(a_list(a_text)),
    "minoxidilHold": Key(a_bool),
    "preTopicals": Key(a_list(an_object(_PRE_TOPICAL))),
    "anaesthetic": Key(an_object(_ANAESTHETIC)),
    "prp": Key(an_object(_PRP)),
    "baseline": Key(an_object(_BASELINE)),
    "painReadings": Key(a_list(an_int(0, 10))),
    "aftercareDelivered": Key(a_bool),
    "sharpsAndCleaningConfirmed": Key(a_bool),
    "patientId": Key(a_text),
}


@dataclass(frozen=True)
class Facts:
    """A checked input. `values` holds the keys that were given; `day` is the session day in the clinic's zone."""

    values: dict[str, Any]
    day: date

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or the default when the key is absent."""
        return self.values.get(key, default)

    @property
    def start(self) -> datetime:
        """Planned or actual start."""
        start: datetime = self.values["sessionStart"]
        return start

    @property
    def stage(self) -> str:
        """`plan` unless said."""
        return str(self.get("stage", words.Stage.PLAN))

    @property
    def from_start(self) -> bool:
        """Stages at which absences begin to count."""
        return self.stage != words.Stage.PLAN

    @property
    def at_checkout(self) -> bool:
        """Check-out and sign-off."""
        return self.stage in (words.Stage.CHECKOUT, words.Stage.SIGNOFF)

    @property
    def days_since_last(self) -> int | None:
        """Calendar days since the last needling; None without one."""
        last = self.get("lastSessionDate")
        return None if last is None else (self.day - last).days


def read(data: Any) -> Facts | dict[str, Any]:
    """Facts, or the error object that names every bad key."""
    reader = Reader()
    at_home = isinstance(data, dict) and data.get("plan") == "home_device"
    values = read_object(reader, "", data, _HOME_PLAN if at_home else _CLINIC_PLAN)
    day = None
    if values is not BAD:
        day = _session_day(values)
        if not at_home:
            _check_orders(reader, data, values, day)
    if reader.errors or values is BAD or day is None:
        return reader.result()
    return Facts(values, day)


def _session_day(values: dict[str, Any]) -> date | None:
    start: datetime | None = values.get("sessionStart")
    if start is None:
        return None
    zone: tzinfo | None = ZoneInfo(values["timeZone"]) if "timeZone" in values else start.tzinfo
    return start.astimezone(zone).date()


def _check_orders(reader: Reader, data: dict[str, Any], values: dict[str, Any], day: date | None) -> None:
    start = values.get("sessionStart")
    if start and "sessionEnd" in values and values["sessionEnd"] < start:
        reader.fail("sessionEnd", "lies before sessionStart")
    zone_known = "timeZone" not in data or "timeZone" in values
    for key in ("courseStartDate", "lastSessionDate"):
        if day and zone_known and key in values and values[key] > day:
            reader.fail(key, "lies after the session day")
    _check_pair(reader, data, "anaesthetic", "onAt", "offAt")
    _check_pair(reader, data, "prp", "drawnAt", "usedAt")
    _check_zones(reader, data)
    _check_products(reader, data)
    _check_pre_topicals(reader, data, start)


def _instant(value: Any) -> datetime | None:
    found = an_instant(Reader(), "", value)
    return None if found is BAD else found


def _entries(data: dict[str, Any], key: str) -> list[tuple[int, dict[str, Any]]]:
    found = data.get(key)
    return [(i, e) for i, e in enumerate(found) if isinstance(e, dict)] if isinstance(found, list) else []


def _check_pair(reader: Reader, data: dict[str, Any], key: str, first: str, second: str) -> None:
    found = data.get(key)
    if isinstance(found, dict):
        one, two = _instant(found.get(first)), _instant(found.get(second))
        if one and two and two < one:
            reader.fail(f"{key}.{second}", f"lies before {first}")


def _check_zones(reader: Reader, data: dict[str, Any]) -> None:
    seen: set[str] = set()
    for index, entry in _entries(data, "zones"):
        name = entry.get("zone")
        if isinstance(name, str) and name in tuple(Zone):
            if name in seen:
                reader.fail(f"zones[{index}].zone", "stands twice")
            seen.add(name)


def _check_products(reader: Reader, data: dict[str, Any]) -> None:
    for index, entry in _entries(data, "products"):
        path = f"products[{index}]"
        if "patchTestAppliedAt" not in entry:
            for key in ("patchTestReadAt", "patchTestResult"):
                if key in entry:
                    reader.fail(f"{path}.{key}", "given without patchTestAppliedAt")
        applied, was_read = _instant(entry.get("patchTestAppliedAt")), _instant(entry.get("patchTestReadAt"))
        if applied and was_read and was_read < applied:
            reader.fail(f"{path}.patchTestReadAt", "lies before patchTestAppliedAt")


def _check_pre_topicals(reader: Reader, data: dict[str, Any], start: datetime | None) -> None:
    for index, entry in _entries(data, "preTopicals"):
        used = _instant(entry.get("lastUsedAt"))
        if start and used and used > start:
            reader.fail(f"preTopicals[{index}].lastUsedAt", "lies after sessionStart")

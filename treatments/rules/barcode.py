"""What a label says: GS1 element strings as a hand scanner types them, or as a person reads them off the box.

Application identifiers (GS1 General Specifications): 01 GTIN, 10 lot, 17 use by, 15 best before, 21 serial, 30 and 37 count.
A date whose day is 00 means the last day of its month.
"""

import re
from dataclasses import dataclass
from datetime import date

import biip
from biip.gs1_element_strings import GS1ElementString
from biip.gs1_messages import GS1Message

GROUP_SEPARATOR = "\x1d"
LONGEST = 200
# What scanners that can't send the control character send instead. None of the single signs may stand in a GS1 value.
_STAND_INS = ("<GS>", "{GS}", "[GS]", "[FNC1]", "\u241d", "|", "^", "~")
_HIDDEN_DATE = re.compile(r"(?<=.)17\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])")


@dataclass(frozen=True)
class Label:
    """What was read. `problem` says in words why nothing could be; `doubt` what to compare with the box."""

    gtin: str = ""
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None
    month_only: bool = False
    units: int | None = None
    problem: str = ""
    doubt: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing that stock needs."""
        return not (self.gtin or self.lot or self.serial or self.expires_on)


def read_label(text: str) -> Label:
    """A scanned or typed code. Never raises: what is wrong is said in `problem`."""
    code = _normal(text)
    if not code:
        return Label(problem="Scan the code on the box, or type what stands below it.")
    if len(code) > LONGEST:
        return Label(problem="This is too long for one code. Scan one code at a time.")
    if code.startswith("+"):
        return Label(problem="This is an HIBC code, which can't be read yet. Type the lot and the date from the box.")
    try:
        return _of(_elements(code))
    except biip.BiipException as error:
        return Label(problem=_in_words(code, str(error)))


def _normal(text: str) -> str:
    code = text.strip("\r\n\t ").removesuffix(GROUP_SEPARATOR)
    for sign in _STAND_INS:
        code = code.replace(sign, GROUP_SEPARATOR)
    return code.strip(GROUP_SEPARATOR)


def _elements(code: str) -> list[GS1ElementString]:
    """The parts of a code, whatever its outer form. Raises BiipException."""
    if code.startswith("("):
        return GS1Message.parse_hri(code.replace(" ", "")).element_strings
    if code.isdecimal() and len(code) in {8, 12, 13, 14}:  # a plain EAN or UPC: the article number alone
        return GS1Message.parse(f"01{code.zfill(14)}").element_strings
    found = biip.parse(code)
    if found.gs1_digital_link_uri is not None:
        return found.gs1_digital_link_uri.element_strings
    if found.gs1_message is not None:
        return found.gs1_message.element_strings
    raise biip.ParseError(found.gs1_message_error or "not GS1")


def _of(elements: list[GS1ElementString]) -> Label:
    values = {part.ai.ai: part for part in elements}
    gtin = values.get("01") or values.get("02")
    if gtin is not None and gtin.gtin is None:
        raise biip.ParseError(gtin.gtin_error or "GTIN")
    dated = values.get("17") or values.get("15")
    lot, serial = (values[ai].value if ai in values else "" for ai in ("10", "21"))
    count = values.get("30") or values.get("37")
    label = Label(
        gtin=gtin.value if gtin else "",
        lot=lot,
        serial=serial,
        expires_on=dated.date if dated else None,
        month_only=bool(dated and dated.value.endswith("00")),
        units=int(count.value) if count else None,
        doubt=_swallowed(lot, serial, has_date=dated is not None),
    )
    return label if not label.is_empty else Label(problem="This code holds no article number, lot or date.")


def _swallowed(lot: str, serial: str, *, has_date: bool) -> str:
    """A scanner that drops the separator glues what follows onto the lot or the serial."""
    if not has_date and (_HIDDEN_DATE.search(lot) or _HIDDEN_DATE.search(serial)):
        return "The lot may have swallowed the date: this scanner seems to send no separators. Compare with the box."
    return ""


def _in_words(code: str, error: str) -> str:
    lowered = error.lower()
    if "check digit" in lowered or "gtin" in lowered:
        return "The article number does not fit its check digit. Scan again, or type it anew."
    if "date" in lowered or "(17)" in error or "(15)" in error:
        return "The date in this code is not a date. Type it from the box."
    return "This is not a GS1 code. Scan the square or long code with the lot, or type the lot and the date from the box."

"""What a label says: GS1 element strings as scanners type them, and as people read them off the box."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treatments.rules.barcode import GROUP_SEPARATOR, Label, read_label

GTIN = "09501101020917"
FULL = Label(gtin=GTIN, lot="A17", serial="S9", expires_on=date(2027, 5, 8))
GS = GROUP_SEPARATOR


class TestScanned:
    @pytest.mark.parametrize("prefix", ["", "]d2", "]C1", "]Q3", "\r\n", GS])
    def test_a_datamatrix_as_a_scanner_types_it(self, prefix: str) -> None:
        assert read_label(f"{prefix}01{GTIN}1727050810A17{GS}21S9\n") == FULL

    @pytest.mark.parametrize("sign", ["<GS>", "{GS}", "[FNC1]", "\u241d", "|", "^", "~"])
    def test_with_what_a_scanner_sends_for_the_separator(self, sign: str) -> None:
        assert read_label(f"01{GTIN}10A17{sign}1727050821S9") == FULL

    def test_the_order_does_not_matter(self) -> None:
        assert read_label(f"17270508{'10A17'}{GS}21S9{GS}01{GTIN}") == FULL

    def test_a_count_is_the_number_of_units(self) -> None:
        assert read_label(f"01{GTIN}1727050810A17{GS}3010").units == 10

    def test_a_day_of_zero_is_the_month_s_last_day(self) -> None:
        label = read_label(f"01{GTIN}1728020010B")
        assert (label.expires_on, label.month_only) == (date(2028, 2, 29), True)

    def test_best_before_stands_in_for_use_by(self) -> None:
        assert read_label(f"01{GTIN}15270508").expires_on == date(2027, 5, 8)
        assert read_label(f"01{GTIN}1527050817270601").expires_on == date(2027, 6, 1)

    def test_a_digital_link(self) -> None:
        assert read_label(f"https://id.gs1.org/01/{GTIN}/10/A17/21/S9?17=270508") == FULL


class TestTyped:
    @pytest.mark.parametrize("text", [f"(01){GTIN}(17)270508(10)A17(21)S9", f" (01) {GTIN} (17) 270508 (10) A17 (21) S9 "])
    def test_with_brackets(self, text: str) -> None:
        assert read_label(text) == FULL

    def test_the_article_number_alone(self) -> None:
        assert read_label("9501101020917") == Label(gtin=GTIN)

    def test_case_is_kept_in_a_lot(self) -> None:
        assert read_label(f"01{GTIN}10aB7").lot == "aB7"


class TestRefused:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("", "Scan the code"),
            (" \r\n", "Scan the code"),
            ("hello", "not a GS1 code"),
            ("+A123BJC5D6E71G", "HIBC"),
            ("010950110102091817270508", "check digit"),
            ("(01)09501101020918(10)A", "check digit"),
            ("9501101020918", "check digit"),
            (f"01{GTIN}17271308", "not a date"),
            (f"01{GTIN}10{'X' * 300}", "too long"),
            ("91INTERNAL", "no article number"),
        ],
    )
    def test_says_why(self, text: str, words: str) -> None:
        label = read_label(text)
        assert words in label.problem and label.is_empty

    def test_a_swallowed_date_is_doubted(self) -> None:
        assert "swallowed" in read_label(f"01{GTIN}10A1717270508").doubt
        assert read_label(f"01{GTIN}1727050810A17").doubt == ""

    @given(st.text(max_size=60))
    def test_anything_typed_is_answered(self, text: str) -> None:
        label = read_label(text)
        assert label.problem or not label.is_empty

    @given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-./", min_size=1, max_size=20), st.dates(date(2026, 1, 1), date(2049, 12, 31)))
    def test_what_goes_in_comes_out(self, lot: str, day: date) -> None:
        label = read_label(f"]d201{GTIN}17{day:%y%m%d}10{lot}{GS}21S1")
        assert (label.lot, label.expires_on, label.serial, label.problem) == (lot, day, "S1", "")

"""The reader of JSON input (SCHEMA parts 1, 5 and 7): types, ranges, paths."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clinic.inputs import (
    BAD,
    Check,
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
    an_expiry,
    an_instant,
    an_int,
    an_object,
    read_object,
)


def read(check: Check, value: Any) -> Any:
    """The parsed value, or the word "error"; an error is always told."""
    reader = Reader()
    found = check(reader, "here", value)
    assert (found is BAD) == bool(reader.errors)
    return "error" if found is BAD else found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (2, 2), (2.0, 2), (-0.0, 0), (10, 10), (2.5, "error"), (11, "error"), (-1, "error"), ("2", "error"),
        (True, "error"), (None, "error"), (float("nan"), "error"), (float("inf"), "error"),
        (1e300, "error"), ([2], "error"),
    ],
)  # fmt: skip
def test_whole_numbers(value: Any, expected: Any) -> None:
    found = read(an_int(0, 10), value)
    assert found == expected
    assert found == "error" or type(found) is int


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.5, 0.5), (20, 20), (0.49, "error"), (20.01, "error"), ("3", "error"), (False, "error"),
        (float("-inf"), "error"), ({}, "error"),
    ],
)  # fmt: skip
def test_numbers(value: Any, expected: Any) -> None:
    assert read(a_num(0.5, 20), value) == expected


@pytest.mark.parametrize(
    ("millimetres", "expected"),
    [
        (1.5, 150), (1.51, 151), (1, 100), (0.01, 1), (10, 1000), (10.0, 1000), (0.29, 29), (1.15, 115), (4.35, 435),
        (0.1 + 0.2, 30), (1.000001, 100), (1.0000009, 100), (0.999999, 100), (1.000002, "error"),
        (1.005, "error"), (1.001, "error"), (0.005, "error"), (0, "error"), (10.01, "error"), (10.001, "error"),
        (-1, "error"), (100, "error"), ("1.5", "error"), (True, "error"), (float("nan"), "error"),
    ],
)  # fmt: skip
def test_depths_are_hundredths(millimetres: Any, expected: Any) -> None:
    assert read(a_depth, millimetres) == expected


@pytest.mark.parametrize("check", [an_int(0, 10), a_num(0.5, 20), a_depth, a_text, a_date, an_instant, a_bool])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_of_thousands_of_digits_is_only_an_error(check: Check, sign: int) -> None:
    assert read(check, sign * 10**5000) == "error"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-02", date(2026, 3, 2)), ("2024-02-29", date(2024, 2, 29)), ("1900-01-01", date(1900, 1, 1)),
        ("2100-12-31", date(2100, 12, 31)), ("2100-02-29", "error"), ("2023-02-29", "error"), ("2026-3-2", "error"),
        ("2026-03-02T10:00", "error"), ("2026-03-02Z", "error"), ("2026-03-02\n", "error"), ("+026-03-02", "error"),
        ("2026-W10-1", "error"), ("１９００-01-01", "error"), (None, "error"), (20260302, "error"),
    ],
)  # fmt: skip
def test_dates(value: Any, expected: Any) -> None:
    assert read(a_date, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-02T10:00Z", datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ("2026-03-02T10:00:30.5Z", datetime(2026, 3, 2, 10, 0, 30, 500_000, tzinfo=UTC)),
        ("2026-03-02T10:00:00+05:45", datetime(2026, 3, 2, 4, 15, tzinfo=UTC)),
        ("2026-03-02T10:00-14:59", datetime(2026, 3, 3, 0, 59, tzinfo=UTC)),
        ("2026-03-02T10:00-00:00", datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ],
)
def test_instants(value: str, expected: datetime) -> None:
    found = read(an_instant, value)
    assert found == expected
    assert found.utcoffset() is not None


def test_an_instant_keeps_the_offset_it_was_written_with() -> None:
    assert read(an_instant, "2026-03-02T23:30-05:00").date() == date(2026, 3, 2)
    assert read(an_instant, "2026-03-02T23:30-05:00").utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T10:00:00", "2026-03-02T10:00", "2026-03-02", "2026-03-02 10:00Z", "2026-03-02t10:00z",
        "2026-03-02T24:00Z", "2026-03-02T10:60Z", "2026-03-02T10:00:60Z", "2026-03-02T10Z", "2026-03-02T10:00:Z",
        "2026-03-02T10:00.5Z", "2026-03-02T10:00:00.Z", "2026-03-02T10:00+15:00", "2026-03-02T10:00+01:60",
        "2026-03-02T10:00+0100", "2026-03-02T10:00+01", "2026-02-29T10:00Z", "1899-12-31T10:00Z",
        "2026-03-02T10:00Z ", "2026-03-02T10:00Z\n", "2026-03-02T1٠:00Z", "", None, 1_770_000_000,
    ],
)  # fmt: skip
def test_no_instants(value: Any) -> None:
    assert read(an_instant, value) == "error"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2027-05-31", date(2027, 5, 31)), ("2027-05", date(2027, 5, 31)), ("2028-02", date(2028, 2, 29)),
        ("2027-02", date(2027, 2, 28)), ("2027-13", "error"), ("2027", "error"), ("05/2027", "error"), ("", "error"),
    ],
)  # fmt: skip
def test_an_expiry_of_a_month_is_its_last_day(value: str, expected: Any) -> None:
    assert read(an_expiry, value) == expected


@pytest.mark.parametrize("name", ["Europe/Paris", "UTC", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_zones(name: str) -> None:
    assert read(a_zone, name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Londom",
        "europe/paris",
        "Europe",
        "",
        "/etc/passwd",
        "../zone",
        "localtime",
        "UTC\0",
        "+01:00",
        None,
        1,
        [],
    ],
)
def test_no_zones(name: Any) -> None:
    assert read(a_zone, name) == "error"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "a"), (" a b ", "a b"), ("\u2003a\u00a0", "a"), ("x" * 500, "x" * 500), ("é" * 500, "é" * 500),
        ("\x1c", "\x1c"), ("", "error"), (" \n\t", "error"), ("x" * 501, "error"), (5, "error"), (None, "error"),
    ],
)  # fmt: skip
def test_text(value: Any, expected: Any) -> None:
    assert read(a_text, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [("", ""), ("  ", ""), (" L1 ", "L1"), ("x" * 501, "error"), (1, "error")]
)
def test_a_string_may_be_empty(value: Any, expected: Any) -> None:
    assert read(a_string, value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(True, True), (False, False), ("yes", "error"), (0, "error"), (1, "error")]
)
def test_bools(value: Any, expected: Any) -> None:
    assert read(a_bool, value) is expected or read(a_bool, value) == expected == "error"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("pen", "pen"), ("Pen", "error"), ("pen ", "error"), ("", "error"), (["pen"], "error"), ({}, "error")],
)
def test_enums_are_exact(value: Any, expected: Any) -> None:
    assert read(an_enum(("pen", "roller")), value) == expected


class TestLists:
    def test_need_a_list(self) -> None:
        assert read(a_list(a_bool), {"0": True}) == "error"
        assert read(a_list(a_bool), "") == "error"

    def test_may_need_entries(self) -> None:
        assert read(a_list(a_bool, least=1), []) == "error"
        assert read(a_list(a_bool, least=1), [True]) == [True]

    def test_name_each_bad_entry_and_each_repeat(self) -> None:
        reader = Reader()
        a_list(an_enum(("a", "b")), no_repeats=True)(reader, "x", ["a", "c", "a", "b", "c", "a"])
        assert sorted(reader.errors) == ["x[1]", "x[2]", "x[4]", "x[5]"]


class TestObjects:
    KEYS = {"must": Key(a_bool, required=True), "may": Key(a_date), "blank": Key(a_date, null=True)}

    def errors(self, value: Any) -> list[str]:
        reader = Reader()
        read_object(reader, "top", value, {"inner": Key(an_object(self.KEYS), required=True)})
        return sorted(reader.errors)

    def test_paths_are_joined(self) -> None:
        value = {"inner": {"may": "soon", "blank": None, "odd": 1}}
        assert self.errors(value) == ["top.inner.may", "top.inner.must", "top.inner.odd"]

    def test_null_is_an_error_where_it_is_not_allowed(self) -> None:
        assert self.errors({"inner": {"must": None, "may": None}}) == ["top.inner.may", "top.inner.must"]

    @pytest.mark.parametrize("value", [None, [], "x", 1])
    def test_a_wrong_container_is_not_looked_into(self, value: Any) -> None:
        assert self.errors({"inner": value}) == ["top.inner"]
        assert self.errors(value) == ["top"]

    def test_absent_keys_stay_absent_and_blank_ones_are_none(self) -> None:
        found = read_object(Reader(), "", {"must": True, "blank": None}, self.KEYS)
        assert found == {"must": True, "blank": None}


def test_a_path_is_named_once_with_its_first_message() -> None:
    reader = Reader()
    reader.fail("x", "first")
    reader.fail("x", "second")
    assert reader.result() == {"errors": [{"path": "x", "message": "first"}]}

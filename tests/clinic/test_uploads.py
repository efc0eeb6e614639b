"""Sent files stay in memory, whole up to a limit, and never in a folder for temporary files."""

import io
import tempfile
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import StopUpload
from django.http.multipartparser import MultiPartParser

from clinic.uploads import MOST_PER_FILE, InMemory

MEGABYTE = 1024 * 1024


def parsed(*sizes: int) -> Any:
    """Files of these sizes, through Django's own parser and the handlers of the settings."""
    body = b"".join(
        b'--x\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n' + b"\xff" * size + b"\r\n" for size in sizes
    ) + b"--x--\r\n"  # fmt: skip
    meta = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": str(len(body))}
    return MultiPartParser(meta, io.BytesIO(body), [InMemory()]).parse()[1].getlist("photos")


def test_it_is_the_only_handler() -> None:
    assert settings.FILE_UPLOAD_HANDLERS == ["clinic.uploads.InMemory"]


def test_files_come_whole_and_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **named: Any) -> None:
        raise AssertionError("a file was written")

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    files = parsed(3, 0, 5 * MEGABYTE)
    assert [file.size for file in files] == [3, 0, 5 * MEGABYTE]
    assert all(isinstance(file, InMemoryUploadedFile) for file in files)
    assert files[2].read() == b"\xff" * 5 * MEGABYTE


def test_a_file_that_is_too_large_is_cut_behind_what_anybody_accepts() -> None:
    (file,) = parsed(40 * MEGABYTE)
    assert MOST_PER_FILE < file.size <= MOST_PER_FILE + MEGABYTE


def test_a_request_that_is_too_large_is_cut_off() -> None:
    handler = InMemory()
    with pytest.raises(StopUpload):
        for _part in range(500):
            handler.new_file("photos", "a.jpg", "image/jpeg", None)
            handler.receive_data_chunk(b"\xff" * 256 * 1024, 0)

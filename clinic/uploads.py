"""Files that people send stay in memory: one that lies in a temporary folder could be read there, and a crash would leave it.

A file is cut off just behind the largest size that anybody accepts, and a request behind what one form may send, so that
memory has a limit; whoever reads the file refuses it by its size.
"""

from typing import Any

from django.core.files.uploadedfile import InMemoryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

MOST_PER_FILE = 16 * 1024 * 1024
MOST_PER_REQUEST = 100 * 1024 * 1024


class InMemory(FileUploadHandler):
    """Django's memory handler with limits, and no temporary files beside it."""

    chunk_size = 256 * 1024

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._all = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Another file begins."""
        super().new_file(*args, **kwargs)
        self._parts: list[bytes] = []
        self._size = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Keep it, up to the limit. Raises StopUpload when the request is too large as a whole."""
        self._all += len(raw_data)
        if self._all > MOST_PER_REQUEST:
            raise StopUpload(connection_reset=True)
        if self._size <= MOST_PER_FILE:
            self._parts.append(raw_data)
            self._size += len(raw_data)

    def file_complete(self, file_size: int) -> InMemoryUploadedFile:
        """The file, or its beginning when it was too large."""
        from io import BytesIO

        content = BytesIO(b"".join(self._parts))
        return InMemoryUploadedFile(content, self.field_name, self.file_name, self.content_type, self._size, self.charset, self.content_type_extra)

"""Files of one flat folder, written so that a power cut leaves the old or the new content."""

import os

from micropython import const

_TMP = ".tmp"
_PIECE = const(512)  # bytes copied at a time


class Files:
    """The folder `root`; names have no path in them. Every failure of the file system is an OSError."""

    def __init__(self, root: str):
        self._root = root + "/"
        try:
            os.mkdir(root)
        except OSError:
            pass  # it is there, or the first write says what is wrong

    def open(self, name: str):
        """Open a file for reading in pieces; use it in a `with` statement."""
        return open(self._root + name, "rb")

    def read(self, name: str, offset: int = 0, length: int = -1) -> bytes:
        """Return up to length bytes (default: all) from offset; raises OSError when the file is absent."""
        with self.open(name) as stream:
            stream.seek(offset)
            return stream.read(length)

    def append(self, name: str, data) -> None:
        """Append data, bytes or an iterable of bytes, and close: littlefs makes it durable at close, as a whole."""
        _write(self._root + name, "ab", data)

    def replace(self, name: str, data) -> None:
        """Give the file new content, bytes or an iterable of bytes, in one atomic rename."""
        path = self._root + name
        _write(path + _TMP, "wb", data)
        os.rename(path + _TMP, path)

    def move(self, name: str, to: str) -> None:
        """Give the file another name, in place of what had it."""
        os.rename(self._root + name, self._root + to)

    def cut(self, name: str, size: int) -> None:
        """Keep only the first size bytes (MicroPython cannot truncate a file)."""
        self.replace(name, self._pieces(name, size))

    def _pieces(self, name: str, left: int):
        with self.open(name) as stream:
            while left > 0:
                piece = stream.read(min(left, _PIECE))
                if not piece:
                    return
                left -= len(piece)
                yield piece

    def digest(self, name: str, hash_object) -> bytes:
        """Return the digest of the whole file, read in pieces."""
        piece = memoryview(bytearray(_PIECE))
        with self.open(name) as stream:
            while size := stream.readinto(piece):
                hash_object.update(piece[:size])
        return hash_object.digest()

    def size(self, name: str) -> int:
        """Return the size in bytes, or -1 when the file is absent."""
        try:
            return os.stat(self._root + name)[6]
        except OSError:
            return -1

    def names(self) -> list:
        """Return the sorted file names, without the leftovers of interrupted writes."""
        return sorted(name for name in os.listdir(self._root) if not name.endswith(_TMP))

    def remove(self, name: str) -> None:
        """Remove a file; an absent one is no error."""
        if self.size(name) >= 0:
            os.remove(self._root + name)

    def tidy(self) -> None:
        """Remove the leftovers of interrupted writes."""
        for name in os.listdir(self._root):
            if name.endswith(_TMP):
                os.remove(self._root + name)

    def free(self) -> int:
        """Return the free space in bytes."""
        status = os.statvfs(self._root)
        return status[1] * status[4]


def _write(path: str, mode: str, data) -> None:
    with open(path, mode) as stream:
        for piece in (data,) if isinstance(data, (bytes, bytearray)) else data:
            stream.write(piece)

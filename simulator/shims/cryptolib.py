"""Stand-in for MicroPython's `cryptolib`: AES in ECB (1) and CBC (2) mode, with upstream's errors and chaining."""

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

_ECB = 1
_CBC = 2
_BLOCK = 16
_NEW = bytearray()  # stands for "no out_buf": None is an error upstream

_Buffer = bytes | bytearray | memoryview


class aes:
    """One AES-128 or AES-256 context. It encrypts or decrypts, whichever is asked first, and CBC chains over calls.

    ValueError for a mode, key or IV that upstream refuses (24-byte keys and CTR among them), TypeError for a wrong
    type. Stricter than upstream in one point: text is not taken for bytes.
    """

    def __init__(self, key: _Buffer, mode: int, iv: _Buffer | None = None, /) -> None:
        if not isinstance(mode, int):
            raise TypeError("can't convert %s to int" % type(mode).__name__)
        if mode not in (_ECB, _CBC):
            raise ValueError("mode")
        key = memoryview(key).tobytes()
        if len(key) not in (16, 32):
            raise ValueError("key")
        iv = memoryview(iv if iv is not None else b"").tobytes()
        if len(iv) != _BLOCK and (iv or mode == _CBC):
            raise ValueError("IV")
        self._cipher = Cipher(algorithms.AES(key), modes.CBC(iv) if mode == _CBC else modes.ECB())
        self._context: CipherContext | None = None
        self._encrypts = False

    def encrypt(self, in_buf: _Buffer, out_buf: bytearray | memoryview = _NEW, /) -> bytes | bytearray | memoryview:
        """Encrypt whole blocks. New bytes, or `out_buf` filled from its start (it may be `in_buf`)."""
        return self._process(True, in_buf, out_buf)

    def decrypt(self, in_buf: _Buffer, out_buf: bytearray | memoryview = _NEW, /) -> bytes | bytearray | memoryview:
        """Decrypt whole blocks. New bytes, or `out_buf` filled from its start (it may be `in_buf`)."""
        return self._process(False, in_buf, out_buf)

    def _process(self, encrypts: bool, in_buf: _Buffer, out_buf: bytearray | memoryview) -> _Buffer:
        data = memoryview(in_buf).tobytes()
        if len(data) % _BLOCK:
            raise ValueError("blksize % 16")
        if out_buf is not _NEW:
            target = memoryview(out_buf)
            if target.readonly:
                raise TypeError("object with buffer protocol required")
            if len(target) < len(data):
                raise ValueError("output too small")
        if self._context is None:
            self._encrypts = encrypts
            self._context = self._cipher.encryptor() if encrypts else self._cipher.decryptor()
        elif self._encrypts != encrypts:
            raise ValueError("can't encrypt & decrypt")
        result = self._context.update(data)
        if out_buf is _NEW:
            return result
        target[: len(data)] = result
        return out_buf

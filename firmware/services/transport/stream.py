"""A TLS connection that never waits: what cannot be done now is tried again at the next step.

The server must prove `name` with a certificate that the pinned authority has signed; no other authority counts. The
handshake runs inside reading and writing. Without TLS there is nothing but the watch's own loopback, where a simulated
watch meets a server on the same computer.
"""

import errno
import select
import socket
import ssl

from micropython import const

_PIECE = const(512)  # bytes; also the most that is handed to TLS at once
# CPython says "not now" by these, MicroPython by None or EAGAIN.
_WANT_READ = const(2)
_WANT_WRITE = const(3)
_LOOPBACK = "127.0.0.1"


class Stream:
    """address: (host, port), the host best as an IP address, since looking up a name waits on most boards; name: what
    the certificate must be for; authority: the authority's certificate, DER, or b"" on the loopback. Every failure is
    an OSError."""

    def __init__(self, address, name, authority):
        if not authority and address[0] != _LOOPBACK:
            raise OSError(errno.EACCES)
        self._connected = False
        self._going = b""  # handed to TLS and not taken yet: it must come again with the very same bytes
        self._name = name
        self._authority = authority
        found = socket.getaddrinfo(address[0], address[1], 0, socket.SOCK_STREAM)[0]
        self._socket = self._tls = socket.socket(found[0], socket.SOCK_STREAM)
        try:
            self._socket.setblocking(False)
            try:
                self._socket.connect(found[-1])
            except OSError as error:
                if error.errno != errno.EINPROGRESS:
                    raise
            self._poll = select.poll()
            self._poll.register(self._socket, select.POLLOUT)
        except OSError:
            self.close()
            raise

    def ready(self):
        """True once TCP is connected; TLS begins then."""
        if not self._connected:
            events = self._poll.poll(0)
            if not events:
                return False
            if events[0][1] & (select.POLLERR | select.POLLHUP):
                raise OSError(errno.ECONNREFUSED)
            if self._authority:
                self._secure()
                self._read, self._write = self._tls.read, self._tls.write
            else:
                self._read, self._write = self._socket.recv, self._socket.send  # type: ignore[assignment]
            self._connected = True
        return True

    def _secure(self):
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.verify_mode = ssl.CERT_REQUIRED  # type: ignore[attr-defined]  # MicroPython's default is none
            context.load_verify_locations(cadata=self._authority)
            self._tls = context.wrap_socket(self._socket, server_hostname=self._name, do_handshake_on_connect=False)
        except ValueError:  # MicroPython's word for a certificate that it cannot read
            raise OSError(errno.EINVAL)

    def read(self):
        """What has come, b"" if nothing has. OSError once the other side is gone, or is not who it should be."""
        try:
            data = self._read(_PIECE)
        except (OSError, ValueError) as error:
            _raise_unless_later(error)
            return b""
        if data == b"":
            raise OSError(errno.ECONNRESET)
        return data or b""

    def write(self, data):
        """How many of these bytes are on their way. The rest must be given again, with nothing else in front."""
        if not self._going:
            self._going = bytes(data[:_PIECE])
        try:
            sent = self._write(self._going) or 0
        except (OSError, ValueError) as error:
            _raise_unless_later(error)
            return 0
        self._going = self._going[sent:]
        return sent

    def close(self):
        """Harmless when repeated."""
        for end in (self._tls, self._socket):
            try:
                end.close()
            except OSError:
                pass  # it is gone already


def _raise_unless_later(error):
    if not isinstance(error, OSError):  # MicroPython's word for a certificate that does not prove it
        raise OSError(errno.EACCES)
    if error.errno not in (errno.EAGAIN, _WANT_READ, _WANT_WRITE):
        raise error

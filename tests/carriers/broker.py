"""A Mosquitto of one's own, a test authority made on the fly, and a proxy that counts, cuts, stalls and records."""

import base64
import contextlib
import datetime
import getpass
import ipaddress
import selectors
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "broker.test"


def mosquitto() -> str | None:
    """The broker's executable, or None."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Authority:
    """A certificate authority of a minute's age. `certificate`: its own, DER."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("test authority")
        self._certificate = self._sign(self._name, self._key.public_key(), authority=True)
        self.certificate = self._certificate.public_bytes(serialization.Encoding.DER)
        self.pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        self.text = base64.b64encode(self.certificate).decode()

    def _sign(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, authority: bool) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        )
        if authority:
            usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
            builder = builder.add_extension(usage, critical=True)
        else:
            common = subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
            names = [x509.DNSName(str(common)), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        issuer = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
        own = x509.SubjectKeyIdentifier.from_public_key(key)
        builder = builder.add_extension(own, critical=False).add_extension(issuer, critical=False)
        return builder.sign(self._key, hashes.SHA256())

    def issue(self, folder: Path, name: str) -> None:
        """Write `server.crt`, `server.key` and `ca.crt` for a server."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._sign(_name(name), key.public_key(), authority=False)
        (folder / "ca.crt").write_bytes(self.pem)
        (folder / "server.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (folder / "server.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Broker:
    """Mosquitto with TLS on `port`, and without on `plain`, for attackers who own the broker."""

    def __init__(self, folder: Path, authority: Authority, name: str = NAME, saves: bool = True) -> None:
        """saves: it writes down at once what it has taken; else only in `save` and in `stop`."""
        folder.mkdir(parents=True, exist_ok=True)
        authority.issue(folder, name)
        self.authority = authority
        self.port, self.plain = free_port(), free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "mosquitto.conf").write_text(
            "user %s\nallow_anonymous true\npersistence true\nautosave_on_changes %s\n"
            "autosave_interval %d\npersistence_location %s/\nlog_dest none\nmax_inflight_messages 20\n"
            "listener %d 127.0.0.1\ncafile %s\ncertfile %s\nkeyfile %s\nlistener %d 127.0.0.1\n"
            % (
                getpass.getuser(),  # started by root, it would become somebody who cannot write here
                "true" if saves else "false",
                int(saves),
                folder,
                self.port,
                folder / "ca.crt",
                folder / "server.crt",
                folder / "server.key",
                self.plain,
            )
        )
        self.start()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        executable = mosquitto()
        assert executable
        self._process = subprocess.Popen(
            [executable, "-c", str(self._folder / "mosquitto.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                for port in (self.port, self.plain):
                    socket.create_connection(("127.0.0.1", port), 1).close()
                return
            assert self._process.poll() is None, "mosquitto ended"
            time.sleep(0.02)
        raise AssertionError("mosquitto does not listen")

    def stop(self) -> None:
        """As an orderly restart: what clients have not taken is saved."""
        assert self._process
        self._process.terminate()
        self._process.wait()

    def save(self) -> None:
        """Write down who has subscribed to what."""
        assert self._process
        file = self._folder / "mosquitto.db"
        before = file.stat().st_mtime_ns if file.exists() else 0
        self._process.send_signal(signal.SIGUSR1)
        end = time.monotonic() + 10
        while not file.exists() or file.stat().st_mtime_ns == before:
            assert time.monotonic() < end
            time.sleep(0.005)

    def kill(self) -> None:
        """As a power cut: what it had not saved is gone."""
        assert self._process
        self._process.kill()
        self._process.wait()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def address(self, port: int = 0) -> dict[str, object]:
        """What a guardian tells a watch of it; at `port` stands whatever is in between."""
        return {"host": "127.0.0.1", "port": port or self.port, "name": NAME, "authority": self.authority.text}

    def in_the_clear(self, port: int = 0) -> dict[str, object]:
        """Without TLS, on the loopback, so that bytes can be counted."""
        return {"host": "127.0.0.1", "port": port or self.plain, "name": "", "authority": ""}


class Proxy:
    """Stands between a watch and a broker. `recorded` is all that passed; `up` and `down` count its bytes.

    cut_after: as soon as so many bytes have passed in a connection (upwards plus downwards), it is cut; None: never.
    stalled: connections are accepted, and nothing passes.
    """

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.recorded = bytearray()
        self.connections = 0
        self.cuts = 0
        self.cut_after: int | None = None
        self.passed = 0  # bytes in the newest connection
        self.stalled = False
        self._drop_all = False
        self._ended = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        selector = selectors.DefaultSelector()
        selector.register(self._listener, selectors.EVENT_READ)
        pairs: dict[socket.socket, socket.socket] = {}

        def drop(one: socket.socket) -> None:
            for end in (one, pairs[one]):
                selector.unregister(end)
                end.close()
            other = pairs.pop(one)
            pairs.pop(other)

        while not self._ended:
            if self._drop_all:
                for one in list(pairs):
                    if one in pairs:
                        drop(one)
                self._drop_all = False
            for key, _ in selector.select(0.005):
                source = key.fileobj
                assert isinstance(source, socket.socket)
                if source is self._listener:
                    near, _ = self._listener.accept()
                    self.connections += 1
                    self.passed = 0
                    try:
                        far = socket.create_connection(("127.0.0.1", self._to), 5)
                    except OSError:
                        near.close()
                        continue
                    pairs[near], pairs[far] = far, near
                    selector.register(near, selectors.EVENT_READ)
                    selector.register(far, selectors.EVENT_READ)
                    continue
                if source not in pairs:
                    continue
                if self.stalled:
                    time.sleep(0.002)
                    continue
                try:
                    data = source.recv(4096)
                    cut = self.cut_after is not None and self.passed + len(data) >= self.cut_after
                    if cut and self.cut_after is not None:
                        data = data[: max(self.cut_after - self.passed, 0)]
                        self.cuts += 1
                    self.recorded += data
                    self.passed += len(data)
                    pairs[source].sendall(data)
                    if cut or not data:
                        raise OSError
                except OSError:
                    drop(source)
        for one in list(pairs):
            one.close()
        self._listener.close()
        selector.close()

    def drop_all(self) -> None:
        """Cut what is connected now."""
        self._drop_all = True
        while self._drop_all:
            time.sleep(0.001)

    def close(self) -> None:
        """End it, with all connections."""
        self._ended = True
        self._thread.join()

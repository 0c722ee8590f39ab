"""Published test vectors for firmware.storage.crypto; runs on CPython and MicroPython. Prints the number of checks."""

import binascii

import cryptolib

from firmware.storage.crypto import Broken, Sealer, equal, hkdf, hmac_sha256
from firmware.storage.key_table import unwrap, wrap
from firmware.storage.stretch import pbkdf2

_hex = binascii.unhexlify

# RFC 4231, 4.2 to 4.8 (case 5 is truncated): key, data, MAC
HMAC = (
    (b"0b" * 20, b"4869205468657265", b"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"4a656665",
        b"7768617420646f2079612077616e7420666f72206e6f7468696e673f",
        b"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (b"aa" * 20, b"dd" * 50, b"773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        b"0102030405060708090a0b0c0d0e0f10111213141516171819",
        b"cd" * 50,
        b"82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (b"0c" * 20, b"546573742057697468205472756e636174696f6e", b"a3b6167473100ee06e0c796c2955552b"),
    (
        b"aa" * 131,
        b"54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d2048617368204b6579204669727374",
        b"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        b"aa" * 131,
        b"5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73697a65206b657920616e64"
        b"2061206c6172676572207468616e20626c6f636b2d73697a6520646174612e20546865206b6579206e6565647320746f20626520"
        b"686173686564206265666f7265206265696e6720757365642062792074686520484d414320616c676f726974686d2e",
        b"9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
)

# RFC 5869, A.1 to A.3: key, salt, info, output
HKDF = (
    (
        b"0b" * 22,
        b"000102030405060708090a0b0c",
        b"f0f1f2f3f4f5f6f7f8f9",
        b"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        binascii.hexlify(bytes(range(0x00, 0x50))),
        binascii.hexlify(bytes(range(0x60, 0xB0))),
        binascii.hexlify(bytes(range(0xB0, 0x100))),
        b"b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
        b"da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        b"0b" * 22,
        b"",
        b"",
        b"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
)

# First 32 bytes of RFC 7914, 11 (one round), and of the SHA-256 set made from RFC 6070's: password, salt, rounds, key
PBKDF2 = (
    (b"passwd", b"salt", 1, b"55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"),
    (b"password", b"salt", 2, b"ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"),
    (b"password", b"salt", 4096, b"c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"),
)

# RFC 3394, 4.3 and 4.6: secret, wrapped; the key is 00 01 .. 1f
WRAP = (
    (b"00112233445566778899aabbccddeeff", b"64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7"),
    (
        b"00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f",
        b"28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21",
    ),
)

# NIST SP 800-38A, F.2.5: AES-256-CBC
CBC_KEY = b"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"
CBC_PLAIN = (
    b"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    b"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
CBC_CIPHER = (
    b"f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
    b"39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
)


def _refused(function, *args) -> bool:
    try:
        function(*args)
    except Broken:
        return True
    return False


def checks():
    """Yield (name, passed)."""
    for key, data, mac in HMAC:
        mac = _hex(mac)
        yield "hmac", hmac_sha256(_hex(key), _hex(data))[: len(mac)] == mac
        yield "hmac in parts", hmac_sha256(_hex(key), _hex(data)[:5], b"", _hex(data)[5:])[: len(mac)] == mac
    for key, salt, info, output in HKDF:
        output = _hex(output)
        yield "hkdf", hkdf(_hex(key), _hex(salt), _hex(info), len(output)) == output
    for password, salt, rounds, key in PBKDF2:
        yield "pbkdf2", pbkdf2(password, salt, rounds) == _hex(key)
    kek = bytes(range(32))
    for secret, wrapped in WRAP:
        yield "wrap", wrap(kek, _hex(secret)) == _hex(wrapped)
        yield "unwrap", unwrap(kek, _hex(wrapped)) == _hex(secret)
    secret = bytes(range(192))
    yield "wrap 192", unwrap(kek, wrap(kek, secret)) == secret
    cipher = cryptolib.aes(_hex(CBC_KEY), 2, bytes(range(16)))
    yield "cbc", cipher.encrypt(_hex(CBC_PLAIN)) == _hex(CBC_CIPHER)
    yield from _refusals(kek)


def _refusals(key: bytes):
    wrapped = wrap(key, b"s" * 16)
    sealer = Sealer(key)
    sealed = bytes(sealer.seal(b"i" * 16, b"plain text", b"aad"))
    yield "unseal", sealer.unseal(sealed, b"aad") == b"plain text"
    yield "unseal in place", sealer.unseal(bytearray(b"head" + sealed), b"aad", 4) == b"plain text"
    yield "seal with a head", sealer.seal(b"i" * 16, b"plain text", b"aad", b"head") == b"head" + sealed
    for at in range(len(wrapped)):
        changed = wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :]
        yield "unwrap changed", _refused(unwrap, key, changed)
    for at in range(len(sealed)):
        changed = sealed[:at] + bytes([sealed[at] ^ 128]) + sealed[at + 1 :]
        yield "unseal changed", _refused(sealer.unseal, changed, b"aad")
        yield "unseal cut", _refused(sealer.unseal, sealed[:at], b"aad")
        yield "unwrap cut", _refused(unwrap, key, wrapped[:at]) or at >= len(wrapped)
    yield "unseal aad", _refused(sealer.unseal, sealed, b"aae") and _refused(sealer.unseal, sealed, b"")
    yield "unseal key", _refused(Sealer(b"k" * 32).unseal, sealed, b"aad")
    yield "equal", equal(b"ab", b"ab") and not equal(b"ab", b"ac") and not equal(b"ab", b"a")


def main():
    count = 0
    for name, passed in checks():
        if not passed:
            raise ValueError(name)
        count += 1
    print("passed", count)


if __name__ == "__main__":
    main()

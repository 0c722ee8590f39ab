"""Galaxycore GC9A01: 240 x 240, for round panels.

Source: GC9A01A data sheet 1.0, section 6.5: registers above 0x80 answer only after both keys (0xFE, 0xEF); 6.5.4
(0xC3, 0xC4, 0xC9: reference voltages), 6.5.8 (0xF0-0xF3: curves), 6.5.3 (0xE8: dot inversion). The values are those of
the maker's own note for this panel.
"""

from firmware.drivers.panel import Panel

_KEYS = (b"\xfe", b"\xef")
_VALUES = (
    (b"\xc3", b"\x13"),
    (b"\xc4", b"\x13"),
    (b"\xc9", b"\x22"),
    (b"\xf0", b"\x45\x09\x08\x08\x26\x2a"),
    (b"\xf1", b"\x43\x70\x72\x36\x37\x6f"),
    (b"\xf2", b"\x45\x09\x08\x08\x26\x2a"),
    (b"\xf3", b"\x43\x70\x72\x36\x37\x6f"),
    (b"\xe8", b"\x34"),
)


class Display(Panel):
    """With its keys, then its values."""

    def voltages(self):
        for key in _KEYS:
            self.send(key)
        for command, data in _VALUES:
            self.send(command, data)

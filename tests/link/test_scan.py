"""A few of the thousand set-ups of `make scan`, and proof that it finds what it looks for."""

from pathlib import Path

from tests.link.scan import Unit, scan


def test_no_secret_comes_twice_or_lies_open() -> None:
    wrong, count = scan(4)
    assert wrong == []
    assert count >= 4 * 15


def test_the_scan_finds_what_it_looks_for(tmp_path: Path) -> None:
    unit = Unit(tmp_path)
    assert {"device secret", "pairing key", "recovery code", "PIN salt", "key j1", "key T0"} <= set(unit.secrets)
    assert all(len(data) > 500 for data in unit.places.values())
    secret = unit.secrets["key j1"]
    for place in unit.places:
        for form in (secret, secret.hex().encode()):
            kept, unit.places[place] = unit.places[place], unit.places[place] + form
            assert list(unit.found_in_the_clear()) == ["key j1 in " + place]
            unit.places[place] = kept
    assert list(unit.found_in_the_clear()) == []

"""Raw flash images after expiry, withdrawal, renewal and wipe, on the real MicroPython; see erased.py."""

from pathlib import Path

from simulator import micropython

SCRIPT = Path(__file__).with_name("erased.py")


def test_no_key_and_no_plain_text_is_left(micropython_binary: str, mpy_root: Path, source_root: Path) -> None:
    done = micropython.run(SCRIPT, path=f"{mpy_root}:{source_root}", heap="16M")
    assert done.returncode == 0, done.stdout
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["expiry", "withdrawal", "renewal", "wipe", "places", "differ"]
    for title, looked, size in rows[:-1]:
        print("%s: %s keys and markers looked for in %s bytes" % (title, looked, size))
        assert int(looked) > 5

"""`ward build`, `ward keygen`: the same bytes each time, signed, complete, refused where something is missing."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from firmware.update.package import CODE
from host_tools import boards
from host_tools.cli import main
from host_tools.making import build, data_rule, image, release, sign
from host_tools.making.build import BuildFailed
from simulator import publisher
from tests.conftest import ROOT
from tests.thorough import THOROUGH

BOARD = "esp32-devkitc-st7789"
KEY = publisher.private_key("maker")


@pytest.fixture(scope="module")
def made(mpy_root: Path, tmp_path_factory: pytest.TempPathFactory) -> release.Release:
    """One whole release, in a folder."""
    found = release.make(boards.load(BOARD), tmp_path_factory.mktemp("out"), KEY, next_pin="ab" * 32)
    release.write(found)
    return found


def test_a_rebuild_without_changes_is_byte_identical(made: release.Release, tmp_path: Path) -> None:
    """From nothing, in another folder: every file, the signatures too."""
    build._shortened.cache_clear()
    again = release.make(boards.load(BOARD), tmp_path, KEY, next_pin="ab" * 32)
    assert again.files == made.files
    assert set(made.files) == {
        "partitions.bin", "files.littlefs", "update.ward", "sbom.cdx.json", "data-rule.json", "manifest.json",
        "manifest.sig",
    }  # fmt: skip


def test_the_manifest_names_every_file_and_is_signed(made: release.Release) -> None:
    manifest = json.loads(made.files["manifest.json"])
    for name, entry in manifest["files"].items():
        data = (made.folder / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert set(manifest["files"]) | {"manifest.json", "manifest.sig"} == set(made.files)
    signature = bytes.fromhex(made.files["manifest.sig"].decode())
    KEY.public_key().verify(signature, made.files["manifest.json"], padding.PKCS1v15(), hashes.SHA256())
    assert manifest["pins"] == [sign.pin(KEY), "ab" * 32]


def test_everything_fits_a_file_system_of_two_megabytes(made: release.Release) -> None:
    """Two slots, font, words, 540 KB of journal, the reserve, and room for evidence; code below its bound."""
    parts = made.parts
    assert parts["as flashed"] + parts["second slot"] + parts["journal at most"] + parts["kept free"] < 2 << 20
    assert parts["left for evidence in 2 MB"] == parts["left for evidence"] > 0, "this board has just that"
    assert parts["journal at most"] == 540 << 10
    assert parts["slot"] <= CODE == 250 * 1024, "whole blocks, head and index counted too"
    text = release.changes(parts, {**parts, "slot": parts["slot"] - 4096})
    assert re.search(r"^slot .*\+4096$", text, re.MULTILINE) and text.count("+") == 1


@pytest.mark.parametrize("board", boards.names() if THOROUGH else ["tinywatch-s3"])
def test_every_board_can_be_built(board: str, made: release.Release) -> None:
    """In one go, from the same tree: each fits a slot of 250 KB, and its own flash."""
    known = boards.load(board)
    found = release.make(known, made.folder.parent, KEY)
    rows = image.read_table(found.files["partitions.bin"])
    assert found.parts["slot"] <= CODE and found.parts["left for evidence"] > 0
    assert rows[-1].at + rows[-1].size == known.soc["flash_mb"] << 20
    assert len(found.files["files.littlefs"]) <= rows[3].size


@pytest.mark.parametrize("board", boards.names())
def test_no_driver_lacks_what_it_imports(board: str, mpy_root: Path) -> None:
    """In the slot and in the base: a board that cannot import its drivers restarts for ever."""
    code, _, base = release.contents(mpy_root, boards.load(board))
    assert ("firmware/drivers/axp202.mpy" in code) == ("axp202" in str(boards.load(board).data["power"]))
    for files in (list(code), [path.removeprefix("base/") for path in base]):
        drivers = [path for path in files if path.startswith("firmware/drivers/") and path.endswith(".mpy")]
        assert drivers
        for path in drivers:
            module = path.removesuffix(".mpy").replace("/", ".")
            needed = {found.replace(".", "/") + ".mpy" for found in release.closure((module,))}
            assert needed <= set(files), path


def test_what_does_not_fit_is_not_built() -> None:
    with pytest.raises(BuildFailed, match="do not fit"):
        release._check_room({"slot": 1 << 20, "as flashed": 1 << 20}, 2 << 20)


def test_the_bill_of_materials(made: release.Release) -> None:
    """CycloneDX with what others made and under which licence, and every file by its hash (E6)."""
    found = json.loads(made.files["sbom.cdx.json"])
    assert (found["bomFormat"], found["specVersion"]) == ("CycloneDX", "1.6")
    names = {part["name"]: part for part in found["components"]}
    assert names["MicroPython"]["licenses"][0]["license"]["id"] == "MIT"
    assert any(part["licenses"][0]["license"]["id"] == "OFL-1.1" for part in names.values() if "licenses" in part)
    assert names["firmware/policy/engine.mpy"]["hashes"][0]["alg"] == "SHA-256"
    assert "timestamp" not in found["metadata"]


@pytest.mark.parametrize(
    ("section", "field"), [(section, field) for section, fields in data_rule.FIELDS.items() for field in fields]
)
def test_a_data_rule_that_lacks_a_field_is_refused(section: str, field: str, tmp_path: Path) -> None:
    """Each field of A2, in each language, is missed by its name."""
    text = data_rule.MAKER.read_text(encoding="utf-8")
    line = next(line for line in text.splitlines() if line.startswith(field + " = "))
    for changed in ("", re.sub(r"en = \".*\"", 'en = " "', line), line.replace("zh = ", "fr = ")):
        maker = tmp_path / "maker.toml"
        maker.write_text(text.replace(line, changed), encoding="utf-8")
        with pytest.raises(BuildFailed, match=r"%s\.%s is not said in (zh|en)" % (section, field)):
            data_rule.data_rule(maker)


def test_a_category_without_an_end_is_refused(tmp_path: Path) -> None:
    lines = tmp_path / "collected.tsv"
    lines.write_text("contacts.added\tbasic\tguardian\t\twatch\t名字\tNames\n", encoding="utf-8")
    with pytest.raises(BuildFailed, match="line 1"):
        data_rule.data_rule(collected=lines)


def test_the_build_asks_for_the_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = tmp_path / "maker.toml"
    maker.write_text("", encoding="utf-8")
    with pytest.raises(BuildFailed, match="A2"):
        release.make(boards.load(BOARD), tmp_path, KEY, maker=maker)
    assert not (tmp_path / BOARD).exists()


@pytest.mark.parametrize("version", ["1", "1.2", "1.2.3.4", "a.b.c", "6.0.0", "1.100.0", "-1.0.0"])
def test_a_version_that_watches_could_not_compare(version: str) -> None:
    with pytest.raises(BuildFailed):
        release.number_of(version)


def test_versions_keep_their_order() -> None:
    numbers = [release.number_of(one) for one in ("0.0.1", "0.1.0", "0.1.1", "0.99.99", "1.0.0", "5.99.99")]
    assert numbers == sorted(set(numbers)) and numbers[-1] <= 65535


def test_the_base_is_small_and_knows_no_rule() -> None:
    """What no update touches: boot, slots, recovery, and no policy, services or screens that age."""
    found = release.closure(release.BASE)
    assert {"firmware.start", "firmware.recovery", "firmware.update.slots", "firmware.board"} <= found
    assert not any(module.startswith(("firmware.policy.rules", "firmware.ui", "firmware.watch")) for module in found)


# --- keys


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WARD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def ward(*arguments: str, **options: Any) -> Result:
    return CliRunner().invoke(main, list(arguments), **options)


def test_keys_are_made_announced_and_changed(home: Path) -> None:
    assert ward("build", "--board", BOARD).exit_code == 1, "no key yet"
    assert ward("keygen", "--rotate", "--plain").exit_code == 1
    assert ward("keygen", "--plain").exit_code == 0
    first = sign.pin(sign.load(home / "maker.pem"))
    assert (home / "maker.pem").stat().st_mode & 0o777 == 0o600
    assert ward("keygen", "--plain").exit_code == 1, "a key is never overwritten"
    assert release.next_pin() == ""
    assert ward("keygen", "--rotate", "--plain").exit_code == 0
    following = release.next_pin()
    assert following and following != first
    assert sign.pin(sign.load(home / "maker.pem")) == first, "the first one still signs"
    assert ward("keygen", "--rotate", "--plain").exit_code == 0
    assert sign.pin(sign.load(home / "maker.pem")) == following
    assert [path.name for path in home.glob("maker-old-*.pem")] == ["maker-old-%s.pem" % first[:8]]


def test_a_key_with_a_passphrase(home: Path) -> None:
    words = "a quiet cupboard"
    done = ward("keygen", input=words + "\n")
    assert done.exit_code == 0 and words not in done.output
    assert b"ENCRYPTED" in (home / "maker.pem").read_bytes()
    done = ward("build", "--board", BOARD, "--out", str(home), input="wrong one\n")
    assert done.exit_code == 1 and "passphrase was not right" in done.output
    (home / "maker.pem").chmod(0o644)
    assert "chmod 600" in ward("build", "--board", BOARD).output


def test_a_head_that_a_watch_would_not_take_is_not_made() -> None:
    items: list[object] = ["wardwatch firmware", "b", 1, 0, 1, "", 9, "00" * 32, "firmware/" + "x" * 3000, 1, "00" * 32]
    with pytest.raises(BuildFailed, match="too many"):
        image.head_of(items, KEY)


def test_a_board_gets_its_own_drivers_alone(mpy_root: Path) -> None:
    code, assets, base = release.contents(mpy_root, boards.load(BOARD))
    own = {path.split("/")[-1] for path in code if path.startswith("firmware/drivers/")}
    assert "st7789.mpy" in own and not own & {"gc9a01.mpy", "axp2101.mpy", "pcf8563.mpy", "cst816.mpy", "bma423.mpy"}
    assert "base/firmware/drivers/st7789.mpy" in base and "base/firmware/drivers/axp202.mpy" not in base
    assert "firmware/board.json" in assets and "firmware/recovery.mpy" not in code


def test_the_feature_library_is_an_asset_of_the_signed_package_and_fits_the_board(mpy_root: Path) -> None:
    """F2: its version stands in its head; boards without PSRAM get the small variant under the same name."""
    folder = ROOT / "firmware" / "text"
    for board, name in (("lilygo-t-watch-s3", "model.bin"), ("esp32-devkitc-st7789", "model_small.bin")):
        _, assets, _ = release.contents(mpy_root, boards.load(board))
        assert assets["firmware/text/model.bin"] == (folder / name).read_bytes()
        assert "firmware/text/model_small.bin" not in assets
        assert int.from_bytes(assets["firmware/text/model.bin"][4:6], "little") > 2, "the version"

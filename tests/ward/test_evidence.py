"""`ward evidence`: what others can check without our tools, and what no command gives away (F12-F14, F19, H7, H11)."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from host_tools.guardian.verify_evidence import opened
from simulator.watch import RUNTIMES, Person
from tests.ward.home import PASSPHRASE, Home, a_home, befriend, bullied, pair, run

TEXTS = ["你真笨，没人喜欢你", "you are stupid", "nobody likes you, stupid"]


@pytest.fixture(params=RUNTIMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    if request.param == "micropython":
        request.getfixturevalue("micropython_binary")
    with a_home(tmp_path, request.param) as home:
        yield home


def verify(folder: Path) -> subprocess.CompletedProcess[str]:
    """The stand-alone verifier, with Python alone: no package of this project, no site packages."""
    return subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", "."], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


def unpacked(file: Path) -> Path:
    folder = file.with_suffix("")
    with zipfile.ZipFile(file) as archive:
        archive.extractall(folder)
    return folder


def test_an_exported_package_can_be_checked_with_python_alone(home: Home) -> None:
    pair(home, born=(2019, 6))  # under 8: the guardian reads for the child
    ming = Person("Ming")
    befriend(home, ming)
    bullied(home, ming, TEXTS)
    file = home.folder / "case.zip"
    assert run(home, "evidence", "export", "1", str(file), "--json", secret=PASSPHRASE).ok().data["opened"]
    assert file.stat().st_mode & 0o777 == 0o600
    folder = unpacked(file)
    assert [row[-1] for row in json.loads((folder / "messages.json").read_text())] == TEXTS
    page = (folder / "00-read-me-first.txt").read_text()
    assert "does not prove" in page and "Who wrote the messages" in page and "没有改变" in page
    assert len((folder / "verify.py").read_text().splitlines()) < 100
    checked = verify(folder)
    assert checked.returncode == 0 and "Unchanged." in checked.stdout, checked
    # whoever changes a text, a sum or the sealed bytes is found, also when the sums are made to fit
    for name, old, new in (("messages.json", "stupid", "clever"), ("package.json", '"party"', '"Party"')):
        whole = (folder / name).read_text()
        (folder / name).write_text(whole.replace(old, new, 1))
        assert verify(folder).returncode == 1, name
        forge_sums(folder)
        assert name != "messages.json" or "messages.json is not what lies" in verify(folder).stdout
        (folder / name).write_text(whole)
        forge_sums(folder)
    data = bytearray((folder / "package.bin").read_bytes())
    data[40] ^= 1
    (folder / "package.bin").write_bytes(data)
    forge_sums(folder)
    assert "not what the watch sealed" in verify(folder).stdout
    # what was given out opens this package alone
    key = json.loads((folder / "package.json").read_text())["key"]
    hua = Person("Hua")
    befriend(home, hua)
    bullied(home, hua, TEXTS)
    other = home.folder / "other.zip"
    run(home, "evidence", "export", "2", str(other), "--sealed").ok()
    with pytest.raises(ValueError, match="does not open"):
        opened((unpacked(other) / "package.bin").read_bytes(), bytes.fromhex(key))
    assert key not in home.output and key not in home.records()


def forge_sums(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_from_eight_no_text_leaves_without_the_childs_act(home: Home) -> None:
    pair(home)
    ming = Person("Ming")
    befriend(home, ming)
    bullied(home, ming, TEXTS)
    shut = home.folder / "shut.zip"
    done = run(home, "evidence", "export", "1", str(shut), "--json", secret=PASSPHRASE).ok()
    assert not done.data["opened"] and "child decides" in done.err
    folder = unpacked(shut)
    assert sorted(os.listdir(folder)) == [
        "00-read-me-first.txt", "manifest.json", "package.bin", "package.json", "verify.py",
    ]  # fmt: skip
    assert json.loads((folder / "package.json").read_text())["key"] == "" and verify(folder).returncode == 0
    for path in folder.iterdir():
        for text in TEXTS:
            assert text.encode() not in path.read_bytes()
    # the emergency grant wants a reason, and shows itself to the child
    hasty = run(home, "evidence", "export", "1", str(home.folder / "x.zip"), "--emergency", "why", secret=PASSPHRASE)
    assert hasty.code == 3 and not (home.folder / "x.zip").exists()
    # the child hands the package over, on the watch
    home.watch.do("ask", request={"kind": "content_access.hand_over", "package": 1})
    given = home.folder / "given.zip"
    assert run(home, "evidence", "export", "1", str(given), "--json", secret=PASSPHRASE).ok().data["opened"]
    assert [row[-1] for row in json.loads((unpacked(given) / "messages.json").read_text())] == TEXTS
    assert "guardian_read" in {kind for kind, _ in home.shown}
    for text in TEXTS:
        assert text not in home.output


def test_the_emergency_grant_opens_and_tells_the_child(home: Home) -> None:
    pair(home)
    ming = Person("Ming")
    befriend(home, ming)
    bullied(home, ming, TEXTS)
    file = home.folder / "case.zip"
    why = "she did not come home from school"
    done = run(home, "evidence", "export", "1", str(file), "--emergency", why, "--json", secret=PASSPHRASE)
    assert done.ok().data["opened"]
    assert {"emergency_grant", "guardian_read"} <= {kind for kind, _ in home.shown}


def test_notices_and_the_end_of_a_case(home: Home) -> None:
    pair(home)
    ming, hua = Person("Ming"), Person("Hua")
    for person in (ming, hua):
        befriend(home, person)
        bullied(home, person, TEXTS)
    digest = run(home, "evidence", "notice", "1", "--to", "school", "--json").ok().data["digest"]
    for to in ("platform", "school", "police"):
        english = run(home, "evidence", "notice", "1", "--to", to, "--name", "Lin").ok().out
        chinese = run(home, "evidence", "notice", "1", "--to", to, "--language", "zh").ok().out
        for text in (english, chinese):
            assert digest in text and "110" in text and not any(words in text for words in TEXTS)
        assert "To: Lin" in english and "insults or exclusion: 3" in english and "Evidence package: 1" in english
        assert all(step in english for step in ("1. Keep", "2. Report", "3. Police"))
        assert all(step in chinese for step in ("1. 保留", "2. 举报", "3. 报警")) and "侮辱或排挤: 3" in chinese
    assert run(home, "evidence", "notice", "7", "--to", "police").code == 1
    assert run(home, "evidence", "close", "1", stdin="n\n").code == 1
    assert run(home, "evidence", "close", "1", "--yes", secret="four owls under").code == 6
    assert len(run(home, "evidence", "list", "--json").ok().data) == 2
    run(home, "evidence", "close", "1", "--yes", secret=PASSPHRASE).ok()
    assert [one["package"] for one in run(home, "evidence", "list", "--json").ok().data] == [2]
    assert run(home, "evidence", "export", "1", str(home.folder / "late.zip"), secret=PASSPHRASE).code == 1
    run(home, "evidence", "close", "2", "--yes", secret=PASSPHRASE).ok()
    assert run(home, "evidence", "list").ok().out == "No evidence.\n"


def test_a_package_whose_sealing_has_left_the_journal(tmp_path: Path) -> None:
    """Newer records push that record out: the digest stays, and the first page says what it is worth then."""
    with a_home(tmp_path, "cpython") as home:
        pair(home, born=(2019, 6))
        ming = Person("Ming")
        befriend(home, ming)
        bullied(home, ming, TEXTS)
        before = run(home, "evidence", "list", "--json").ok().data
        rig = home.watch._watch._rig
        assert rig is not None
        engine = rig.watch.engine
        for _ in range(10):  # as many segments as are kept, and one
            rig.watch.store.rotate(engine.clock.wall, engine.clock.powered, engine.clock.month(), engine._parts())
        home.watch.do("reboot")
        assert "content_access.sealed" not in run(home, "log", "show").ok().out
        assert run(home, "evidence", "list", "--json").ok().data == before
        file = home.folder / "old.zip"
        done = run(home, "evidence", "export", "1", str(file), "--json", secret=PASSPHRASE).ok()
        assert done.data["opened"] and "does not reach back to the sealing" in done.err
        folder = unpacked(file)
        assert verify(folder).returncode == 0
        page = (folder / "00-read-me-first.txt").read_text()
        assert "no longer holds the record of the sealing" in page.replace("\n", " ") and "已被新记录取代" in page
        about = json.loads((folder / "package.json").read_text())
        assert about["sealing"] is None and about["digest"] == before[0]["digest"]
        notice = run(home, "evidence", "notice", "1", "--to", "school").ok().out
        assert about["digest"] in notice and about["sealed_at"] in notice
        # what lies sealed in the watch is still held against the digest
        (stored,) = Path(home.watch._watch.root).glob("e*")
        data = bytearray(stored.read_bytes())
        data[60] ^= 1
        stored.write_bytes(data)
        changed = run(home, "evidence", "export", "1", str(home.folder / "x.zip"), secret=PASSPHRASE)
        assert changed.code == 1 and "changed or is damaged" in changed.err

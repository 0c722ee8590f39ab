"""`ward approve` and the watch compute one code; the vectors are computed here, by the text of RFC 4226 (D7, D12)."""

import hmac
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from firmware.policy.rules.approval import KEY, TRIES
from host_tools.cli import main
from host_tools.guardian import approval
from simulator.portable.rig import Rig
from simulator.scenario import APPROVAL_KEY, PASSPHRASE, PIN, approval_code, login, verifier

CASES = [
    (["ai-minutes", "15"], ["ai_minutes", 15, 0, ""]),
    (["payment", "12.5", "--payee", "面包店"], ["payment", 1250, 0, "面包店"]),
    (["payment", "12"], ["payment", 1200, 0, ""]),
    (["payment", "0.05"], ["payment", 5, 0, ""]),
    (["unblock", 'bao"\\@school.example'], ["unblock", 0, 0, 'bao"\\@school.example']),
    (["grant", "contacts.unknown", "1", "--minutes", "30"], ["grant", 1, 30, "contacts.unknown"]),
]


def digits(key: bytes, number: int, asked: list[object]) -> str:
    """RFC 4226 section 5.3 with SHA-256 and eight digits."""
    text = json.dumps(["wardwatch approval 1", number, *asked], ensure_ascii=False, separators=(",", ":"))
    mac = hmac.digest(key, text.encode(), "sha256")
    offset = mac[-1] & 0xF
    return "%08d" % (int.from_bytes(mac[offset : offset + 4], "big") % 2**31 % 10**8)


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "watch.key"
    path.write_text(APPROVAL_KEY.hex() + "\n")
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize(("words", "asked"), CASES)
def test_the_tool_computes_the_code(words: list[str], asked: list[object], key_file: str) -> None:
    for number in (0, 1, 483920, 999999):
        done = CliRunner().invoke(main, ["approve", *words, "--request", str(number), "--key-file", key_file])
        assert done.exit_code == 0, done.output
        assert done.output == digits(APPROVAL_KEY, number, asked) + "\n"
        named = dict(zip(("what", "value", "minutes", "detail"), asked, strict=True))
        assert approval_code(APPROVAL_KEY, number, named) + "\n" == done.output


def test_the_key_comes_from_stdin_too() -> None:
    done = CliRunner().invoke(
        main, ["approve", "ai-minutes", "5", "--request", "7", "--key-file", "-"], input=APPROVAL_KEY.hex() + "\n"
    )
    assert done.output == digits(APPROVAL_KEY, 7, ["ai_minutes", 5, 0, ""]) + "\n"


@pytest.mark.parametrize(
    "words",
    [
        ["payment", "12.505"], ["payment", "twelve"], ["payment", "-1"], ["payment", "1."+ "x"], ["payment", ".5"],
        ["ai-minutes", "61"], ["ai-minutes", "0"], ["grant", "contacts.unknown", "1"], ["everything"],
    ],
)  # fmt: skip
def test_what_makes_no_sense_gives_no_code(words: list[str], key_file: str) -> None:
    done = CliRunner().invoke(main, ["approve", *words, "--request", "1", "--key-file", key_file])
    assert done.exit_code == 2


@pytest.mark.parametrize("text", ["", "00" * 31, "zz" * 32, "00" * 33])
def test_a_key_file_that_holds_no_key(text: str, tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    done = CliRunner().invoke(main, ["approve", "ai-minutes", "5", "--request", "1", "--key-file", str(path)])
    assert done.exit_code == 1 and "64 hexadecimal digits" in done.output


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX's")
def test_a_key_that_others_can_read_is_refused(key_file: str) -> None:
    Path(key_file).chmod(0o644)
    done = CliRunner().invoke(main, ["approve", "ai-minutes", "5", "--request", "1", "--key-file", key_file])
    assert done.exit_code == 1 and "chmod 600" in done.output


def test_no_code_without_number_and_key() -> None:
    assert CliRunner().invoke(main, ["approve", "ai-minutes", "5"]).exit_code == 2
    assert CliRunner().invoke(main, ["approve", "payment", "--help"]).exit_code == 0
    assert "--key-file FILE" in CliRunner().invoke(main, ["approve", "payment", "--help"]).output


# --- on the watch

NOW = 211_000_000


def _watch(root: Path) -> Rig:
    rig = Rig()
    rig.do({"op": "new", "root": str(root), "wall": NOW})
    setup = {"profile": "cn-ccia", "language": "en", "owner": "mum", "region": "cn", "numbers": []}
    birth = {"birth_year": 2015, "birth_month": 6, "wall": NOW}
    ask(rig, "administration.setup", **birth, **setup, **verifier(PASSPHRASE, PIN))
    rig.do({"op": "ask", "request": login(PASSPHRASE, "host")})
    assert ask(rig, "approval.key", key=APPROVAL_KEY.hex(), channel="host")["verdict"] == "allow"
    return rig


def ask(rig: Rig, kind: str, **fields: object) -> dict[str, object]:
    answer: dict[str, object] = rig.do({"op": "ask", "request": {"kind": kind, **fields}})
    return answer


def test_the_tools_code_opens_the_watch(tmp_path: Path, key_file: str) -> None:
    """End to end: what the tool prints for the number on the watch is what the watch takes, once."""
    rig = _watch(tmp_path / "watch")
    ask(rig, "approval.ask", what="payment", value=1250, detail="bakery")
    number = rig.do({"op": "shown"})["approvals"][0]["request"]
    words = ["approve", "payment", "12.50", "--payee", "bakery", "--request", str(number), "--key-file", key_file]
    code = CliRunner().invoke(main, words).output.strip()
    assert ask(rig, "approval.enter", request=number, code=code)["verdict"] == "allow"
    engine = rig.watch.engine
    rule = engine.rules["approval"]
    assert rule.allowance("ai_minutes") is None
    allowance = rule.allowance("payment")
    assert allowance[:4] == [number, "payment", 1250, "bakery"]
    engine._commit([rule.used(number)])
    assert rule.allowance("payment") is None
    rig.do({"op": "reboot"})
    assert rig.watch.engine.rules["approval"].allowance("payment") is None


def test_an_allowance_waits_fifteen_minutes(tmp_path: Path) -> None:
    """Approved is not used: to the second, through a reboot."""
    rig = _watch(tmp_path / "watch")
    ask(rig, "approval.ask", what="ai_minutes", value=20)
    number = rig.do({"op": "shown"})["approvals"][0]["request"]
    ask(rig, "approval.enter", request=number, code=approval.code(APPROVAL_KEY, number, "ai_minutes", 20))
    rig.do({"op": "advance", "seconds": 899})
    assert rig.watch.engine.rules["approval"].allowance("ai_minutes")[2] == 20
    rig.do({"op": "advance", "seconds": 1})
    assert rig.watch.engine.rules["approval"].allowance("ai_minutes") is None


def test_numbers_never_come_again(tmp_path: Path) -> None:
    """So that no code of an older request fits: numbers follow the journal's, which damage does not turn back."""
    rig = _watch(tmp_path / "watch")
    seen = set()
    for _day in range(40):
        for _ in range(6):
            assert ask(rig, "approval.ask", what="ai_minutes", value=20)["verdict"] == "allow"
            number = rig.do({"op": "shown"})["approvals"][-1]["request"]
            assert number not in seen and 0 <= number <= 999999
            seen.add(number)
            for _ in range(TRIES):
                ask(rig, "approval.enter", request=number, code="00000000")
        rig.do({"op": "advance", "seconds": 86400})
    assert len(seen) == 240


def test_a_power_cut_before_the_new_key_lies_there(tmp_path: Path) -> None:
    """The old key is out with the record of the new one; without the new one nothing is approved."""
    rig = _watch(tmp_path / "watch")
    context = rig.watch.engine.context
    context.keep_secrets = lambda *secrets: None
    assert ask(rig, "approval.key", key=bytes(range(32)).hex(), channel="host")["verdict"] == "allow"
    rig.do({"op": "reboot"})
    assert rig.watch.engine.context.secrets(KEY) == APPROVAL_KEY
    assert ask(rig, "approval.ask", what="ai_minutes", value=20)["reason"] == "approval.off"

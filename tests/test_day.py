"""The simulated day: the same on both runtimes, told from the watch's answers, ending with a verified journal."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import day
from simulator.days import stream
from simulator.days.story import OtherDay, SchoolDay
from simulator.days.timeline import Printer, pad, width, wrap
from simulator.watch import Guardian, Person, Watch, requirement_rows

ROOT = Path(__file__).resolve().parent.parent


def run(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """What the command prints; it must end well."""
    assert day.main(list(options)) == 0
    return capsys.readouterr().out


def data(capsys: pytest.CaptureFixture[str], *options: str) -> dict:
    return json.loads(run(capsys, "--json", *options))


def entries(timeline: list[dict], **wanted: str) -> list[dict]:
    """The entries whose named fields contain these words."""
    return [e for e in timeline if "chapter" not in e and all(words in e[name] for name, words in wanted.items())]


def only(timeline: list[dict], **wanted: str) -> dict:
    found = entries(timeline, **wanted)
    assert len(found) == 1, (wanted, len(found))
    return found[0]


def reasons(entry: dict) -> list[str]:
    return [decision["reason"] for decision in entry["decisions"]]


# The two runtimes


@pytest.mark.parametrize("age", ["7", "9"])
def test_both_runtimes_tell_the_same_day(capsys: pytest.CaptureFixture[str], micropython_binary: str, age: str) -> None:
    """Every decision, word, journal number and byte count; Chinese words through the pipe."""
    options = ["--age", age, "--language", "zh"]
    ours = data(capsys, *options)
    theirs = data(capsys, *options, "--runtime", "micropython")
    assert theirs.pop("runtime") == "micropython" and ours.pop("runtime") == "cpython"
    assert theirs == ours


def test_without_micropython_the_command_says_so(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert day.main(["--runtime", "micropython"]) == 2
    assert "--runtime cpython" in capsys.readouterr().err


# The story


@pytest.fixture(scope="module")
def school_day() -> dict:
    """The school day of a child of 9, as data."""
    done = subprocess.run(
        [sys.executable, "-m", "simulator.day", "--json", "--headless"], cwd=ROOT, capture_output=True, check=True
    )
    return json.loads(done.stdout)


def test_a_bully_is_marked_blocked_and_stays_blocked(school_day: dict) -> None:
    """Rows F1, F4, F5, F9, F11: warnings rise to a block with sealed evidence, which a reboot does not undo."""
    told = school_day["timeline"]
    assert reasons(only(told, said="such a loser")) == ["messages.warned"]
    folded = only(told, said="nobody likes you, stay")
    assert reasons(folded) == ["messages.collapsed"]
    assert folded["guardian"] and "nobody" not in json.dumps(folded["guardian"])
    last = only(told, said="people search")
    assert "grade muted" in last["decisions"][0]["facts"]
    press = only(told, what="the one button on Magpie")
    facts = press["decisions"][0]["facts"]
    assert any(re.fullmatch(r"evidence package 1: \d+ messages sealed", fact) for fact in facts)
    assert [record[1] for record in press["journal"]][:2] == ["content_access.sealed", "blocking.blocked"]
    assert press["guardian"][0].startswith("(waits for the network)")
    waiting = only(told, what="had a message waiting")
    assert waiting["facts"] == ["that message: messages.blocked", "evidence package 1: opens, complete"]
    assert reasons(only(told, who="Magpie", what="calls")) == ["calls.blocked"]
    assert reasons(only(told, said="hey, talk to me")) == ["messages.blocked"]


def test_the_other_acts_of_the_day(school_day: dict) -> None:
    """Each is answered by the rule that it was meant for."""
    told = school_day["timeline"]
    assert reasons(only(told, what="the PIN 123456")) == ["credentials.weak_pin"]
    assert reasons(only(told, said="swimming club")) == ["contacts.unknown"]
    assert reasons(only(told, said="Now it works")) == ["ok"]
    assert only(told, what="not bullying")["decisions"][0]["facts"] == ["grade back to none"]
    assert only(told, said="hello hello")["facts"] == ["protective mode begins"]
    assert reasons(only(told, said="We are at the big tree")) == ["ok"]
    back = only(told, who="network", what="is back")
    assert "protective mode has ended" in back["facts"] and len(back["guardian"]) == 1
    assert reasons(only(told, said="12 Willow")) == ["messages.personal_never"]
    assert reasons(only(told, said="13900000007")) == ["messages.personal"]
    assert {code for entry in entries(told, said="so stupid") for code in reasons(entry)} == {"messages.think"}
    assert reasons(only(told, what="over a shoulder")) == ["credentials.locked"]
    assert reasons(only(told, what="three hours ahead")) == ["administration.clock_not_yours"]
    assert only(told, what="pulls the battery")["facts"][1] == "its time is stale"
    assert reasons(only(told, what="tries the right PIN")) == ["credentials.locked"]
    cry = only(told, said="disappear")
    assert reasons(cry) == ["ok"] and cry["child"] and not cry["guardian"]
    assert only(told, what="opens the help page")["journal"] == []


def test_from_eight_on_the_guardian_sees_classes_and_counts(school_day: dict) -> None:
    """Rows D27, F13: no text; evidence only by the child's hand-over."""
    assert reasons(only(school_day["timeline"], what="last message")) == ["content_access.private"]
    assert reasons(only(school_day["timeline"], what="wants to read the sealed")) == ["content_access.private"]
    assert "obligation tell_child" in only(school_day["timeline"], what="reads the evidence")["decisions"][0]["facts"]
    assert school_day["guardian_reads"]["reason"] == "content_access.private"
    for row in school_day["contacts"].values():
        assert all(isinstance(count, int) for count in row.values())
    assert school_day["contacts"]["Magpie"]["bullying"] >= 4


def test_under_eight_the_guardian_may_read_with_a_mark(capsys: pytest.CaptureFixture[str]) -> None:
    """Row D28; and the youngest band has no group chat and no asking for friends."""
    told = data(capsys, "--age", "7")
    assert told["guardian_reads"]["obligations"] == ["mark_as_read_by_guardian"]
    assert reasons(only(told["timeline"], what="asks for Panda")) == ["contacts.off"]
    assert reasons(only(told["timeline"], what="opens group chat")) == ["bad request"]


def test_every_message_of_the_file_is_in_the_day(school_day: dict) -> None:
    messages = stream.read_stream(stream.SCHOOL_DAY)
    said = [entry["said"] for entry in school_day["timeline"] if entry.get("arrives") and entry["said"]]
    assert said == [message.text for message in messages]
    assert sum(school_day["messages"]["all"].values()) == len(messages)


def test_a_changed_flash_is_noticed(school_day: dict) -> None:
    """Rows D3, D5, I1: strict, friends outside, 110 and SOS inside; the journal itself verified before."""
    assert school_day["verified"] and school_day["proof"]["head"] == school_day["proof"]["records"] > 50
    flipped, friend, call, sos = school_day["tampering"]
    assert flipped["facts"][:2] == ["boot: broken, mac", "settings: strict"]
    assert reasons(friend) == ["messages.closed"] and friend["child"] == []
    assert reasons(call) == ["ok"] and "dial" in call["decisions"][0]["obligations"]
    assert len(sos["child"]) == 2


def test_a_journal_that_does_not_verify_is_a_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last line and the exit code say so."""
    real = Watch.reboot

    def flip_first(watch: Watch, off: int = 0, rtc: bool = True) -> dict:
        path = watch.root / "j000001"
        if off == 0 and watch.root.name == "flash":
            path.write_bytes(path.read_bytes()[:-1] + b"\0\0")
        return real(watch, off, rtc)

    monkeypatch.setattr(Watch, "reboot", flip_first)
    assert day.main(["--brief"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("Journal NOT verified")


# Other message streams


def test_a_csv_is_counted_by_label(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What the engine thinks of each row; over-long rows are dropped; the first offer to block is taken."""
    rows = ["n,label,text"]
    rows += ["%d,1,you are a loser" % number for number in range(3 * stream.SENDERS)]
    rows += ["%d,0,shall we play" % number for number in range(4)] + ["9,0," + "x" * 1001]
    path = tmp_path / "stream.csv"
    path.write_text("\n".join(rows) + "\n")
    told = data(capsys, "--messages", str(path))
    assert told["messages"]["label 0"] == {"shown": 4, "warned": 0, "folded": 0, "refused": 0, "dropped": 1}
    assert told["messages"]["label 1"]["warned"] == 3 * stream.SENDERS
    assert told["verified"]
    limited = data(capsys, "--messages", str(path), "--limit", "5")
    assert sum(row for line in limited["messages"].values() for row in line.values()) == 5


def test_the_child_takes_the_first_offer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Three unkind messages within ten minutes (row F7): the child presses, and the fourth is refused."""
    path = tmp_path / "stream.tsv"
    lines = ["09:0%d\tMagpie\tyou are a loser" % minute for minute in range(4)] + [
        "09:30\tOtter\thello",
        "09:40\t?x\thello",
    ]
    path.write_text("# a comment\n\n" + "\n".join(lines) + "\n")
    told = data(capsys, "--messages", str(path))
    assert [reasons(entry)[0] for entry in entries(told["timeline"], said="loser")] == ["messages.warned"] * 3 + [
        "messages.blocked"
    ]
    assert len(entries(told["timeline"], what="the one button")) == 1
    assert reasons(entries(told["timeline"], said="hello")[1]) == ["contacts.unknown"]


def test_plain_lines_are_messages(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "lines.txt"
    path.write_text("你好\n\nhello\n", encoding="utf-8")
    assert data(capsys, "--messages", str(path))["messages"] == {
        "all": {"shown": 2, "warned": 0, "folded": 0, "refused": 0, "dropped": 0}
    }


def test_a_day_of_strangers_only(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Nobody is a friend; the guardian's view is empty and the day still ends well."""
    path = tmp_path / "strangers.tsv"
    path.write_text("09:00\t?x\thello\n09:01\t?a name that is far too long for any contact\thello\n")
    told = data(capsys, "--messages", str(path), "--age", "7")
    assert told["contacts"] == {} and told["messages"]["all"]["refused"] == 2
    printed = run(capsys, "--messages", str(path))
    assert max(width(line) for line in printed.splitlines()) <= 110


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("none.csv", None, "cannot read"),
        ("empty.txt", b"", "no messages"),
        ("binary.txt", b"\xff\xfe\x00", "no UTF-8"),
        ("columns.csv", b"words,label\nhello,1\n", "column named text"),
        ("two.tsv", b"09:00\tOtter\n", "line 1 is not"),
        ("late.tsv", b"# first\n25:00\tOtter\thello\n", "line 2 is not"),
    ],
)
def test_a_bad_file_gives_a_clear_error(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: bytes | None, complaint: str
) -> None:
    """Exit code 2, the reason on stderr, nothing on stdout."""
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert day.main(["--messages", str(tmp_path / name)]) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and complaint in printed.err and printed.err.count("\n") == 1


@pytest.mark.parametrize(
    "options", [["--limit", "0", "--messages", "x"], ["--age", "8"], ["--runtime", "x"], ["--fly"]]
)
def test_a_bad_option_gives_exit_code_2(capsys: pytest.CaptureFixture[str], options: list[str]) -> None:
    try:
        code = day.main(options)
    except SystemExit as left:
        code = int(left.code or 0)
    assert code == 2
    assert capsys.readouterr().err


# How it looks


@pytest.mark.parametrize("options", [[], ["--brief"], ["--language", "zh", "--age", "7"]])
def test_no_line_is_too_long_and_no_colour_goes_into_a_file(
    capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    printed = run(capsys, *options)
    assert max(width(line) for line in printed.splitlines()) <= 110
    assert "\033" not in printed
    assert printed.splitlines()[-1].startswith("Journal verified: ")


def test_colour_is_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org: any value but an empty one."""

    class Terminal:
        def isatty(self) -> bool:
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\033" in Printer(Terminal())._style("bold", "x")
    monkeypatch.setenv("NO_COLOR", "1")
    assert Printer(Terminal())._style("bold", "x") == "x"


def test_wide_characters_are_measured() -> None:
    assert width("ab") == 2 and width("你好") == 4 and pad("你", 4) == "你  "
    assert wrap("你好你好", 5) == ["你好", "你好"]
    assert wrap("a b\nc \x1b[31m", 80) == ["a b c [31m"]  # a message cannot colour the terminal


def test_all_words_come_from_the_watch(tmp_path: Path) -> None:
    """With other words in the watch, other words in the timeline: nothing is written into the story."""
    for kind in (SchoolDay, OtherDay):
        story = kind(tmp_path / kind.__name__, "cpython", "en", 9, stream.read_stream(stream.SCHOOL_DAY))
        story.watch.words = lambda code, language: "<%s>" % code  # type: ignore[method-assign]
        story.tell()
        for entry in story.timeline.entries:
            for line in [*entry.get("child", []), *(d["words"] for d in entry.get("decisions", []))]:
                assert line.startswith(("<", "(")) or line == "" or "contacts.groups" in line


def test_a_reader_who_stops_early_is_no_crash() -> None:
    """`make sim | head`."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "simulator.day"], cwd=ROOT, stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert done.stderr == b"" and done.returncode == 0


# The pieces


def test_a_watch_is_moved_like_a_person_would(tmp_path: Path) -> None:
    """The small interface that other simulations use."""
    otter = Person("Otter", "13900000002")
    with Watch(tmp_path, 216000000) as watch:
        assert watch.set_up(Guardian(), (2017, 5), ["13900000001"])["verdict"] == "allow"
        assert watch.guardian_login(Guardian("a wrong passphrase"))["reason"] == "credentials.wrong"
        assert watch.guardian_login(Guardian())["verdict"] == "allow"
        watch.add_contact(otter)
        assert watch.message(otter, "hello")["reason"] == "contacts.unknown"
        watch.agree(otter)
        assert watch.message(otter, "hello")["verdict"] == "allow"
        assert watch.write(otter, "hello")["verdict"] == "allow"
        watch.step()
        assert watch.seen()["sent"][0]["to"] == "otter"
        assert watch.advance(90)["wall"] == 216000090 == watch.now
        assert watch.incoming_call(otter.number)["verdict"] == "allow"
        assert watch.sos()["state"] == "counting"
        watch.sos(cancel=True)
        assert watch.grade(otter) == {"who": "contact", "grade": 0, "blocked": False}
        assert watch.reboot(off=5)["status"] == "ok"
        assert watch.verify()["ok"]


def test_rows_come_from_the_text_table() -> None:
    assert requirement_rows("credentials.weak_pin") == ["C15"]
    assert requirement_rows("ok") == []


def test_the_readme_shows_the_real_day() -> None:
    """`python -m simulator.day --update-readme` writes it again."""
    text = day.README.read_text(encoding="utf-8")
    assert text.count(day.BEGIN) == text.count(day.END) == 1
    shown = text.split(day.BEGIN)[1].split(day.END)[0]
    assert shown == "\n" + day.transcript(), "run: python -m simulator.day --update-readme"


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md", "docs/threat-model.md"])
def test_what_the_pages_name_exists(page: str) -> None:
    """Every path and scenario in a page is there, so that a renamed test cannot leave an empty claim."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name in re.findall(r"`((?:firmware|tests|simulator|docs|host_tools)/[\w/.<>-]+)`", text):
        assert "<" in name or (ROOT / name.rstrip("/")).exists(), name
    for name in re.findall(r"`([\w/]+\.toml)`", text):
        assert any((ROOT / folder / name).exists() for folder in ("tests/scenarios", "firmware", "firmware/policy")), (
            name
        )
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert ((ROOT / page).parent / link).exists(), link


def test_pictures_of_the_day(tmp_path: Path) -> None:
    """`--png` gives the watch a display, and writes each picture that an act has brought."""
    assert day.main(["--brief", "--png", str(tmp_path / "pictures")]) == 0
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names[0].endswith("-setup.png") and any(name.endswith("-blocked.png") for name in names)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (tmp_path / "pictures").iterdir())
    assert len({path.read_bytes() for path in (tmp_path / "pictures").iterdir()}) > len(names) // 2

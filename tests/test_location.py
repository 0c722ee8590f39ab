"""Distances, zones and cells in whole numbers; what a guardian's tool sees; no place on the flash."""

import itertools
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import simulator  # noqa: F401  makes the firmware importable
from firmware.policy.rules.location import crossing, distance
from firmware.services.locator import coarse
from host_tools.guardian.positions import FORGED, GENUINE, REPEATED, UNPROVED, Reports
from simulator.portable.rig import Rig
from simulator.scenario import PASSPHRASE, REPORT_KEY, Person, login, verifier

UNIT = 100_000  # in a degree
FAR = 25000


def ellipsoid(lat: int, lon: int) -> tuple[float, float, float]:
    """WGS84, earth-centred, metres. Over 25 km chord and arc differ by less than two centimetres."""
    phi, lam = math.radians(lat / UNIT), math.radians(lon / UNIT)
    normal = 6378137 / math.sqrt(1 - 0.00669437999 * math.sin(phi) ** 2)
    return (
        normal * math.cos(phi) * math.cos(lam),
        normal * math.cos(phi) * math.sin(lam),
        normal * (1 - 0.00669437999) * math.sin(phi),
    )


def test_the_distance_is_within_its_bound() -> None:
    """1 % and 3 metres, up to 80 degrees of latitude, against the ellipsoid; prints the worst."""
    pick, worst, most = random.Random(80), 0.0, 0.0
    for _ in range(20000):
        lat, lon = pick.randint(-80 * UNIT, 80 * UNIT), pick.randint(-180 * UNIT, 180 * UNIT)
        reach = 10 ** pick.uniform(1, 4.3)
        angle = pick.uniform(0, 2 * math.pi)
        other_lat = lat + round(reach * math.sin(angle) / 1.11)
        other_lon = lon + round(reach * math.cos(angle) / 1.11 / math.cos(math.radians(lat / UNIT)))
        other_lon = (other_lon + 180 * UNIT) % (360 * UNIT) - 180 * UNIT
        if abs(other_lat) > 80 * UNIT:
            continue
        true = math.dist(ellipsoid(lat, lon), ellipsoid(other_lat, other_lon))
        off = abs(distance(lat, lon, other_lat, other_lon) - true)
        assert off <= true / 100 + 3, (lat, lon, other_lat, other_lon, true, off)
        worst, most = max(worst, off), max(most, (off - 3) / true)
    print("worst %.1f m; beyond 3 m at most %.2f %%" % (worst, most * 100))


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ((0, 0), (0, 0), 0),
        ((0, 17999950), (0, -17999950), 111),  # over the date line
        ((3990000, 11640000), (3990000, 11640001), 0),
        ((3990000, 11640000), (3991000, 11640000), 1112),
        ((6000000, 0), (6000000, 2000), 1112),  # half as long at 60 degrees
        ((9000000, 0), (9000000, 18000000), 0),  # all one place
        ((-9000000, 0), (9000000, 0), FAR),
        ((0, 0), (0, 9000000), FAR),
    ],
)
def test_known_distances(one: tuple[int, int], other: tuple[int, int], metres: int) -> None:
    assert distance(*one, *other) == distance(*other, *one)
    assert abs(distance(*one, *other) - metres) <= 1


@given(st.integers(0, FAR), st.integers(50, 5000), st.integers(0, 2000), st.integers(0, 19))
def test_a_zone_is_certain_only_where_the_whole_circle_is(metres: int, radius: int, accuracy: int, before: int) -> None:
    """D81: no word claims a side that the accuracy does not carry, and an uncertain fix keeps what was known."""
    after, word = crossing(before, metres, radius, accuracy)
    if word in ("entered", "inside"):
        assert metres + accuracy < radius
    elif word in ("left", "outside"):
        assert metres - accuracy > radius
    elif word == "uncertain" or abs(metres - radius) <= accuracy:
        assert after & 3 == before & 3
    assert word in ("", "uncertain", "entered", "inside", "left", "outside")
    assert 0 <= after < 20, "it fits what location.check takes back"


@given(st.integers(-90 * UNIT, 90 * UNIT - 1), st.integers(-180 * UNIT, 180 * UNIT - 1), st.randoms())
def test_a_cell_hides_where_in_it(lat: int, lon: int, pick: random.Random) -> None:
    """D83: one kilometre by one to 2.3, up to 85 degrees; neighbours in the cell give the very same answer."""
    middle = coarse(lat, lon)
    assert coarse(*middle) == middle
    wide = next(step for step in (1000, 2000, 4000, 8000, 16000) if coarse(lat, middle[1] + step // 2) != middle)
    assert abs(lat - middle[0]) <= 500 and abs(lon - middle[1]) <= wide // 2
    if abs(lat) < 85 * UNIT:
        across = wide * 1.112 * math.cos(math.radians(middle[0] / UNIT))
        assert 1000 <= across <= 2350
    inside = (middle[0] + pick.randint(-500, 499), middle[1] + pick.randint(-wide // 2, wide // 2 - 1))
    assert coarse(*inside) == middle


# --- a watch that reports


class Home:
    """A watch that is set up for looks on request, with its guardian logged in."""

    def __init__(self, root: Path, seed: str = "home") -> None:
        self.rig, self.root = Rig(), root
        self.rig.do({"op": "new", "root": str(root), "seed": seed, "wall": 210902400})
        setup = {"wall": 210902400, "birth_year": 2017, "birth_month": 3, "profile": "cn-ccia", "language": "en"}
        names = {"owner": "owner", "region": "cn", "numbers": []}
        self.ask("administration.setup", **verifier(PASSPHRASE, "280519"), **setup, **names)
        self.login()
        self.ask("consent.give", purpose="location", manifest=1, channel="host")
        self.ask("location.key", key=REPORT_KEY.hex(), channel="host")
        values = [["location.on_request", 1], ["location.looks_per_hour", 12], ["location.zones", 1]]
        policy: dict[str, Any] = {"version": 1, "issuer": "owner", "expires": 0, "values": values}
        self.ask("administration.policy", **policy, channel="host")

    def login(self) -> None:
        assert self.rig.do({"op": "ask", "request": login(PASSPHRASE, "host")})["verdict"] == "allow"

    def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        answer = self.rig.do({"op": "ask", "request": {"kind": kind, **fields}})
        assert answer.get("verdict") == "allow", answer
        return answer

    def at(self, *fix: int) -> None:
        self.rig.do({"op": "place", "fix": list(fix)})

    def passes(self, seconds: int) -> list[dict[str, Any]]:
        self.rig.do({"op": "advance", "seconds": seconds})
        reports: list[dict[str, Any]] = self.rig.do({"op": "seen"})["positions"]
        return reports


def test_a_guardian_tells_injected_positions(tmp_path: Path) -> None:
    """B11: forged, changed, renumbered, repeated, overtaken and another watch's reports are told from genuine ones."""
    home = Home(tmp_path / "a")
    home.at(3990415, 11640738, 12, 3)
    sent = home.passes(1800)
    assert len(sent) >= 6
    tool = Reports(REPORT_KEY)
    judged = [tool.judge(report) for report in sent]
    assert {judgement.what for judgement in judged} == {GENUINE}
    assert judged[0].fields["lat"] == 3990415 and judged[0].fields["accuracy"] == 12
    assert [tool.judge(report).what for report in sent] == [REPEATED] * len(sent)
    first = sent[0]
    flipped = bytearray.fromhex(first["sealed"])
    flipped[20] ^= 1
    for bad in (
        {**first, "sealed": flipped.hex()},
        {**first, "counter": first["counter"] + 1000},
        {**first, "part": first["part"] + 1},
        {**sent[-1], "sealed": first["sealed"]},
        {**first, "sealed": first["sealed"][:-32]},
    ):
        assert Reports(REPORT_KEY).judge(bad).what == FORGED
    assert Reports(bytes(32)).judge(first).what == FORGED
    garbages: list[dict[str, Any]] = [
        {},
        {"counter": 1},
        {"counter": -1, "part": 0, "sealed": ""},
        {"counter": "1", "part": 0, "sealed": 5},
        {"counter": 1, "part": 0, "sealed": "zz"},
        {"counter": 1, "part": 70000, "sealed": "00" * 64},
        {"counter": 1, "part": 0, "fields": [1]},
    ]
    for garbage in garbages:
        assert Reports(REPORT_KEY).judge(garbage).what == FORGED
    unproved = {"counter": 0, "part": 0, "fields": [1, 5, 0, 1, 2, 3, 4, "sos", 0, ""]}
    assert Reports(REPORT_KEY).judge(unproved).what == UNPROVED


def test_no_position_is_ever_on_the_flash(tmp_path: Path) -> None:
    """D82, B13: with every trigger at work for a day and over a rotation, neither text nor bytes of any place are in a
    file or in the unsealed state; the search finds what it looks for in the reports."""
    home = Home(tmp_path / "a")
    places = [(3990415 + 3001 * step, 11640738 - 4003 * step) for step in range(12)]
    home.ask("location.zone", lat=3990415, lon=11640738, radius=300, name="school gate", channel="host")
    reported = []
    for step in range(12):
        home.at(*places[step], 12, 3)
        home.login()
        home.rig.do({"op": "service", "call": "look", "with": {"channel": "host"}})
        reported += home.passes(7200)
        if step == 6:
            home.rig.do({"op": "sos"})
            watch: Any = home.rig.watch
            clock = watch.engine.clock
            watch.store.rotate(clock.wall, clock.powered, clock.month(), watch.engine._parts())
    opened = [Reports(REPORT_KEY).judge(report).fields for report in reported]
    assert {fields["why"] for fields in opened} == {"host", "interval", "zone", "sos"}
    needles = set()
    for lat, lon in places[1:]:  # the first is the zone's centre, which is state, and sealed
        for number in (lat, lon):
            needles |= {b"%d" % number, number.to_bytes(4, "big"), number.to_bytes(4, "little")}
    assert any(b"%d" % places[3][0] in json.dumps(fields).encode() for fields in opened)
    engine: Any = home.rig.watch.engine
    store: Any = home.rig.watch.store
    looked = b"".join(bytes(blob) for _, blob in engine._parts())  # the snapshots, before they are sealed
    for segment in store.main.segments():
        offset, more = 0, True
        while more:
            record, private = store.read((segment, offset))
            more = record is not None
            if more:
                looked += repr(record.fields).encode() + bytes(private or b"")
                offset = record.end
    assert b"school gate" in looked, "the search reads what is sealed"
    looked += b"".join(path.read_bytes() for path in sorted((tmp_path / "a").iterdir()))
    assert len(looked) > 8000 and len(store.main.segments()) == 2
    assert not [needle for needle in needles if needle in looked]


def test_the_state_is_whole_in_its_snapshot(tmp_path: Path) -> None:
    """Looks, counters of signed requests, zones, apps, key and the card outlive a rotation and a reboot behind it."""
    home = Home(tmp_path / "a")
    home.at(3990415, 11640738, 12, 3)
    mum = Person("mum", {})
    card = {"name": mum.name, "address": mum.address, "number": mum.number, "key": mum.key.hex()}
    home.ask("contacts.add", **card, role="guardian", channel="host")
    home.ask("location.zone", lat=-3990415, lon=-11640738, radius=300, name="school gate", channel="host")
    home.ask("location.app", app="maps", allowed=True, channel="host")
    asked = {name: value for name, value in mum.locate(7).items() if name != "locate"}
    home.ask("location.request", **asked)
    home.passes(600)
    values = [["location.looks_per_hour", 0], ["location.zones", 0]]  # or the next boot would look at once
    home.ask("administration.policy", version=2, issuer="owner", expires=0, values=values)
    watch: Any = home.rig.watch
    clock = watch.engine.clock
    watch.store.rotate(clock.wall, clock.powered, clock.month(), watch.engine._parts())
    before = home.rig.do({"op": "state"})["digest"], home.rig.do({"op": "looks"})["looks"]
    assert [row[2:] for row in before[1]] == [["request", "Mum Sample"], ["interval", ""], ["zone", ""]]
    assert home.rig.do({"op": "reboot"})["records"] == 0, "all of it comes from the snapshot"
    assert (home.rig.do({"op": "state"})["digest"], home.rig.do({"op": "looks"})["looks"]) == before
    again = home.rig.do({"op": "ask", "request": {"kind": "location.request", **asked}})
    assert again["reason"] == "location.not_guardian"
    home.login()
    assert home.ask("location.look", channel="host")["obligations"] == ["show_look", "report"], "no card again"


def test_what_an_hour_of_reports_costs_the_journal(tmp_path: Path) -> None:
    """Twelve reports an hour are one record an hour: the month that the journal holds is not pushed out."""
    home = Home(tmp_path / "a")
    home.at(3990415, 11640738, 12, 3)
    before = home.rig.do({"op": "state"})
    reports = home.passes(86400)
    assert before["set_up"] and len(reports) == 288 + (1 if len(reports) % 2 else 0)
    looks = [row for row in home.rig.do({"op": "journal"})["records"] if row[3] == "location.looked"]
    assert len(looks) in (24, 25)
    kept: Any = home.rig.watch.locator
    assert len(kept._kept) == 96 * 21 and len(kept._outbox) <= 16


def test_the_receiver_gives_up_where_there_is_no_fix(tmp_path: Path) -> None:
    """Zones without a fix: 90 seconds each, after 5, 10, 20, 40 and then every 60 minutes; a fix begins anew."""
    home = Home(tmp_path / "watch")
    home.ask("administration.policy", version=2, issuer="owner", expires=0, channel="host",
             values=[["location.on_request", 0], ["location.looks_per_hour", 0], ["location.zones", 1]])  # fmt: skip
    home.login()
    home.ask("location.zone", lat=3990000, lon=11640000, radius=200, name="school", channel="host")

    def tries(minutes: int) -> list[int]:
        """The minutes in which the receiver was switched on."""
        begun, before = [], False
        for second in range(0, minutes * 60, 15):
            home.passes(15)
            on = home.rig.do({"op": "devices"})["receiver"]
            if on and not before:
                begun.append((second + 15) // 60)
            before = on
        return begun

    assert [b - a for a, b in itertools.pairwise(tries(270))] == [5, 10, 20, 40, 60, 60, 60]
    home.at(3990000, 11640000, 20, 0)
    tries(61)
    home.rig.do({"op": "place", "fix": None})
    found = tries(40)
    assert [b - a for a, b in itertools.pairwise(found)][:2] == [5, 10]

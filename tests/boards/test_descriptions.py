"""Every board's description is sound, and a description that is not is refused with the key that is wrong."""

import json
from pathlib import Path

import pytest

from host_tools import boards
from host_tools.generate import board_pages

NAMES = boards.names()
_GOOD = (boards.FOLDER / "waveshare-s3-touch-lcd-1.69" / "board.toml").read_text("utf-8")
_AXP = (boards.FOLDER / "lilygo-t-watch-s3" / "board.toml").read_text("utf-8")
_ONE_BUTTON = (boards.FOLDER / "esp32-devkitc-st7789" / "board.toml").read_text("utf-8")


def test_all_boards_of_the_plan_are_there() -> None:
    assert set(NAMES) == {
        "esp32-devkitc-st7789",
        "lilygo-t-watch-2020-v3",
        "lilygo-t-watch-s3",
        "m5stickc-plus2",
        "simulator",
        "tinywatch-s3",
        "waveshare-s3-touch-lcd-1.28",
        "waveshare-s3-touch-lcd-1.69",
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_packed_description_says_what_the_source_says(name: str) -> None:
    board = boards.load(name)
    packed = json.loads(board.packed())
    assert packed["name"] == name and packed["telephony"] == board.telephony
    assert packed["display"]["width"] == board.display["width"]
    assert packed["psram"] == board.soc["psram_mb"]
    assert not {"sources", "usb", "micropython", "unused", "title"} & packed.keys(), "the watch needs none of it"
    assert len(board.packed()) < 1024
    assert board.packed() == boards.load(name).packed()


# (what is replaced, by what, what the error must name)
_WRONG = [
    ("width = 240", "width = 2400", "display.width must be from 128 to 240"),
    ("width = 240", 'width = "240"', "display.width must be a whole number"),
    ("width = 240", "", "display.width is missing"),
    ("width = 240", "width = 240\ncolour = 3", "display.colour is unknown; there are: driver, bus, width"),
    ("y = 20", "y = 41", "lies outside of the controller's 240 x 320"),
    ("y = 20", "y = 20\nmadctl = 0x20", "display.madctl: rows and columns"),
    ("y = 20", "y = 20\nround = true", "as wide as it is high"),
    ("cs = 5", "cs = 4", "display.dc: pin 4 is taken by display.cs"),
    ("cs = 5", "cs = 27", "display.cs: an esp32s3 has no free pin 27"),
    ("cs = 5", "cs = 49", "display.cs: an esp32s3 has no free pin 49"),
    ("cs = 5", "cs = 34", "display.cs: pin 34 belongs to the PSRAM"),
    ("cs = 5", "cs = -1", "display.cs: an esp32s3 has no free pin -1"),
    ('bus = "spi1"', 'bus = "spi2"', "display.bus: there is no bus spi2; there are: spi1, i2c0"),
    ('bus = "spi1"', 'bus = "i2c0"', "display.bus: st7789 speaks SPI"),
    ('driver = "cst816"', 'driver = "cst999"', "touch.driver must be one of: cst816, ft6x36"),
    ('driver = "cst816"', 'driver = "cst816"\naddress = 0x16', "a cst816 never answers at 0x16"),
    ('driver = "pcf85063"', 'driver = "pcf85063"\naddress = 0x15', "rtc.address: a pcf85063 never answers"),
    ("adc = 1", "adc = 12", "pin 12 is not on ADC1"),
    ("ratio = 300", "ratio = 3", "battery.ratio must be from 100 to 1000"),
    ("hz = 400_000", "hz = 4", "buses.i2c0.hz must be from 100000 to 1000000"),
    ("[buses.i2c0]", "[buses.can0]", "buses.can0: a bus is spi1, spi2, i2c0 or i2c1"),
    ('telephony = "none"', 'telephony = "satellite"', "telephony must be one of: none, phone, modem"),
    ('ids = ["303a:4001"]', 'ids = ["303A4001"]', "usb.ids must hold ids such as 303a:4001"),
    ("psram_mb = 8", "psram_mb = 0", "soc.psram_bus belongs to boards with PSRAM"),
    ('sos = "hold a 3000"', 'sos = "press a"', "the one button a blocks when pressed and is SOS when held"),
    ('sos = "hold a 3000"', 'sos = "shout"', "gestures.sos: write it like"),
    ('name = "a"', 'name = "b"', "buttons: each name stands once"),
    ("pin = 40", "", "button a: pin is missing"),
    ('source = "gpio"\npin = 40', 'source = "power"', "the power chip's key needs a power chip"),
    ("[touch]", "[taste]", "taste is no part of a description"),
    ("[[sources]]", "[[rumours]]", "sources is missing"),
    ('driver = "none"\n', 'driver = "axp2101"\nbus = "i2c0"\n', "power.interrupt is missing"),
    ("hold = 41", 'hold = 41\n[power.rails]\ndisplay = "ldo9"', "power.rails.display: none has no rail ldo9"),
    ("title =", "title", "boards/broken/board.toml: "),
]


@pytest.mark.parametrize(("old", "new", "said"), _WRONG)
def test_a_wrong_description_is_refused_with_its_reason(old: str, new: str, said: str, tmp_path: Path) -> None:
    assert old in _GOOD
    with pytest.raises(boards.BoardError) as error:
        _load(tmp_path, _GOOD.replace(old, new, -1 if new == "[[rumours]]" else 1))
    assert said in str(error.value)


def test_the_pages_of_the_boards_are_current() -> None:
    """`make generate` writes them."""
    stored = {path.name: path.read_text("utf-8") for path in board_pages.FOLDER.glob("*.md")}
    assert stored == board_pages.pages()
    for name, text in stored.items():
        telephony = boards.load(name[:-3]).telephony
        assert ("cannot call" in text) == (telephony == "none"), name


def test_chips_must_not_share_an_address(tmp_path: Path) -> None:
    """The T-Watch's clock and a made-up second chip on one bus."""
    text = _AXP.replace('driver = "bma423"\nbus = "i2c0"', 'driver = "bma423"\nbus = "i2c0"\naddress = 0x18')
    assert _load(tmp_path, text).motion["address"] == 0x18
    shared = _AXP.replace("[buses.i2c1]\nsda = 39\nscl = 40\nhz = 400_000\n", "").replace('"i2c1"', '"i2c0"')
    assert _load(tmp_path, shared).touch["bus"] == "i2c0"
    with pytest.raises(boards.BoardError, match=r"a rail belongs to one part"):
        _load(tmp_path, _AXP.replace('haptics = "bldo2"', 'haptics = "aldo3"'))


def test_pins_that_can_only_be_read_drive_nothing(tmp_path: Path) -> None:
    with pytest.raises(boards.BoardError, match=r"buzzer\.pin: pin 34 can only be read"):
        _load(tmp_path, _ONE_BUTTON.replace("pin = 25", "pin = 34"))


def test_a_board_with_one_button_says_how_it_is_used(tmp_path: Path) -> None:
    with pytest.raises(boards.BoardError, match="next and choose are needed"):
        _load(tmp_path, _ONE_BUTTON.replace('next = "double a"\n', ""))


def test_an_unused_part_keeps_its_pins(tmp_path: Path) -> None:
    with pytest.raises(boards.BoardError, match=r"unused LoRa radio on aldo4: pin 7 is taken by touch\.interrupt"):
        _load(tmp_path, _AXP.replace("interrupt = 16", "interrupt = 7"))


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(boards.BoardError) as error:
        _load(tmp_path, _GOOD.replace("width = 240", "width = 2").replace("ratio = 300", "ratio = 3"))
    assert len(str(error.value).splitlines()) == 2


def test_a_board_that_is_not_there() -> None:
    with pytest.raises(boards.BoardError, match="there are: esp32-devkitc-st7789, lilygo"):
        boards.load("nokia-3310")
    with pytest.raises(boards.BoardError, match="is no name of a board"):
        boards.load("../firmware")


def _load(folder: Path, text: str) -> boards.Board:
    (folder / "broken").mkdir()
    (folder / "broken" / "board.toml").write_text(text, "utf-8")
    try:
        return boards.load("broken", folder)
    finally:
        (folder / "broken" / "board.toml").unlink()
        (folder / "broken").rmdir()

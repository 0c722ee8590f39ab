"""What the page says, in both languages. Texts of alerts are the watch's own (firmware/texts)."""

from typing import Any

from firmware.policy.rules.approval import AI_MINUTES, PAYMENT, UNBLOCK
from firmware.texts import text
from host_tools.guardian.positions import GENUINE

LANGUAGES = ("zh", "en")

PAGE = {
    "week": ("最近七天", "The last seven days"),
    "quiet": ("没有新的提醒。", "Nothing to report."),
    "asks": ("孩子的请求", "The child asks"),
    "agree": ("同意", "Agree"),
    "agreed": ("已同意，等手表联网。", "Agreed; the watch takes it when it is online."),
    "no_key": (
        "这台电脑没有批准用的密钥。请在电脑上运行 ward keys。",
        "This computer has no key for codes. Run there: ward keys",
    ),
    "came": ("消息", "What came"),
    "gone": ("与代理服务器的连接断了，正在重试。", "The connection to the broker is lost; trying again."),
    "lost": ("与电脑的连接断了。", "The connection to the computer is lost."),
    "private": (
        "这里只有类别和次数，没有消息内容。孩子看到的提醒和您一样。",
        "Kinds and counts only, no text of messages. The child reads the same words as you.",
    ),
}

_SOS = ("求助信号", "Call for help")
_OFFLINE = ("手表离线了。", "The watch went offline.")
_MINUTES = ("再用 %d 分钟 AI 助手", "%d more minutes with the assistant")
_PAYMENT = ("付款 %s 元", "A payment of %s yuan")
_PAYEE = ("，付给 %s", " to %s")
_UNBLOCK = ("不再屏蔽 %s", "An end of the block of %s")
_GRANT = ("%s = %d，%d 分钟", "%s = %d for %d minutes")
_NO_FIX = ("没有定位", "No position")
_PLACE = ("位置 %.5f, %.5f，误差 %d 米", "Position %.5f, %.5f to %d m")
_DOUBT = ("（存疑：%s）", " (doubtful: %s)")
_CLOSED = ("收到一个位置；这台电脑没有打开它的密钥。", "A position came; this computer has no key for it.")


def words(kind: str, fields: dict[str, Any], language: str) -> str:
    """One line about what came (kinds and fields: host_tools/guardian/inbox.py)."""
    at = LANGUAGES.index(language)
    if kind == "alert":
        return str(text("alert." + fields["code"], language)).replace("{count}", str(fields["count"]))
    if kind == "sos":
        return _SOS[at]
    if kind == "request":
        return _asked(fields, at)
    return _where(fields, at) if kind == "position" else _OFFLINE[at]


def _asked(fields: dict[str, Any], at: int) -> str:
    what, value, detail = fields["what"], fields["value"], str(fields["detail"])
    if what == UNBLOCK:
        return _UNBLOCK[at] % detail
    if what == PAYMENT:
        return _PAYMENT[at] % ("%d.%02d" % divmod(value, 100)) + (_PAYEE[at] % detail if detail else "")
    if what == AI_MINUTES:
        return _MINUTES[at] % int(value)
    return _GRANT[at] % (detail, int(value), int(fields["minutes"]))


def _where(fields: dict[str, Any], at: int) -> str:
    if "proof" not in fields:
        return _CLOSED[at]
    if fields["word"] == "no_fix":
        place = _NO_FIX[at]
    else:
        place = _PLACE[at] % (fields["lat"] / 100000, fields["lon"] / 100000, fields["accuracy"])
    return place if fields["proof"] == GENUINE else place + _DOUBT[at] % fields["proof"]

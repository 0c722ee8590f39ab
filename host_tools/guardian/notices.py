"""What is written about an evidence package: its first page, and notices to platform, school and police (F14, F19, H7).

A notice holds what the journal knows: number, times, classes and counts. It never holds a message's text.
"""

from typing import Any

from firmware.text import reading

TO = ("platform", "school", "police")

_CLASSES = {
    reading.BULLY: ("insults or exclusion", "侮辱或排挤"),
    reading.THREAT: ("threats", "威胁"),
    reading.DOXX: ("someone's personal data", "他人个人信息"),
    reading.STRANGER: ("luring (address, secrecy, photo, meeting, codes)", "诱骗（住址、保密、照片、见面、验证码）"),
    reading.CRY: ("signs that somebody is being hurt", "有人受到伤害的迹象"),
    reading.PRIVATE: ("intimate content", "私密内容"),
}
_ENGLISH, _CHINESE = 0, 1
_RECEIVED = "messages.in"


def counted(about: dict[str, Any], language: int) -> list[str]:
    """Each class that the watch found in what the party sent, with its number of messages."""
    found = [row[5] for row in about["context"] if row[2] == _RECEIVED]
    lines = []
    for bit, words in _CLASSES.items():
        times = sum(1 for classes in found if classes & bit)
        if times:
            lines.append("- %s: %d" % (words[language], times))
    return lines or [("- blocked by the child; no class was found", "- 由孩子拉黑；没有识别出类别")[language]]


def _span(about: dict[str, Any]) -> tuple[str, str]:
    times = [row[1] for row in about["context"] if row[2] == _RECEIVED] or [about["sealed_at"]]
    return times[0], times[-1]


_NOTICE_EN = {
    "platform": (
        "Notice of harmful content against a minor, under your duty to take notices and act on them",
        "Please keep all records of this account, stop what it sends to minors, and tell us in writing what you did.",
    ),
    "school": (
        "Report of possible bullying between pupils",
        "Please look into it without naming the child who reported, keep what you find, tell us what is done.",
    ),
    "police": (
        "Report of an offence against a minor",
        "We ask you to take this report and to tell us its number.",
    ),
}
_NOTICE_ZH = {
    "platform": (
        "关于侵害未成年人内容的通知",
        "请保存该账号的全部记录，停止其向未成年人发送内容，并书面告知处理结果。",
    ),
    "school": ("关于疑似学生欺凌的报告", "请在不透露举报孩子的情况下调查，保存材料，并告知处理情况。"),
    "police": ("关于侵害未成年人行为的报案材料", "请受理并告知受案编号。"),
}


def notice_text(about: dict[str, Any], to: str, language: str, name: str) -> str:
    """A notice about a package: to one of TO, in "en" or "zh"; name of the receiver, or ""."""
    first, last = _span(about)
    if language == "zh":
        head, wish = _NOTICE_ZH[to]
        return "\n".join(
            [
                head,
                "致：%s" % (name or "____________"),
                "",
                "证据包编号：%d（手表 %s）" % (about["package"], about["watch"]),
                "封存时间：%s（世界时）" % about["sealed_at"],
                "消息时间：%s 至 %s（世界时）" % (first, last),
                "封存消息数：%d" % about["messages"],
                "类别与条数：",
                *counted(about, _CHINESE),
                "封存摘要：%s" % about["digest"],
                "",
                wish,
                "",
                "三个步骤：",
                "1. 保留：不要删除消息和手表里的证据包；用 ward evidence export 导出并保存。",
                "2. 举报：向平台或学校提交本通知，记下日期和回复；也可拨打 12377 举报网络违法信息。",
                "3. 报警：孩子有危险、受到威胁或被敲诈时拨打 110；求助可拨打 12355。",
                "",
                "监护人：____________    日期：____________",
            ]
        )
    head, wish = _NOTICE_EN[to]
    return "\n".join(
        [
            head,
            "To: %s" % (name or "____________"),
            "",
            "Evidence package: %d (watch %s)" % (about["package"], about["watch"]),
            "Sealed: %s" % about["sealed_at"],
            "Messages: from %s to %s" % (first, last),
            "Messages in the package: %d" % about["messages"],
            "Classes and numbers of messages:",
            *counted(about, _ENGLISH),
            "Digest of the package: %s" % about["digest"],
            "",
            wish,
            "",
            "The three steps:",
            "1. Keep: delete neither the messages nor the package in the watch; export it: ward evidence export.",
            "2. Report: hand this notice to the platform or the school; write down the date and the answer.",
            "3. Police: call the emergency number (110 in China, 112 in Europe, 999 or 911) if the child is in danger, "
            "threatened or blackmailed.",
            "",
            "Guardian: ____________    Date: ____________",
        ]
    )


_FIRST_PAGE = """EVIDENCE PACKAGE %(package)d OF THE WATCH %(watch)s
Sealed %(sealed_at)s. Exported %(exported_at)s. Digest %(digest)s.

What this proves
- package.bin has not changed since the watch sealed it, and has the digest that the watch noted then, if the watch
  says the truth: its firmware is Wardwatch, and nobody opened the watch to change its memory or its program.
- %(texts_en)s
- The watch's journal %(chain_en)s
- %(sealing_en)s

What this does not prove
- Who wrote the messages. A message counts as a contact's only with the key of that contact's watch, but anybody may
  hold somebody else's watch; the party "%(party)s" is a number that means nothing outside this watch.
- That nothing else was said: the package holds the last messages with one party, and nothing of anybody else.
- That the times are right beyond the watch's own clock.

How to check it
  python3 verify.py      (needs nothing else; it has under a hundred lines to read)
Write the number that it prints on paper, with the date, and give both to whoever receives this file.


证据包 %(package)d，手表 %(watch)s
封存时间 %(sealed_at)s，导出时间 %(exported_at)s，摘要 %(digest)s（均为世界时）

本文件能证明什么
- 自封存以来 package.bin 没有改变，并与手表当时记下的摘要一致；前提是手表运行 Wardwatch 固件，
  且没有人拆开手表改动其存储或程序。
- %(texts_zh)s
- 手表日志%(chain_zh)s
- %(sealing_zh)s

本文件不能证明什么
- 消息是谁写的。只有持有该联系人手表密钥的消息才算联系人发出，但任何人都可能拿着别人的手表。
- 没有说过别的话：证据包只含与一方的最近消息。
- 时间的准确性超出手表自身时钟的范围。

如何核对：运行 python3 verify.py，把它显示的数字连同日期写在纸上，一并交给接收人。
"""


def read_me(about: dict[str, Any]) -> str:
    """The first page of an exported package, in English and Chinese."""
    opened, chain = bool(about["key"]), about["journal_goes_on_from_last_contact"]
    return _FIRST_PAGE % {
        **about,
        "texts_en": "messages.json is what lies in package.bin: the key in package.json opens it, and no other package."
        if opened
        else "The texts are not in this file. Who later receives the package's key can check them against package.bin.",
        "texts_zh": "messages.json 就是 package.bin 的内容：package.json 里的密钥只能打开这一个证据包。"
        if opened
        else "本文件不含消息原文。日后得到该证据包密钥的人可以用它核对 package.bin。",
        "sealing_en": "The journal holds the record of the sealing: number %d." % about["sealing"][0]
        if about["sealing"]
        else "The journal no longer holds the record of the sealing, nor all records of that time: newer ones have "
        "taken their place. Digest and time come from the watch's state, which it carries on in each new snapshot of "
        "its journal; who does not trust that has no second source. The numbers of messages by class may be too low.",
        "sealing_zh": "日志中有封存记录，编号 %d。" % about["sealing"][0]
        if about["sealing"]
        else "封存记录和当时的部分记录已被新记录取代。摘要和时间取自手表随日志快照保存的状态，没有第二个来源；"
        "按类别统计的条数可能偏少。",
        "chain_en": "goes on from its earlier contacts with the computer that exported this."
        if chain
        else "does NOT go on from its earlier contacts with this computer: its memory was put back. Doubt it.",
        "chain_zh": "与此前和导出电脑的联系相衔接。"
        if chain
        else "与此前的联系不衔接：存储曾被恢复到旧状态，应当存疑。",
    }

"""Whether personal data are worth looking for (personal_data.py, which takes long): most digits give nobody away."""

from micropython import const

from firmware.loading import ROOMY

_DIGITS = const(1)  # of the signs of fold.py
_AT = const(128)
_MANY = const(256)
_CHINESE = const(512)
_NUMERALS = "零一二三四五六七八九〇幺两壹贰叁肆伍陆柒捌玖十百千\u200b "
_NUMBER_SIGN = "号"  # before it, an address may write its numbers in Chinese
# Fewer than seven digits give nobody away but beside one of these, folded (personal_data.py): marks of addresses and
# plates, words for streets, schools, accounts, secrets, papers.
_TELLING_CHINESE = (
    "号|栋|幢|楼|室|层|座|单|省|市|区|县|镇|乡|州|旗|路|街|巷|弄|村|苑|寓|厦|园|道|班|微信|威信|薇|抖音|快手|小红书|企鹅|扣扣|密码|口令|"
    "门|锁|保险|验证|证|护照|学籍|卡|车牌|京|津|沪|渝|冀|豫|云|辽|黑|湘|皖|鲁|新|苏|浙|赣|鄂|桂|甘|晋|蒙|陕|吉|闽|贵|粤|青|藏|川|宁|琼"
)
_TELLING = (
    "primary|elementary|academy|schol|juniors|high|vx|wechat|weixin|wx|q|whatsap|snap|telegram|discord|insta|skype|"
    "tiktok|kik|gamer|user|pas|pwd|pin|code|combo|door|the safe|alarm|keypad|garage|gate|building|buzer|key box|"
    "social|sn|licen|plate|reg|stret|road|aven|boulevard| v | line id | ave | st | rd | blvd | ln | lane | dr | drive |"
    " court | ct | way | place | terace | close | crescent "
)
_words: list = []  # of these two, where there is room


def _numbered(text: str) -> bool:
    """Whether a Chinese number stands before a sign for one."""
    at = text.find(_NUMBER_SIGN)
    while at >= 0:
        if at and text[at - 1] in _NUMERALS:
            return True
        at = text.find(_NUMBER_SIGN, at + 1)
    return False


def may_tell(text: str, raw: bytes, folded: bytearray, size: int, signs: int) -> bool:
    """Whether digits, Chinese numbers or an `@` may be part of personal data; the message folded, and not."""
    if _NUMBER_SIGN in text and _numbered(text):
        return True
    if signs & _MANY or (signs & _AT and ("." in text or "．" in text)):
        return True
    if not signs & _DIGITS:
        return False
    if ROOMY and not _words:
        for words in (_TELLING, _TELLING_CHINESE):
            _words.append(tuple(words.encode().split(b"|")))
    for i in range(2 if signs & _CHINESE else 1):
        for word in _words[i] if ROOMY else (_TELLING_CHINESE if i else _TELLING).encode().split(b"|"):
            if folded.find(word, 0, size + 1) >= 0:
                return True
    row = 0  # two capitals and two digits, as on a plate: how many of the four stand in a row
    for b in raw:
        if b == 0xFF:
            break
        if 65 <= b <= 90:
            row = 2 if row else 1
        elif 48 <= b <= 57 and row > 1:
            row += 1
            if row == 4:
                return True
        else:
            row = 0
    return False

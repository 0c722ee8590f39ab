"""What a talk with a program may not hold, beyond what `reading` finds in any message (requirements G6, G7, G11, G12).

Lists of words, in the folded spelling (fold.py): they catch what is said plainly, and no more. A provider must keep
to the same rules by itself; this is the watch's own net below it. Loaded for one act and let go again.
"""

from array import array

from micropython import const

from firmware.text.fold import fold, fold_into
from firmware.text.terms import EVERYWHERE, FOUND, find_terms

_CRY = const(4)  # of LETTERS

# The whole message, or it would end a talk about bus stops.
_STOP = (
    "stop|stop it|stop now|stop talking|please stop|stop please|i want to stop|end|end chat|quit|exit|bye|bye bye|"
    "godbye|go away|停|停止|停下|结束|结束对话|结束聊天|退出|关闭|关掉|不聊了|我不聊了|不想聊了|我不想聊了|"
    "别说了|不要说了|不说了|再见|拜拜"
)

# Somebody is asked to be a relative or a partner, or says to be one: first words, then one of the second soon after.
_BE = (
    " be my | act as my | act like my | pretend | play my | become my | you are my | youre my | roleplay | role play |"
    "做我|作我|来当我|他当我|能当我|以当我|扮演|扮成|假装|假扮|装作|变成我|成为我|角色"
)
_CLAIM = " i am your | im your | be your | cal me your | cal me | as your |我是他|我就是他|做他|当他的|叫我|喊我|把我当"
_KIN = (
    " mom | momy | mum | mumy | mama | dad | dady | papa | mother | father | parent | brother | sister | grandma |"
    " grandpa | uncle | aunt | boyfriend | girlfriend | husband | wife | lover | partner | sweetheart | soulmate |"
    "妈|爸|爹|娘|爷爷|奶奶|外公|外婆|姥姥|姐姐|哥哥|弟弟|妹妹|叔叔|阿姨|亲人|家人|老公|老婆|男朋友|女朋友|男友|女友|恋人|爱人|"
    "情人|伴侣|对象|宝贝"
)
_LOVE = " i love you | i mis you | kis you |我爱他|我愛他|亲亲他|吻他|我好想他"
_SOON = 36  # bytes: a dozen Chinese characters

# Not suited to children in an answer, also where the sentence warns of it (F20's classes, as far as words tell them).
_UNSUITED = (
    " porn | porno | pornography | nude | nudes | sexual | erotic | casino | gambling | place a bet | cocaine |"
    " heroin | meth | marijuana | opium | make a bomb | build a bomb | explosives | suicide | self harm |"
    " kil yourself | terorist | terorists | behead |"
    "色情|裸聊|裸照|黄片|成人影片|做爱|性交|一夜情|赌博|赌场|下注|赌钱|冰毒|海洛因|大麻|可卡因|吸毒|毒品|炸药|制作炸弹|自制枪|枪支|"
    "自杀|自残|轻生|割腕|恐怖组织|圣战|邪教|虐杀|血腥|算命"
)

# Whoever names these may be telling of a grown-up at home: an alert to the guardian could put the child in danger.
_HOME = (
    " dad | dady | mom | momy | mum | father | mother | parent | parents | stepdad | stepfather | uncle | home |"
    " touch | touched | touches | touching |爸|妈|爹|家暴|家里|家长|叔|舅|爷爷|摸"
)


def _at(text: bytes, words: str) -> int:
    """The end of the first of these words in a padded folded text, or -1."""
    for word in words.encode().split(b"|"):
        at = text.find(word)
        if at >= 0:
            return at + len(word)
    return -1


def _padded(text: str) -> bytes:
    return b" " + fold(text.encode())[0] + b" "


def is_stop(text: str) -> bool:
    """Whether the child ends the talk (G11)."""
    return fold(text.encode())[0] in _STOP.encode().split(b"|")


def _with_kin(folded: bytes, begins: str) -> bool:
    for word in begins.encode().split(b"|"):
        at = folded.find(word)
        if at >= 0 and _at(folded[max(at + len(word) - 1, 0) : at + len(word) + _SOON], _KIN) >= 0:
            return True
    return False


def asks_for_role(text: str) -> bool:
    """Whether the child asks the program to be a relative or a partner (G7)."""
    return _with_kin(_padded(text), _BE)


def claims_role(text: str) -> bool:
    """Whether the program says that it is one, or speaks like a lover (G7)."""
    folded = _padded(text)
    return _with_kin(folded, _CLAIM) or _at(folded, _LOVE) >= 0


def is_unsuited(text: str) -> bool:
    """Whether an answer speaks of what children are not shown (G6)."""
    return _at(_padded(text), _UNSUITED) >= 0


def is_self_harm(text: str) -> bool:
    """Whether the child thinks of hurting itself, and nothing points to a grown-up at home as the reason (G12, I12)."""
    folded = bytearray(4 * len(text) + 4)
    size = fold_into(text.encode(), folded) >> 10
    found = array("H", bytes(2 * FOUND))
    find_terms(folded, size, array("H", bytes(32)), EVERYWHERE, found)
    return found[_CRY] == 3 and _at(_padded(text), _HOME) < 0

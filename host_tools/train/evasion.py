"""Other spellings of tell-tale words, as children write them to get past filters; for training and for figures."""

import random
from functools import cache

# word -> what is written instead: homophones, pinyin, initials, split characters.
CHINESE = {
    "傻逼": "沙比 煞笔 傻比 傻b sb 沙b 啥比 shabi 鲨臂 纱布 傻笔 莎比", "傻": "沙 煞 sha 啥", "废物": "费物 肺物 废勿 fw feiwu 飞舞 废wu 费勿",
    "垃圾": "拉圾 辣鸡 lj laji 垃级 啦叽 辣几", "白痴": "百吃 白吃 bc baichi 白chi 百痴", "智障": "智帐 zz 志障 智杖 zhizhang 质障 制杖",
    "脑残": "nc 脑惨 恼残 闹残 naocan 脑can 脑缠", "贱人": "jr 见人 剑人 jianren 贱ren 件人", "贱": "jian 剑 件", "死": "si 4 亖 s",
    "滚": "gun 衮 棍 g滚 滾", "丑": "chou 瞅 丒 醜", "胖": "pang 月半 胖胖", "猪": "zhu 朱 珠 豬 🐷", "蠢": "chun 春 蠢蠢",
    "笨蛋": "ben蛋 本蛋 bd 苯蛋 笨旦 bendan 奔蛋", "笨": "ben 本 苯 奔", "弱智": "rz 若智 弱zhi ruozhi 偌智", "恶心": "ex 饿心 恶xin exin 噁心 额心",
    "神经病": "sjb 神经bing 神精病 神金病 深井冰 蛇精病", "讨厌": "ty 讨庆 taoyan 讨yan 套厌", "闭嘴": "bz 闭zui bizui 毕嘴 闭醉",
    "你妈": "nm 尼玛 泥马 你马 n妈 尼妈", "穷": "qiong 穹 穷穷", "臭": "chou 丑 臰", "打": "da 达 扌丁", "揍": "zou 奏",
    "孤立": "gl 估立 孤li guli 姑立", "微信": "wx vx v信 薇信 威信 weixin 微x v 徽信", "秘密": "mm 蜜蜜 mimi 秘mi 咪咪", "照片": "zp 兆片 zhaopian 照pian 罩片 照p",
    "地址": "dz dizhi 地zhi 地止 弟址 地纸", "告诉": "gs 告su gaosu 吿诉 告素", "电话": "dh 典话 dianhua 电hua 店话", "开盒": "kh 开he kaihe 开合 开河 开荷 k盒",
    "人肉": "rr 人rou renrou 仁肉", "视频": "sp shipin 视pin 是频 视p", "密码": "mm 蜜码 mima 密ma 米码", "验证码": "yzm 验zm 验证ma 验证马 yan证码 验正码",
    "见面": "jm 见mian jianmian 贝面 现面 碱面", "家": "jia 嘉 傢", "手机号": "sjh 手机hao 手鸡号 shouji号", "妈妈": "mm 麻麻 mama 马马", "爸爸": "bb 粑粑 baba 巴巴",
    "老师": "ls laoshi 老湿 老si", "钱": "qian q 前 米 ¥", "没人": "mr 没ren meiren 煤人", "去死": "qs 去si qusi 去4 趣死 去世", "曝光": "bg 暴光 baoguang 爆光",
    "跳楼": "tl 跳lou 跳喽 tiaolou", "自杀": "zs 自sha zisha 紫砂 自鲨", "住哪": "zhu哪 住na 住那 住拿", "身份证": "sfz 身份zheng shenfenzheng 身分证", "付款码": "fkm 付款ma 付kuan码 收款ma",
}  # fmt: skip
# Without a spelling of their own here: pinyin, initials and homophones are made from their sound.
TELLTALE = [
    *CHINESE,
    *"你 他 她 的 哑巴 矮 骗子 小偷 变态 土 脏 不要脸 绝交 排挤 拉黑 踢 退群 欺负 收拾 堵 弄死 砍 杀 扇 保护费 零花钱 交 告老师 放学 等着 丑照 裸照 秘密 "
    "号码 小区 单元 楼 学校 班级 名字 车牌 定位 位置 资料 信息 曝光 挂 扒 查 发到网上 贴吧 群里 隐私 口令 账号 一个人 在家 别说 删 记录 自拍 语音 摄像头 衣服 "
    "裙子 身体 礼物 皮肤 红包 钻石 扫码 链接 转账 银行卡 客服 下载 软件 扣扣 抖音 加我 出来 接你 偷偷 下楼 几岁 年级 漂亮 可爱 抱 亲 聊天 视频 家长".split(),
]


def _sounds(word: str) -> list[str]:
    from pypinyin import lazy_pinyin  # of the extra `train`: judging a file does without

    return list(lazy_pinyin(word))


@cache
def _alike() -> dict[str, list[str]]:
    """Common characters (the first level of GB 2312) by their sound."""
    found: dict[str, list[str]] = {}
    for row in range(0xB0, 0xD8):
        for cell in range(0xA1, 0xFF if row < 0xD7 else 0xFA):
            character = bytes((row, cell)).decode("gb2312")
            found.setdefault(_sounds(character)[0], []).append(character)
    return found


ENGLISH = (
    "stupid ugly loser idiot fat pig dumb freak hate kill die moron disgusting pathetic trash weirdo worthless "
    "shut hates bitch retard gross whale nobody kys address photo secret dox doxx picture password meet number "
    "snapchat discord whatsapp beat punch hurt phone camera naked hideous annoying useless creep clown poor "
    "smelly slut whore fuck hoe pussy nigga faggot alone parents mom school robux gift leak expose gun dead "
    "friends friend fight smash slap group invited everyone creepy smell stink smells cry baby broke cow fatty "
    "skinny lame cringe garbage rat leave dirty live lives house street code pin card insta snap telegram pic "
    "pics selfie video cam tell dad mum mom's account account's login email plate name skins skin coins money "
    "lunch pay"
).split()
_LEET = str.maketrans("oieast", "013457")
_OTHER = {
    "stupid": "stoopid stewpid stupit styupid", "ugly": "ugli uggo ugleh", "loser": "luser looser l00zer", "idiot": "idjit idoit idiut",
    "fuck": "fck fuk phuck fvck", "bitch": "biotch btch b1tch biatch", "kill": "k!ll unalive kil", "die": "dye d1e di3", "hate": "h8 hayt",
    "fat": "phat f@t", "kys": "k.y.s k-y-s keys", "dox": "d0x doks", "photo": "foto ph0to", "meet": "m33t meat", "snapchat": "snap sc",
    "you": "u yu", "are": "r",
}  # fmt: skip


def _english(word: str, chance: random.Random) -> str:
    way = chance.randrange(8)
    at = chance.randrange(1, len(word)) if len(word) > 1 else 0
    vowels = [i for i in range(1, len(word)) if word[i] in "aeiou"] or [at]
    vowel = chance.choice(vowels)
    if way == 0:
        return word[:vowel] + "*" + word[vowel + 1 :]
    if way == 1:
        return word.translate(_LEET)
    if way == 2:
        return chance.choice((" ", ".", "-", "_")).join(word)
    if way == 3:
        return word[:vowel] + word[vowel] * 3 + word[vowel + 1 :]
    if way == 4:
        return word[:vowel] + word[vowel + 1 :]
    if way == 5:
        return word[:at] + "\u200b" + word[at:]
    if way == 6 and word in _OTHER:
        return chance.choice(_OTHER[word].split())
    return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] if at else word


def _chinese(word: str, chance: random.Random) -> str:
    way = chance.random()
    if way < 0.35 and word in CHINESE:
        return chance.choice(CHINESE[word].split())
    sounds = _sounds(word)
    at = chance.randrange(len(word))
    if way < 0.6:
        return word[:at] + sounds[at] + word[at + 1 :]
    if way < 0.7:
        return word[:at] + sounds[at][0] + word[at + 1 :]
    if way < 0.78:
        return "".join(sound[0] for sound in sounds) if len(word) > 1 else sounds[0]
    if way < 0.9:
        return word[:at] + chance.choice(_alike().get(sounds[at], [word[at]])) + word[at + 1 :]
    return chance.choice((" ", "*", "\u200b", ".", "~", "/")).join(word)


def evade(text: str, chance: random.Random) -> str:
    """The text with its tell-tale words spelled differently; the same text if it has none that are known."""
    if any("\u4e00" <= c <= "\u9fff" for c in text):
        words = [word for word in TELLTALE if word in text]
        if not words:
            return text
        if chance.random() < 0.08:
            return chance.choice((" ", "*", ".", "\u200b", "-", "~", "、")).join(text)
        for word in chance.sample(words, min(len(words), 3)):
            text = text.replace(word, _chinese(word, chance))
        return text
    return " ".join(
        _english(word, chance) if word.strip(",.!?").lower() in ENGLISH and chance.random() < 0.8 else word
        for word in text.split(" ")
    )

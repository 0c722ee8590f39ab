"""Thirty days of what ten friends write to a child: invented, ordinary, and full of words that only sound bad.

`month(seed)` gives 3,000 messages. Sentences are made from the patterns below; every pattern with a word that a
careless list would flag (kill, die, pig, dumb, 死, 滚, 猪, 打 ...) stands in TRAPS, which are more than a tenth of all.
"""

import random
from collections.abc import Iterator

ZH = (
    "放学一起去{place}吗", "我在{place}等你", "今天{lesson}作业是第几页", "{lesson}老师今天好温柔",
    "明天要带{thing}吗", "我妈妈做了{food}，明天分你一点", "周末来我家玩{game}吧", "我刚看完{thing}，超好看",
    "你{lesson}考了多少分呀", "我今天跑步第{n}名！", "借我一下{thing}好不好", "下雨了记得带伞", "生日快乐！",
    "晚安，明天见", "早上好呀", "我家的小猫又长胖了", "昨天的{food}真好吃", "你病好点了吗", "老师说明天春游",
    "等我写完{lesson}就来", "哈哈哈哈笑死我了", "我先吃饭啦", "收到", "好的好的", "在吗", "嗯嗯",
    "对不起，昨天我不该生气", "谢谢你帮我", "我们是最好的朋友", "你猜我今天遇到谁了", "今天轮到我们组值日",
    "我的{thing}找到了，在{place}", "{game}我又赢啦", "教我玩{game}好不好", "外婆给我买了{thing}", "我想学画画",
    "明天几点集合", "{n}点在{place}见", "别忘了带{thing}", "作业好多啊，写不完了",
)  # fmt: skip
EN = (
    "want to go to the {place} after school?", "i am waiting at the {place}", "which page is the {lesson} homework",
    "our {lesson} teacher was so nice today", "do we need the {thing} tomorrow",
    "my mum made {food}, i will bring you some", "come over and play {game} at the weekend",
    "how did you do in {lesson}", "i came number {n} in the race!", "can i borrow your {thing} please",
    "happy birthday!!", "good night, see you tomorrow", "good morning", "ok", "yes please",
    "sorry i was grumpy yesterday", "thank you for helping me", "you are my best friend", "guess who i saw today",
    "i found my {thing}, it was at the {place}", "i won at {game} again", "see you at the {place} at {n}",
    "do not forget the {thing}", "so much homework", "are you feeling better", "it is raining, take an umbrella",
)  # fmt: skip
TRAPS = (
    "我终于打死那个大怪兽了", "电脑又死机了", "我快热死了", "作业多死了", "今天累死我了", "我家养了一头小猪",
    "红烧猪蹄真香", "我们去滚雪球吧", "球滚到马路对面了", "老师打我电话了", "打羽毛球三缺一", "这道题难死了",
    "蜜蜂蜇得我疼死了", "杀毒软件更新了", "我的书包好笨重", "傻瓜相机也能拍", "狗狗今天去打针", "你家的狗真可爱",
    "我演大灰狼，你演小猪", "想死你们了，快回来", "这只笨鸟先飞的故事很好听", "丑小鸭变成白天鹅啦",
    "魔术师把兔子变没了", "别告诉他生日会的事，是惊喜", "this homework is killing me", "my phone just died",
    "i am dying to see the film", "we beat them three nil", "the pigs at the farm were so cute",
    "this game is so hard, i died nine times", "that is sick, well done", "shoot, i forgot my {thing}",
    "kill the lights when you come down", "the joke was so bad it was good", "my brother is a pain but i love him",
    "ugly duckling is our play", "i hate broccoli", "stupid rain, no football today",
    "the dumb robot keeps falling over", "shut the door please, it is cold",
)  # fmt: skip

_WORDS = {
    "zh": {
        "place": "操场 图书馆 公园 校门口 篮球场 小卖部 楼下 游泳馆", "lesson": "语文 数学 英语 科学 美术 音乐",
        "thing": "水彩笔 跳绳 红领巾 故事书 雨衣 橡皮 乐高 漫画", "food": "饺子 蛋挞 寿司 糖醋排骨 包子",
        "game": "五子棋 飞行棋 跳绳 乒乓球 捉迷藏", "n": "一 二 三 四 五 六",
    },
    "en": {
        "place": "park library playground pool gym bus-stop", "lesson": "maths english science art music",
        "thing": "book pencil-case ball raincoat recorder comic", "food": "dumplings pancakes soup cookies",
        "game": "chess tag football cards hide-and-seek", "n": "1 2 3 4 5 6",
    },
}  # fmt: skip

MESSAGES = 3000
DAYS = 30
FRIENDS = 10


def _said(chance: random.Random) -> str:
    language = chance.choice(("zh", "zh", "en"))
    patterns = TRAPS if chance.random() < 0.12 else ZH if language == "zh" else EN
    words = {name: chance.choice(line.split()) for name, line in _WORDS[language].items()}
    return chance.choice(patterns).format(**words)


def month(seed: int) -> Iterator[tuple[int, int, str]]:
    """(seconds since the last message, number of the friend, text), a hundred a day between 07:00 and 21:00."""
    chance = random.Random(seed)
    last = 0
    for day in range(DAYS):
        times = sorted(chance.randrange(14 * 3600) for _ in range(MESSAGES // DAYS))
        for time in times:
            at = day * 86400 + time
            yield at - last, chance.randrange(FRIENDS), _said(chance)
            last = at

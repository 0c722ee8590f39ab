"""What rows D40-D50 allow, one second at a time: an independent model of the minutes. It imports no firmware."""

from collections import defaultdict
from datetime import datetime, timedelta

FREE, UNCOUNTED = ("call", "safety", "communication", "system"), ("education", "exempt")
GAMES = ("game_offline", "game_online")
CLASSES = (*FREE, *UNCOUNTED, "entertainment", "other", *GAMES)
# By age band 3-8, 8-12, 12-14, as in the requirements' section L. Times in minutes of the day.
DEFAULTS = {
    "daily_minutes": (40, 60, 60), "rest_after": (20, 30, 30), "rest_gap": (10, 5, 5), "curfew": (1, 1, 1),
    "curfew_from": (21 * 60, 22 * 60, 22 * 60), "curfew_to": (7 * 60, 6 * 60, 6 * 60), "games": (0, 0, 0),
    "weekday_from": (0, 0, 0), "weekday_to": (1440, 1440, 1440), "weekend_from": (0, 0, 0),
    "weekend_to": (1440, 1440, 1440), "school": (0, 0, 0), "school_from": (480, 480, 450),
    "school_to": (990, 990, 1020), "charging": (0, 0, 0),
}  # fmt: skip


class Minutes:
    def __init__(self, wall, powered, band, chinese):
        self.wall, self.powered, self.trusted, self.chinese = wall, powered, True, chinese
        self.zone, self.plugged = (480 if chinese else 60), False
        self.policy = {**{key: DEFAULTS[key][band] for key in DEFAULTS}, "charging": 0 if chinese else 1}
        self.grants = {}  # key: value, wall and powered time of its end
        self.front, self.seconds, self.day = "", 0, 0  # the sitting, its seconds and day
        self.used, self.last = defaultdict(int), {}  # seconds by day, and the powered time of the day's last sitting
        self.streak, self.ended = 0, (0, 0)

    def passed(self, wall, powered):  # a bounded time ends at the earlier of the two clocks (D12)
        return self.powered >= powered or (self.trusted and self.wall >= wall)

    def get(self, key):
        granted = self.grants.get(key, (0, 0, 0))
        return self.policy[key] if self.passed(*granted[1:]) else granted[0]

    def within(self, name, minute):
        return self.get(name + "_from") <= minute < self.get(name + "_to")

    def today(self):
        return (self.wall + self.zone * 60) // 86400

    def in_force(self, day):  # D5: what was used under a later date counts too, for a day of powered time
        later = [other for other in self.last if other > day and self.powered - self.last[other] < 86400]
        return self.used[day] + sum(self.used[other] for other in later)

    def without_rest(self):  # D43
        rested = self.front in ("", *FREE) and self.passed(*(at + self.get("rest_gap") * 60 for at in self.ended))
        return 0 if rested else self.streak

    def why(self, cls):
        """Every reason against a class now."""
        timed, mode = cls not in FREE, self.get("charging")
        against = {"charging": self.plugged and cls not in FREE[:2] and (mode == 0 or (mode == 1 and timed))}
        against["clock_unknown"] = timed and not self.trusted
        if self.trusted:
            now = datetime(2020, 1, 1) + timedelta(seconds=self.wall, minutes=self.zone)
            minute, days = now.hour * 60 + now.minute, "weekend" if now.weekday() > 4 else "weekday"
            school = self.get("school") and days == "weekday" and self.within("school", minute)
            against["school"] = school and cls not in FREE[:3]
            day_time = self.get("curfew_to") <= minute < self.get("curfew_from")
            against["curfew"] = timed and self.get("curfew") and not day_time
            against["period"] = timed and not self.within(days, minute)
            against["games_off"] = cls in GAMES and self.get("games") <= GAMES.index(cls)
            against["game_hours"] = cls in GAMES and not 8 <= now.hour < 22  # D44
            evening = now.weekday() in (4, 5, 6) and now.hour == 20
            against["online_hours"] = cls == GAMES[1] and self.chinese and not evening
            used = self.in_force(self.today()) if timed and cls not in UNCOUNTED else -1
            against["limit"] = used >= self.get("daily_minutes") * 60
            against["rest"] = timed and self.without_rest() >= self.get("rest_after") * 60
        return {"usage." + name for name in against if against[name]}

    def show(self, cls):  # another class comes to the foreground, or none; a sitting takes a second at least
        timed = self.front not in ("", *FREE)
        self.count(0 if self.seconds else 1)
        self.streak = self.without_rest() if timed or cls not in ("", *FREE) else self.streak
        self.ended = (self.wall, self.powered) if timed else self.ended
        self.last.update({self.day: self.powered} if timed and self.front not in UNCOUNTED else {})
        self.front, self.seconds, self.day = cls, 0, self.today()

    def count(self, seconds):
        if self.front not in ("", *FREE):
            self.used[self.day] += 0 if self.front in UNCOUNTED else seconds
            self.streak, self.seconds = self.streak + seconds, self.seconds + seconds

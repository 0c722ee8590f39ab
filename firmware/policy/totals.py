"""What is counted by day or month: money, minutes, talks. No clock that is moved makes any of it count anew."""


class Totals:
    """The last `cap` days (or months) on which something was counted, by number: [number, counts..., powered time of
    the last count]. Columns begin with 1; span: seconds of powered time that such a day or month has."""

    def __init__(self, cap, span, columns):
        self.rows = []
        self._cap = cap
        self._span = span
        self._columns = columns

    def find(self, number):
        for row in self.rows:
            if row[0] == number:
                return row
        return None

    def add(self, number, column, amount, powered):
        """Count more. The row that gives way is the one that was counted in longest ago, whatever its number."""
        row = self.find(number)
        if row is None:
            if len(self.rows) >= self._cap:
                self.rows.remove(min(self.rows, key=lambda one: one[-1]))
            row = [number] + [0] * self._columns + [0]
            self.rows.append(row)
            self.rows.sort()
        row[column] += amount
        row[-1] = powered

    def change(self, number, column, amount):
        """Put a count right on a day or month that is still known; it is no new one."""
        row = self.find(number)
        if row:
            row[column] = max(row[column] + amount, 0)

    def counted(self, number, column, now):
        """What counts against a limit at powered time `now`. A clock or zone that is moved frees nothing: a day keeps
        what was counted on it, and what was counted on a later one counts too until as much powered time as a day has
        gone by since. So a clock that was years fast by mistake closes nothing for years."""
        total = 0
        for row in self.rows:
            if row[0] == number or (row[0] > number and now - row[-1] < self._span):
                total += row[column]
        return total

    def dump(self):
        """All rows, one after the other."""
        values = []
        for row in self.rows:
            values += row
        return values

    def load(self, values):
        width = self._columns + 2
        self.rows = [list(values[at : at + width]) for at in range(0, len(values), width)]

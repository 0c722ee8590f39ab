"""Days since 2020-01-01 as a date."""


def date(day):
    """(year, month 1-12, day of the month, weekday with Monday 0)."""
    weekday = (day + 2) % 7
    year = 2020
    while True:
        leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
        if day < 365 + leap:
            break
        day -= 365 + leap
        year += 1
    month = 0
    for size in (31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31):
        month += 1
        if day < size:
            break
        day -= size
    return year, month, day + 1, weekday

"""Date arithmetic as a planner needs it."""
import calendar
from datetime import date, datetime, time, timedelta, timezone


def add_months(day, months):
    index = day.month - 1 + months
    year, month = day.year + index // 12, index % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def easter(year):
    a, b, c = year % 19, year // 100, year % 100
    d, e, f = b // 4, b % 4, (b + 8) // 25
    g = (b - f + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    month_day = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * month_day) // 451
    month, day = divmod(h + month_day - 7 * m + 114, 31)
    return date(year, month, day + 1)


def working_days(start, end, holidays):
    day = start
    while day <= end:
        if day.weekday() < 5 and day not in holidays:
            yield day
        day += timedelta(days=1)


start = date(2024, 1, 31)
print([add_months(start, n).isoformat() for n in (1, 2, 12, 13, -2)])
print([easter(year).strftime("%d %b %Y") for year in range(2023, 2028)])
holidays = {easter(2024) - timedelta(2), easter(2024) + timedelta(1)}
days = list(working_days(date(2024, 3, 25), date(2024, 4, 5), holidays))
print(len(days), days[0], days[-1], *(day.strftime("%a%d") for day in days))

birth = datetime(1990, 12, 31, 23, 59, 59, 250000, tzinfo=timezone.utc)
print(birth.isoformat(), birth.timestamp(), birth.isocalendar())
print(birth.astimezone(timezone(timedelta(hours=5, minutes=30))).isoformat(sep=" ", timespec="minutes"))
print(datetime.fromtimestamp(0, timezone.utc), datetime.fromisoformat("2024-02-29T12:00:00Z"))
print(datetime.strptime("Thu, 29 Feb 2024 07:08:09 +0200", "%a, %d %b %Y %H:%M:%S %z"))
print(datetime(2024, 2, 29, 15, 4).strftime("%A %d. %B %Y, %I:%M %p, day %j, week %V/%G"))
gap = datetime(2024, 3, 1) - datetime(2023, 3, 1, 12)
print(gap, gap.total_seconds(), gap // timedelta(weeks=1), gap % timedelta(days=7), -gap)
print(time(23, 59, 1).replace(second=0), time.fromisoformat("04:05:06.789"), date.max - date.min)
print(sorted([date(2024, 5, 1), date(2023, 5, 1), date(2024, 1, 1)]), date.fromisocalendar(2024, 9, 4))
print(calendar.month(2024, 2))
print(calendar.TextCalendar(calendar.SUNDAY).formatweekheader(3), calendar.isleap(1900))
for make in (lambda: date(2023, 2, 29), lambda: datetime.strptime("2024-02-30", "%Y-%m-%d"),
             lambda: date.fromisoformat("2024-1-1"), lambda: timedelta(days=10**10),
             lambda: datetime(2024, 1, 1) < datetime(2024, 1, 1, tzinfo=timezone.utc)):
    try:
        make()
    except (ValueError, OverflowError, TypeError) as error:
        print(type(error).__name__, error)

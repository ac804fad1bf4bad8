# packages: python_dateutil six tzdata
import datetime

from dateutil import parser, relativedelta, rrule, tz

for text in ["2021-03-04T05:06:07Z", "4 March 2021 5pm", "Thu Sep 25 10:36:28 2003", "10.09.2003 10:49", "20030925T104941.5"]:
    print(parser.parse(text, dayfirst=True))
start = datetime.datetime(2024, 1, 31)
print(start + relativedelta.relativedelta(months=1), start + relativedelta.relativedelta(weekday=relativedelta.FR(-1)))
print(relativedelta.relativedelta(datetime.date(2024, 3, 1), datetime.date(2020, 2, 29)))
for day in rrule.rrule(rrule.MONTHLY, count=4, bymonthday=-1, dtstart=start):
    print(day.date())
print(list(rrule.rrulestr("FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", dtstart=start)))
print(datetime.datetime(2024, 7, 1, tzinfo=tz.UTC).astimezone(tz.gettz("Europe/Berlin")).isoformat())
try:
    parser.parse("no date")
except parser.ParserError as error:
    print(error)

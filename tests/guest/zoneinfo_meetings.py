"""Finds a meeting hour for people in several time zones, across changes of the clock."""
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

OFFICES = {
    "Berlin": "Europe/Berlin",
    "New York": "America/New_York",
    "Kolkata": "Asia/Kolkata",
    "Sydney": "Australia/Sydney",
    "Kathmandu": "Asia/Kathmandu",
}


def office_hours(moment):
    return 7 <= moment.hour < 21


for day in (datetime(2024, 1, 15, tzinfo=timezone.utc), datetime(2024, 7, 15, tzinfo=timezone.utc)):
    print(day.date())
    for name, zone in OFFICES.items():
        local = day.astimezone(ZoneInfo(zone))
        print(f"  {name:10} {local:%H:%M %Z} {local.utcoffset()} dst={local.dst()}")
    hours = [hour for hour in range(24)
             if sum(office_hours((day + timedelta(hours=hour)).astimezone(ZoneInfo(zone)))
                    for zone in OFFICES.values()) >= 4]
    print("  good hours:", hours)

berlin = ZoneInfo("Europe/Berlin")
before = datetime(2024, 3, 31, 1, 30, tzinfo=berlin)
for minutes in (0, 30, 60):
    moment = (before.astimezone(timezone.utc) + timedelta(minutes=minutes)).astimezone(berlin)
    print(moment.isoformat(), moment.tzname())
folded = datetime(2024, 10, 27, 2, 30, tzinfo=berlin)
print(folded.utcoffset(), folded.replace(fold=1).utcoffset())
print(ZoneInfo("Europe/Berlin") is berlin, berlin.key, repr(berlin))
print(datetime(1883, 11, 18, 12, tzinfo=ZoneInfo("America/New_York")).utcoffset())
print(datetime(2100, 7, 1, tzinfo=berlin).tzname(), len(available_timezones()) > 400)
try:
    ZoneInfo("Mars/Olympus")
except ZoneInfoNotFoundError as error:
    print(error)

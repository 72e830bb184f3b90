"""Writes statutory-oracle.csv: 10,000 random terms counted by Python's own calendar, dateutil and the holidays package (0.80 or newer).

Columns: day of receipt, region (e, s, n), months, days on which the clock stood still, days from receipt to the last day.
"""
import csv
import datetime
import pathlib
import random

import holidays
from dateutil.relativedelta import relativedelta

random.seed(20261122)
subdivisions = {"e": "ENG", "s": "SCT", "n": "NIR"}
bank_holidays = {
    region: holidays.country_holidays("GB", subdiv=subdivision, years=range(2018, 2038))
    for region, subdivision in subdivisions.items()
}
rows = []
for _ in range(10_000):
    received = datetime.date(2018, 1, 1) + datetime.timedelta(days=random.randrange(18 * 365))
    region = random.choice("esn")
    months = random.choice([1, 1, 1, 3])
    stood_still = random.choice([0, 0, random.randrange(1, 60)])
    due = received + relativedelta(months=months) + datetime.timedelta(days=stood_still)
    while due.weekday() > 4 or due in bank_holidays[region]:
        due += datetime.timedelta(days=1)
    rows.append([received.isoformat(), region, months, stood_still, (due - received).days])
with open(pathlib.Path(__file__).with_name("statutory-oracle.csv"), "w", newline="") as file:
    csv.writer(file, lineterminator="\n").writerows(rows)

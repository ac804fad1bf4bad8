"""What has become slower, beyond the noise. The unit is a turn.

Of two files the samples are pybox's times in the turns of each, divided by native's (or the yardstick's) of the same
turn, so that the speed of the machine goes out; they are compared by the test of Mann and Whitney. Of another build
in the same run they are the turn's quotients of the two, compared by Wilcoxon's signed ranks. Both are exact if there
are no ties. Intervals are of the bootstrap (95 %), and the p-values are corrected for their number as Holm has it.
Slower is what is significant, and by more than the tolerance.
"""

import math
import random
import statistics
from dataclasses import dataclass

SIGNIFICANT = 0.05
RESAMPLES = 2000
FEWEST = 5  # turns
REFERENCES = ("native", "yardstick")
MEAN = "geometric mean"
MEAN_SHARE = 1 / 3  # of the tolerance: a mean over many programs varies less than one of them


@dataclass
class Verdict:
    category: str
    measurement: str
    threads: int
    side: str
    ratio: float
    low: float
    high: float
    p: float
    least_p: float = 0  # that so many turns can have, before the correction
    is_slower: bool = False
    is_faster: bool = False

    def judge(self, tolerance):
        is_sure = self.p < SIGNIFICANT
        self.is_slower = is_sure and self.ratio > 1 + tolerance and self.low > 1
        self.is_faster = is_sure and self.ratio < 1 / (1 + tolerance) and self.high < 1


# ------------------------------------------------------------------------------------------
# Statistics


def ranks(values):
    """Ranks from 1, doubled so that those of ties are whole numbers."""
    order = sorted(values)
    first, last = {}, {}
    for rank, value in enumerate(order, 1):
        first.setdefault(value, rank)
        last[value] = rank
    return [first[value] + last[value] for value in values]


def two_sided(counts, found):
    """The share of a distribution (doubled statistic: number of ways) that is as far from its middle as what was
    found, or farther."""
    total = sum(counts.values())
    mean = sum(value * ways for value, ways in counts.items()) / total
    far = abs(found - mean) - 1e-9
    return sum(ways for value, ways in counts.items() if abs(value - mean) >= far) / total


def mann_whitney(a, b):
    """The p-value, two-sided, of a and b being of one distribution: exact, by all ways to deal the ranks, ties or
    not."""
    doubled = ranks([*a, *b])
    ways = [{0: 1}] + [{} for _ in a]
    for rank in doubled:
        for size in range(len(a), 0, -1):
            for total, count in ways[size - 1].items():
                ways[size][total + rank] = ways[size].get(total + rank, 0) + count
    return two_sided(ways[len(a)], sum(doubled[: len(a)]))


def signed_ranks(differences):
    """The p-value, two-sided, of differences being symmetrical around zero (Wilcoxon): exact, by all signs."""
    differences = [difference for difference in differences if difference != 0]
    if not differences:
        return 1.0
    doubled = ranks([abs(difference) for difference in differences])
    ways = {0: 1}
    for rank in doubled:
        more = {}
        for total, count in ways.items():
            for next_total in (total, total + rank):
                more[next_total] = more.get(next_total, 0) + count
        ways = more
    return two_sided(ways, sum(rank for rank, difference in zip(doubled, differences) if difference > 0))


def holm(p_values):
    """Adjusted p-values: those below 0.05 are significant, with one false one in twenty such families."""
    adjusted, worst = [0.0] * len(p_values), 0.0
    for place, number in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        worst = max(worst, min(1.0, p_values[number] * (len(p_values) - place)))
        adjusted[number] = worst
    return adjusted


def interval(draw, seed):
    """The middle 95 % of what `draw(random)` returns."""
    source = random.Random(seed)
    drawn = sorted(draw(source) for _ in range(RESAMPLES))
    return drawn[int(RESAMPLES * 0.025)], drawn[int(RESAMPLES * 0.975) - 1]


# ------------------------------------------------------------------------------------------
# Samples of a measurement


@dataclass
class Pair:
    """Logarithms: of two independent samples, or (after is None) of quotients of the same turns."""

    before: list
    after: list = None

    def log_ratio(self, choose=lambda values: values):
        if self.after is None:
            return statistics.median(choose(self.before))
        return statistics.median(choose(self.after)) - statistics.median(choose(self.before))

    def p(self):
        return signed_ranks(self.before) if self.after is None else mann_whitney(self.before, self.after)

    def least_p(self):
        turns = len(self.before)
        return 2 / (2**turns if self.after is None else math.comb(turns + len(self.after), turns))


def value_of(row, by):
    return row.get("value") if row["category"] == "density" else row.get(f"{by}_us")


def turns_of(rows, side, by):
    return {row["turn"]: value_of(row, by) for row in rows if row["side"] == side and value_of(row, by)}


def grouped(results):
    groups = {}
    for row in results.rows:
        groups.setdefault((row["category"], row["measurement"], row["threads"]), []).append(row)
    return groups


def calibrated(rows, side, by):
    """(logarithms of the side's times over the reference's of the same turn, name of the reference)"""
    own = turns_of(rows, side, by)
    for reference in REFERENCES:
        other = turns_of(rows, reference, by)
        if own and set(own) <= set(other):
            return [math.log(own[turn] / other[turn]) for turn in own], reference
    return [math.log(value) for value in own.values()], None


def pair_of_files(before, after, side, by):
    """None if there is not enough in both."""
    (old, old_reference), (new, new_reference) = calibrated(before, side, by), calibrated(after, side, by)
    if min(len(old), len(new)) < FEWEST:
        return None
    if old_reference != new_reference:  # then there is nothing that both could be divided by
        old, new = ([math.log(value) for value in turns_of(rows, side, by).values()] for rows in (before, after))
    return Pair(old, new)


def pair_of_sides(rows, side, other, by):
    own, others = turns_of(rows, side, by), turns_of(rows, other, by)
    both = [turn for turn in own if turn in others]
    return Pair([math.log(own[turn] / others[turn]) for turn in both]) if len(both) >= FEWEST else None


# ------------------------------------------------------------------------------------------


def verdict_of(key, side, pair):
    def draw(source):
        return pair.log_ratio(lambda values: source.choices(values, k=len(values)))

    low, high = interval(draw, repr((key, side)))
    return Verdict(*key, side, math.exp(pair.log_ratio()), math.exp(low), math.exp(high), pair.p(), pair.least_p())


def mean_verdict(category, side, pairs, tolerance):
    """Of all programs of a category together."""

    def draw(source):
        return statistics.mean(pair.log_ratio(lambda values: source.choices(values, k=len(values))) for pair in pairs)

    low, high = interval(draw, category)
    verdict = Verdict(
        category,
        MEAN,
        1,
        side,
        math.exp(statistics.mean(pair.log_ratio() for pair in pairs)),
        math.exp(low),
        math.exp(high),
        math.nan,
    )
    verdict.is_slower, verdict.is_faster = (
        low > math.log1p(tolerance * MEAN_SHARE),
        high < -math.log1p(tolerance * MEAN_SHARE),
    )
    return verdict


def pairs_of(before, after, by, side, only):
    """{(key, side): Pair}"""
    old, pairs = grouped(before), {}
    for key, rows in grouped(after).items():
        if only is not None and key[0] not in only:
            continue
        for name in sorted({row["side"] for row in rows}):
            if not name.startswith("pybox"):
                continue
            if side is None:
                pair = pair_of_files(old.get(key, []), rows, name, by)
            else:
                pair = pair_of_sides(rows, name, name.replace("pybox", side, 1), by)
            if pair is not None:
                pairs[key, name] = pair
    return pairs


def compare(before, after, by="cpu", tolerance=0.03, side=None, only=None):
    """A verdict on each measurement that both have. `side`: the name of the other build within the same results."""
    pairs = pairs_of(before, after, by, side, only)
    verdicts = [verdict_of(key, name, pair) for (key, name), pair in pairs.items()]
    for verdict, adjusted in zip(verdicts, holm([verdict.p for verdict in verdicts])):
        verdict.p = adjusted
        verdict.judge(tolerance)
    for category in ("compute", "pyperformance"):
        of_it = [pair for (key, name), pair in pairs.items() if key[0] == category and name == "pybox"]
        if len(of_it) > 1:
            verdicts.append(mean_verdict(category, "pybox", of_it, tolerance))
    return verdicts


def report(verdicts):
    """Lines for people."""
    if not verdicts:
        return ["Nothing has been measured in both."]
    slower = [verdict for verdict in verdicts if verdict.is_slower]
    faster = [verdict for verdict in verdicts if verdict.is_faster]
    lines = []
    for title, chosen in (("Slower", slower), ("Faster", faster)):
        if chosen:
            lines += ["", f"| {title} | side | now / before | 95 % | p (Holm) |", "|---|---|---|---|---|"]
        for verdict in sorted(chosen, key=lambda verdict: -abs(math.log(verdict.ratio))):
            threads = f", {verdict.threads} threads" if verdict.threads > 1 else ""
            p = "" if math.isnan(verdict.p) else f"{verdict.p:.2g}"
            lines.append(
                f"| {verdict.category}: {verdict.measurement}{threads} | {verdict.side} | {verdict.ratio:.3f} | "
                f"{verdict.low:.3f} to {verdict.high:.3f} | {p} |"
            )
    means = [
        f"{verdict.category} {verdict.ratio:.3f} ({verdict.low:.3f} to {verdict.high:.3f})"
        for verdict in verdicts
        if verdict.measurement == MEAN
    ]
    lines += [
        "",
        f"{len(verdicts)} compared: {len(slower)} slower, {len(faster)} faster."
        + (f" Geometric means: {', '.join(means)}." if means else ""),
    ]
    blind = sum(verdict.least_p * len(verdicts) >= SIGNIFICANT for verdict in verdicts)
    if blind > 0:
        lines.append(f"For {blind} of them there were too few turns to find anything, however large: see --turns.")
    return lines[1:] if lines[0] == "" else lines

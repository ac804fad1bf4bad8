"""Statistics of a class's grades, and of random samples with a fixed seed."""
import math
import random
import statistics as st
from fractions import Fraction
from statistics import NormalDist

GRADES = {"ann": [1, 2, 1.3, 1.7], "bob": [3, 3.3, 2.7, 4], "cy": [2, 2, 2, 2], "di": [5, 1, 4, 2.3]}

for name, grades in GRADES.items():
    print(f"{name:4} mean {st.mean(grades):.3f} median {st.median(grades):.2f} stdev {st.stdev(grades):.4f} "
          f"low {st.median_low(grades)} high {st.median_high(grades)}")
every = sorted(grade for grades in GRADES.values() for grade in grades)
print(st.quantiles(every, n=4), [round(q, 3) for q in st.quantiles(every, n=5, method="inclusive")])
print(st.mode(every), st.multimode("aabbc"), round(st.pvariance(every), 6), st.fmean([1, 2, 3], weights=[3, 1, 1]))
print(round(st.harmonic_mean([40, 60]), 6), round(st.geometric_mean([54, 24, 36]), 6), st.mean([Fraction(1, 3), Fraction(1, 6)]))

x, y = [1, 2, 3, 4, 5], [2.1, 3.9, 6.2, 7.8, 10.1]
line = st.linear_regression(x, y)
print(f"y = {line.slope:.4f} x + {line.intercept:.4f}, r = {st.correlation(x, y):.6f}, cov = {st.covariance(x, y):.4f}",
      round(st.correlation(x, [1, 4, 9, 16, 25], method="ranked"), 6))
heights = NormalDist(175, 8)
print(f"{heights.cdf(190):.6f} {heights.inv_cdf(0.9):.4f} {heights.overlap(NormalDist(165, 7)):.6f} {heights.zscore(181):.2f}")
print(heights + NormalDist(1, 6), heights * 2, NormalDist.from_samples([1, 2, 3]))

rng = random.Random(12345)
sample = [rng.gauss(100, 15) for _ in range(1000)]
print(f"{st.fmean(sample):.6f} {st.pstdev(sample):.6f} {min(sample):.6f} {max(sample):.6f}")
bins = [0] * 8
for value in sample:
    bins[min(7, max(0, int((value - 60) // 10)))] += 1
for number, count in enumerate(bins):
    print(f"{60 + 10 * number:4} {count:4} {'#' * (count // 10)}")
print(math.fsum([0.1] * 10), sum([0.1] * 10), math.sumprod([1.5, 2], [3, 4]), math.hypot(3, 4, 12), math.dist((1, 2), (4, 6)))
print(math.comb(50, 6), math.perm(10, 3), math.isqrt(10 ** 20 + 1), math.gcd(84, 36, 120), math.lcm(4, 6, 10), math.prod(range(1, 11)))
print(math.erf(0.5), math.gamma(5.5), math.log1p(1e-10), math.ulp(1.0), math.nextafter(1, 2), math.remainder(17, 5), math.cbrt(8))
for bad in (lambda: st.mean([]), lambda: st.stdev([1]), lambda: st.correlation([1, 1], [2, 3]), lambda: math.sqrt(-1),
            lambda: math.log(0), lambda: math.exp(1000)):
    try:
        bad()
    except (st.StatisticsError, ValueError, OverflowError) as error:
        print(type(error).__name__, error)

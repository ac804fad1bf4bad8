import dataclasses, datetime, decimal, json, re, sqlite3, struct, zlib


@dataclasses.dataclass(order=True)
class Item:
    weight: float
    name: str = "none"


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def walk(tree):
    for item in tree:
        if isinstance(item, list):
            yield from walk(item)
        else:
            yield item


def fail(n):
    try:
        return 10 // n
    except ZeroDivisionError as error:
        return str(error)


def deep(n):
    return deep(n + 1)


print(fib(15), fail(0), 3**200 % 10007, sorted({n * 7 % 13 for n in range(40)}))
print(json.dumps({"a": [1.5, None, True]}), re.findall(r"(\w)\1", "aabbcd" * 3), f"{2 / 3:.9f}")
print(sorted([Item(2.5, "b"), Item(2.5, "a"), Item(-0.0)])[1], list(walk([1, [2, [3], 4], []])))
print(decimal.Decimal(2).sqrt(), datetime.date(2024, 2, 29).isocalendar(), struct.unpack("<d", b"abcdefgh"))
packed = zlib.compress(b"fuel " * 2000)
print(len(zlib.decompress(packed)), zlib.crc32(packed) == zlib.crc32(bytes(packed)))
base = sqlite3.connect(":memory:")
base.execute("create table t (n integer, s text)")
base.executemany("insert into t values (?, ?)", [(n * n % 17, f"row {n}") for n in range(60)])
print(base.execute("select n, count(*), max(s) from t group by n order by 2 desc, 1 limit 3").fetchall())
try:
    deep(0)
except RecursionError as error:
    print(error)
print("äöü".encode("utf-16-le").hex(), "{:>8,.1f}|{!r}".format(-12345.678, "x\ny"), float("1e308") * 10, 10**40)

"""Uses modules of the base image before it is saved: CPython specialises code as it is executed, so that it is fast
when the first program comes. Chosen is what many short programs do once or twice. No program may notice it otherwise."""

import argparse
import asyncio
import base64
import collections
import contextlib
import contextvars
import copy
import csv
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import json
import pathlib
import pprint
import re
import shlex
import statistics
import string
import sys
import textwrap
import traceback
import typing
import urllib.parse
import uuid

TURNS = 8  # code is specialised when it has been executed a few times, and again where that did not hold


def make_classes():
    @dataclasses.dataclass(order=True)
    class Pair:
        left: int
        right: str = "r"
        more: list = dataclasses.field(default_factory=list)

    class Colour(enum.Enum):
        RED = 1
        BLUE = 2

    class Point(typing.NamedTuple):
        x: int
        y: int = 0

    kind = collections.namedtuple("Kind", "first second")
    repr(Pair(1)), Pair(1) < Pair(2), dataclasses.asdict(Pair(3))
    Colour(2), Colour["RED"], list(Colour), Point(1), kind(1, 2)._replace(first=3)
    copy.deepcopy([Pair(1), {"a": [1]}])


def use_texts():
    made = json.loads(json.dumps({"a": [1, 2.5, None, True, "x"], "b": {"c": "d"}}, indent=2, sort_keys=True))
    pprint.pformat(made)
    # As re.compile() does, without keeping it.
    pattern = re._compiler.compile(r"(?P<word>[a-z]+)|(\d{1,3})\s*(?:,|;)?|^#.*$|\bif\b", re.M | re.I)
    pattern.sub(lambda match: match.group(0).upper(), "one 22, three; # four")
    textwrap.dedent("  a\n  b"), textwrap.fill("some words to be put into lines " * 4, 30)
    out = io.StringIO()
    csv.writer(out).writerow([1, "two", 3.0])
    list(csv.DictReader(io.StringIO("a,b\n1,2\n")))
    string.Template("$a is ${b}").substitute(a=1, b=2), shlex.split("a 'b c'"), base64.b64encode(b"abc")
    urllib.parse.urlencode({"a": 1}), urllib.parse.parse_qs(urllib.parse.urlsplit("//a/b?c=d").query)
    pathlib.PurePosixPath("/a/b.txt").with_suffix(".py").relative_to("/a"), str(uuid.UUID(int=5))


def use_numbers():
    day = datetime.datetime.fromisoformat("2024-02-03T04:05:06") + datetime.timedelta(hours=5)
    day.isoformat(), day.strftime("%Y-%m-%d"), datetime.datetime.strptime("2024-02-03", "%Y-%m-%d")
    fractions.Fraction(3, 4) + fractions.Fraction("1/3"), decimal.Decimal("1.25").quantize(decimal.Decimal("0.1"))
    statistics.mean([1, 2, 3]), statistics.median([1, 2, 3]), statistics.stdev([1.0, 2.0, 4.0])
    collections.Counter("abracadabra").most_common(2), functools.lru_cache(maxsize=4)(len)("a")


def use_control():
    try:
        raise ValueError("warm")
    except ValueError as error:
        traceback.format_exception(error)
    with contextlib.suppress(KeyError), contextlib.redirect_stdout(io.StringIO()):
        parser = argparse.ArgumentParser(prog="warm")
        parser.add_argument("--number", type=int)
        parser.parse_args(["--number", "3"])
        {}["a"]

    async def wait():
        await asyncio.gather(*(asyncio.create_task(asyncio.sleep(0), name="warm") for _ in range(2)))

    # Not asyncio.run(): it would set the policy, and number the tasks.
    loop = asyncio.new_event_loop()
    loop.run_until_complete(loop.create_task(wait(), name="warm"))
    loop.close()
    asyncio.set_event_loop_policy(None)


def warm():
    for use in (make_classes, use_texts, use_numbers, use_control):
        for _ in range(TURNS):
            contextvars.copy_context().run(use)  # decimal's context is a variable of it
    del sys.modules[__name__]

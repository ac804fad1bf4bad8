"""The library's code is specialised in the base image, and nothing else tells that it was used there."""
import asyncio
import contextvars
import decimal
import gc
import linecache
import sys
import warnings

present, context = set(sys.modules), dict(contextvars.copy_context())
gc.unfreeze()
collected = gc.collect()

import dis
import json
import re
import textwrap


def is_specialised(function):
    return any(step.opname != step.baseopname for step in dis.get_instructions(function, adaptive=True))


def never_called():
    return [name.upper() for name in sys.argv]


async def name_of_task():
    return asyncio.current_task().get_name()


print("specialised:", *(is_specialised(function) for function in
                        (textwrap.TextWrapper._wrap_chunks, json.dumps, re._parser._parse, asyncio.gather)))
print("a function of the program's:", is_specialised(never_called))
print("modules left over:", [name for name in present if "pybox_warm" in name])
print("sources kept:", [name for name in linecache.cache if "pybox_warm" in name])
print("objects of it:", [thing for thing in gc.get_objects() if getattr(thing, "__module__", "") == "_pybox_warm"])
print("garbage:", collected)
print("variables of the context:", context)
print("decimal:", [flag.__name__ for flag, is_set in decimal.getcontext().flags.items() if is_set])
with warnings.catch_warnings(action="ignore"):
    print("first task:", asyncio.get_event_loop().run_until_complete(name_of_task()))

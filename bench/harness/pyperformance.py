"""The programs of pyperformance that are pure Python and need nothing but the standard library: each is made into one
text with pyperf_stand_in.py, which is the same for every interpreter, defines run(), and is measured like those of
bench/programs.

    python3 -m harness.pyperformance PACKAGE FOLDER

writes them all to FOLDER (PACKAGE: what peers/install pyperformance prints).
"""

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]

# Program: folder (without bm_) if it has another name, arguments, how often a run does it, for twenty milliseconds or more.
PROGRAMS = {
    "argparse": ("argparse", ["subparsers"], 2),
    "async_generators": (None, [], 1),
    "async_tree": ("async_tree", ["none"], 1),
    "async_tree_eager": ("async_tree", ["eager"], 1),
    "async_tree_memoization": ("async_tree", ["memoization"], 1),
    "barnes_hut": (None, [], 1),
    "base64": (None, [], 1),
    "bpe_tokeniser": (None, [], 1),
    "chaos": (None, [], 1),
    "comprehensions": (None, [], 2000),
    "coroutines": (None, [], 1),
    "decimal_factorial": (None, [], 1),
    "decimal_pi": (None, [], 1),
    "deepcopy": (None, [], 70),
    "deltablue": (None, [], 10),
    "fannkuch": (None, [], 1),
    "float": (None, [], 1),
    "gc_collect": (None, [], 20),
    "gc_traversal": (None, [], 2),
    "generators": (None, [], 1),
    "go": (None, [], 1),
    "hexiom": (None, [], 6),
    "json_dumps": (None, [], 4),
    "json_loads": (None, [], 90),
    "logging": (None, [], 200),
    "mdp": (None, [], 1),
    "meteor_contest": (None, [], 1),
    "nbody": (None, [], 1),
    "nqueens": (None, [], 1),
    "pickle": ("pickle", ["pickle"], 200),
    "pickle_dict": ("pickle", ["pickle_dict"], 300),
    "pickle_list": ("pickle", ["pickle_list"], 800),
    "pickle_pure_python": ("pickle", ["--pure-python", "pickle"], 5),
    "pidigits": (None, [], 1),
    "pprint": (None, [], 1),
    "pyflate": (None, [], 1),
    "raytrace": (None, [], 1),
    "regex_compile": (None, [], 1),
    "regex_dna": (None, [], 1),
    "regex_effbot": (None, [], 2),
    "regex_v8": (None, [], 1),
    "richards": (None, [], 1),
    "richards_super": (None, [], 1),
    "scimark": (None, [], 1),
    "spectral_norm": (None, [], 1),
    "sqlite_synth": (None, [], 10000),
    "telco": (None, [], 6),
    "typing_runtime_protocols": (None, [], 200),
    "unpack_sequence": (None, [], 1000),
    "unpickle": ("pickle", ["unpickle"], 100),
    "unpickle_list": ("pickle", ["unpickle_list"], 600),
    "unpickle_pure_python": ("pickle", ["--pure-python", "unpickle"], 10),
    "xml_etree": (None, [], 1),
}

# Not in a quick run.
LONG = {
    "async_generators",
    "async_tree",
    "async_tree_memoization",
    "barnes_hut",
    "base64",
    "bpe_tokeniser",
    "mdp",
    "pprint",
    "xml_etree",
}
# What is left out, and why.
LEFT_OUT = {
    "they start processes or threads, which a box has not": "2to3 python_startup concurrent_imap dask",
    "network": "asyncio_tcp asyncio_websockets dulwich_log fastapi tornado_http",
    "they sleep": "async_tree_io async_tree_cpu_io_mixed",
    "they need other packages": "chameleon coverage crypto_pyaes django_template docutils genshi html5lib mako networkx "
    "sphinx sqlalchemy_declarative sqlalchemy_imperative sqlglot_v2 sympy tomli_loads xdsl",
    "files, which have a category of their own": "pathlib",
    "hardly anything else than those that are there": "argparse_many_optionals async_tree_tg",
}


def left_out():
    """(program, why)"""
    return [(name, reason) for reason, names in LEFT_OUT.items() for name in names.split()]


def program_text(package, name):
    folder, arguments, loops = PROGRAMS[name]
    home = package / "pyperformance/data-files/benchmarks" / f"bm_{folder or name}"
    modules = {path.stem: path.read_text() for path in sorted(home.glob("*.py")) if path.name != "run_benchmark.py"}
    program = {
        "name": name,
        "arguments": arguments,
        "loops": loops,
        "modules": modules,
        "files": {path.name: path.read_bytes() for path in sorted((home / "data").glob("*.*"))},
        "source": (home / "run_benchmark.py").read_text(),
    }
    return f"PROGRAM = {program!r}\n" + (BENCH / "pyperf_stand_in.py").read_text()


def write_programs(package, folder):
    """[path of each]"""
    paths = []
    for name in PROGRAMS:
        paths.append(folder / f"{name}.py")
        paths[-1].write_text(program_text(package, name))
    return paths


if __name__ == "__main__":
    write_programs(Path(sys.argv[1]), Path(sys.argv[2]))

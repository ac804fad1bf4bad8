"""stdlib_pack.py OUTPUT LIB BRIDGE EXTRA ZONES: the standard library as one archive, shown in every box.

The archive is a zip file without compression, so that the runtime can map it and serve files straight from
it. Entries are sorted by name, folders have entries of their own, times and modes are fixed: the same
sources give the same bytes. Beside X.py lies its compiled form, of the kind that is never checked against
the source, so importing in a box compiles nothing and looks at one file.

The archive's comment is "sha256:" and the SHA-256, in hexadecimal, of all entries: for each its name in UTF-8,
a NUL, its size as 64 bits (little-endian) and its bytes.
"""

import hashlib
import importlib.util
import os
import re
import sys
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc

IN_BOX = "/usr/lib/python3.13"

# Without their C parts or without a screen of no use in a box, and large.
LEFT_OUT = {"test", "idlelib", "tkinter", "turtledemo", "ensurepip"}


def collect(entries, root, under=""):
    """Adds the files below root to entries: name in the archive -> bytes."""
    for folder, folders, files in os.walk(root):
        relative = os.path.relpath(folder, root)
        prefix = under + ("" if relative == "." else relative + "/")
        folders[:] = [name for name in folders if name != "__pycache__"]
        if relative == "." and not under:
            folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in files:
            with open(os.path.join(folder, name), "rb") as file:
                entries[prefix + name] = file.read()


def forget_machine(entries):
    """Empties the build settings that say which tools the building machine happened to have: configure looks for
    llvm-profdata though nothing here uses it."""
    for name in [name for name in entries if name.startswith("_sysconfigdata")]:
        entries[name] = re.sub(
            rb"(?m)^( *'LLVM_PROF_(?:ERR|MERGER)': ).*,$", rb"\1'',", entries[name]
        )


def compile_all(entries):
    for name in [name for name in entries if name.endswith(".py")]:
        source = entries[name]
        code = compile(source, f"{IN_BOX}/{name}", "exec", dont_inherit=True, optimize=0)
        folder, _, base = name.rpartition("/")
        target = f"{folder}/__pycache__/" if folder else "__pycache__/"
        target += base.removesuffix(".py") + ".cpython-313.pyc"
        digest = importlib.util.source_hash(source)
        entries[target] = bytes(_code_to_hash_pyc(code, digest, checked=False))


def add_folders(entries):
    for name in list(entries):
        while "/" in name:
            name = name.rpartition("/")[0]
            entries[name + "/"] = b""


def content_digest(entries):
    digest = hashlib.sha256()
    for name in sorted(entries):
        digest.update(name.encode() + b"\0" + len(entries[name]).to_bytes(8, "little"))
        digest.update(entries[name])
    return digest.hexdigest()


def write(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, strict_timestamps=True) as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix: the high half of external_attr is the mode
            is_folder = name.endswith("/")
            entry.external_attr = (0o40555 << 16 | 0x10) if is_folder else 0o100444 << 16
            archive.writestr(entry, entries[name])
        archive.comment = f"sha256:{content_digest(entries)}".encode()


def main(output, lib, bridge, extra, zones):
    entries = {}
    collect(entries, lib)
    collect(entries, bridge)
    collect(entries, extra)
    collect(entries, zones, "zoneinfo/data/")
    forget_machine(entries)
    compile_all(entries)
    add_folders(entries)
    write(output, entries)


main(*sys.argv[1:])

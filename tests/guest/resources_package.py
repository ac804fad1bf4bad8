"""Imports a package from a mounted folder, reads its resources, runs its __main__, and a zip of it."""
import importlib
import importlib.util
import os
import pkgutil
import runpy
import sys
import zipfile
from importlib import metadata, resources
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.abspath("lib"))
import greeter
import greeter.words

print(greeter.hello(), greeter.hello("de"), greeter.__name__, greeter.__spec__.submodule_search_locations is not None)
print(resources.files("greeter.data").joinpath("table.bin").read_bytes(), sorted(entry.name for entry in resources.files(greeter).iterdir()))
with resources.as_file(resources.files("greeter") / "locale" / "en.txt") as path:
    print(path.read_text().strip(), path.suffix)
print([info.name for info in pkgutil.walk_packages(greeter.__path__, "greeter.")])
sys.argv[1:] = ["-x"]
runpy.run_module("greeter", run_name="__main__", alter_sys=False)
print(runpy.run_path("lib/greeter/data/values.py")["WORDS"])

spec = importlib.util.spec_from_file_location("loaded", "lib/greeter/data/values.py")
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
print(module.WORDS, importlib.util.find_spec("no_such_module"), importlib.import_module(".words", "greeter") is greeter.words)
for name in ("broken_module", "circular_a", "no_such_module", "greeter.nothing"):
    try:
        importlib.import_module(name)
    except (ImportError, SyntaxError) as error:
        print(type(error).__name__, str(error).split(" (")[0], getattr(error, "name", None))
Path("lib/greeter/words.py").write_text("WORDS = 'changed and longer'\n")
importlib.invalidate_caches()
print(importlib.reload(greeter.words).WORDS)

with zipfile.ZipFile("bundle.zip", "w") as bundle:
    for path in sorted(Path("lib/greeter").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            bundle.write(path, path.relative_to("lib"))
for name in [name for name in sys.modules if name.partition(".")[0] == "greeter"]:
    del sys.modules[name]
sys.path[0] = os.path.abspath("bundle.zip")
import greeter as zipped

print(zipped.hello("de"), "bundle.zip" in zipped.__file__, type(zipped.__loader__).__name__)
try:
    metadata.version("greeter")
except metadata.PackageNotFoundError as error:
    print(error)


class Finder:
    def find_spec(self, name, path, target=None):
        if name == "made_up":
            return importlib.util.spec_from_loader(name, self)

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        module.answer = 42


sys.meta_path.append(Finder())
import made_up

print(made_up.answer, sys.modules["made_up"] is made_up)

"""pybox's own guest, the unmetered python.wasm of this build, under wasmtime's Python package: the same CPython 3.13 and the
same protocol, on another engine, set up as its manual advises. The module is pre-initialised (wasm_preinit.py) with the
same modules imported, compiled ahead of time, instances come from a pooling allocator and their memory is
copy-on-write; epochs are on, as untrusted code must be stoppable. A fresh run is a new instance.
"""
import hashlib
import shutil
import struct
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

import wasm_preinit
from peer_adapter import Cannot, Worker, main

PRELOADED = Path(__file__).resolve().parents[2] / "aot/guest/python/preload.list"
MEMORIES = 128
MEMORY_BYTES = 512 << 20  # as a box may have
NATIVE_STACK = 1 << 20
MUCH_FUEL = 1 << 62
FILE_NAME = b"<run>"
CONTEXT = b"main"
EVAL, DONE, VALUE = 1, 0, 1  # of guest_abi.h


class GuestError(Exception):
    pass


class Instance:
    """A started guest."""

    def __init__(self, peer, stdout=False):
        wt = peer.wt
        self.store = peer.make_store()
        self.store.set_wasi(peer.wasi(stdout))
        self.exports = peer.instance_pre.instantiate(self.store).exports(self.store)
        self.memory, self.buffer, self.run_export = (self.exports[name] for name in ("memory", "pybox_buffer", "pybox_run"))

    def run(self, code):
        encoded = code.encode()
        request = encoded + b"\0" + FILE_NAME + b"\0" + CONTEXT + b"\0"
        self.memory.write(self.store, request, self.buffer(self.store, len(request)))
        address = self.run_export(self.store, EVAL, len(encoded), len(FILE_NAME))
        kind, _, payload, length = struct.unpack("<IiII", self.memory.read(self.store, address, address + 16))
        if kind == DONE:
            return None
        texts = bytes(self.memory.read(self.store, payload, payload + length))
        first = texts[4:4 + int.from_bytes(texts[:4], "little")].decode()
        if kind != VALUE:
            raise GuestError(first)
        return first

    value = run

    def restore_random(self):
        self.exports["pybox_restore"](self.store)  # no two instances may share random numbers

    def save(self):
        raise Cannot("an instance cannot be saved")

    def close(self):
        self.store.close()


class Wasmtime(Worker):
    guest_error = GuestError
    counts_fuel = False
    cannot_embed = "functions of the host are pybox's, and answered with 0 here"

    @classmethod
    def prepare(cls, folder, build):
        import wasmtime
        cls.wt = wasmtime
        cls.engine = wasmtime.Engine(cls.config())
        cls.linker = wasmtime.Linker(cls.engine)
        cls.linker.define_wasi()
        source = build / "guest/python.wasm"
        library = build / "lib/pybox/python313.zip"
        key = hashlib.sha256(Path(wasm_preinit.__file__).read_bytes() + Path(__file__).read_bytes())
        for path in (source, library, PRELOADED):
            key.update(path.read_bytes())
        homes = folder.parent / f"{folder.name}-preinit{'-fuel' if cls.counts_fuel else ''}"
        home = homes / key.hexdigest()[:12]
        if not home.is_dir():
            shutil.rmtree(homes, ignore_errors=True)  # of another build
            homes.mkdir()
            cls.make_home(home, source, library)
        cls.root = home / "root"
        cls.linker.allow_shadowing = True
        module = wasmtime.Module.deserialize_file(cls.engine, str(home / "python.cwasm"))
        cls.define_stubs(module)
        cls.instance_pre = cls.linker.instantiate_pre(module)
        return f"wasmtime {version('wasmtime')}, CPython 3.13 of pybox's guest{', fuel counted' if cls.counts_fuel else ''}"

    @classmethod
    def make_store(cls):
        store = cls.wt.Store(cls.engine)
        store.set_epoch_deadline(1)
        if cls.counts_fuel:
            store.set_fuel(MUCH_FUEL)
        return store

    @classmethod
    def config(cls):
        from wasmtime import _bindings as ffi
        config = cls.wt.Config()
        config.epoch_interruption = True
        config.consume_fuel = cls.counts_fuel
        config.memory_init_cow = True
        config.max_wasm_stack = NATIVE_STACK
        pool = ffi.wasmtime_pooling_allocation_config_new()
        for name, value in {"total_core_instances": MEMORIES, "total_memories": MEMORIES, "total_tables": MEMORIES,
                            "max_core_instance_size": 1 << 22, "table_elements": 1 << 16,
                            "max_memory_size": MEMORY_BYTES}.items():  # to keep memory resident makes it slower
            getattr(ffi, f"wasmtime_pooling_allocation_config_{name}_set")(pool, value)
        ffi.wasmtime_pooling_allocation_strategy_set(config.ptr(), pool)
        ffi.wasmtime_pooling_allocation_config_delete(pool)
        return config

    @classmethod
    def define_stubs(cls, module):
        """What the guest asks pybox for is always 0: of fuel, nothing is counted; of host functions, there are none."""
        for entry in module.imports:
            if entry.module == "pybox":
                cls.linker.define_func("pybox", entry.name, entry.type, cls.make_stub(len(entry.type.results)))

    @staticmethod
    def make_stub(results):
        return lambda *_: None if results == 0 else 0

    @classmethod
    def wasi(cls, stdout=False, root=None):
        wasi = cls.wt.WasiConfig()
        wasi.preopen_dir(str(root or cls.root), "/", False)  # read-only: all instances share it
        wasi.env = [["PWD", "/"]]
        if stdout:
            wasi.inherit_stdout()
            wasi.inherit_stderr()
        return wasi

    @classmethod
    def make_home(cls, home, source, library):
        """The folder with the standard library and the compiled module."""
        with tempfile.TemporaryDirectory(dir=home.parent, ignore_cleanup_errors=True) as made:
            work = Path(made)
            root = work / "root"
            with zipfile.ZipFile(library) as archive:
                archive.extractall(root / "usr/lib/python3.13")
            for name in ("work", "tmp"):
                (root / name).mkdir()
            module = cls.wt.Module(cls.engine, cls.preinitialised(source.read_bytes(), root))
            (work / "python.cwasm").write_bytes(module.serialize())
            if not home.is_dir():
                work.rename(home)

    @classmethod
    def preinitialised(cls, source, root):
        store = cls.make_store()
        store.set_wasi(cls.wasi(True, root))
        module = cls.wt.Module(cls.engine, source)
        cls.define_stubs(module)
        exports = cls.linker.instantiate(store, module).exports(store)
        stack_pointer = exports["__stack_pointer"]
        at_rest = stack_pointer.value(store)
        exports["_initialize"](store)
        if exports["pybox_start"](store) != 0:
            raise RuntimeError("the guest did not start")
        guest = Instance.__new__(Instance)
        guest.store, guest.exports, guest.memory = store, exports, exports["memory"]
        guest.buffer, guest.run_export = exports["pybox_buffer"], exports["pybox_run"]
        for line in PRELOADED.read_text().splitlines():
            name = line.partition("#")[0].strip()
            if name:
                guest.run(f"__import__({name!r})\nNone")
        exports["pybox_settle"](store)
        if stack_pointer.value(store) != at_rest:
            raise RuntimeError("the guest's stack is not empty")
        return wasm_preinit.with_memory(source, bytes(guest.memory.read(store, 0, guest.memory.data_len(store))))

    @classmethod
    def start(cls):
        Instance(cls, True).run("print(1)")

    def fresh(self, code, expression=None):
        instance = self.open()
        value = instance.run(code)
        if expression is not None:
            value = instance.value(expression)
        instance.close()
        return value

    def create(self, code):
        self.fresh(code)

    def open(self):
        instance = Instance(self)
        instance.restore_random()
        return instance


if __name__ == "__main__":
    main(Wasmtime)

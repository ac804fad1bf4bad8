"""pybox._native: files, mounts, snapshots, images, pools and stores."""

import os
import threading

import pytest

from pybox import _native as n


def test_files_of_a_box():
    box = n.Box()
    box.file_write("a/b.txt", b"hello")
    assert box.run("open('/work/a/b.txt').read()", mode=n.MODE_EVAL).value == '"hello"'
    assert box.file_read("/work/a/b.txt") == b"hello"
    info = box.file_stat("a/b.txt")
    assert (info.path, info.type, info.bytes, info.writable) == ("/work/a/b.txt", n.FILE_REGULAR, 5, True)
    assert info.modified_ns > 0 and box.file_stat("a").type == n.FILE_DIRECTORY
    box.file_make_folder("c/d")
    assert [info.path for info in box.file_list("**/*.txt")] == ["/work/a/b.txt"]
    assert [info.path for info in box.file_list("/work")] == ["/work/a", "/work/c"]
    with pytest.raises(n.LimitError):
        box.file_read("a/b.txt", 4)
    with pytest.raises(n.PathError):
        box.file_remove("a")
    box.file_remove("a", recursive=True)
    with pytest.raises(n.MissingError) as caught:
        box.file_stat("a")
    assert isinstance(caught.value, n.PathError) and caught.value.status_name == "missing"
    with pytest.raises(TypeError):
        box.file_write("x", "text")
    with pytest.raises(ValueError):
        box.file_write("a\0b", b"")


def test_names_that_are_no_utf8_go_through():
    box = n.Box()
    box.run("import os\nfd = os.open(b'/work/\\xff', os.O_CREAT | os.O_WRONLY)\nos.write(fd, b'x')\nos.close(fd)")
    (info,) = box.file_list("/work/*")
    assert info.path == os.fsdecode(b"/work/\xff")
    assert box.file_read(info.path) == b"x"


def test_mounts(tmp_path):
    (tmp_path / "in.txt").write_text("host")
    box = n.Box(mounts=[
        ("/host", n.MOUNT_HOST, tmp_path, True),
        ("/out", n.MOUNT_HOST, os.fsencode(tmp_path), False),
        ("/bytes", n.MOUNT_BYTES, b"\x00b", True),
        ("/mem", n.MOUNT_MEMORY, None, False),
    ])
    assert box.run("open('/host/in.txt').read()", mode=n.MODE_EVAL).value == '"host"'
    assert box.run("open('/bytes', 'rb').read()", mode=n.MODE_EVAL).value == b"\x00b"
    assert box.run("open('/host/new', 'w')").outcome == n.EXCEPTION
    assert box.run("open('/mem/x', 'w').write('1'); open('/out/new.txt', 'w').write('2')").outcome == n.DONE
    assert (tmp_path / "new.txt").read_text() == "2"


def test_snapshots(tmp_path):
    box = n.Box()
    box.run("x = [1, 2]")
    path = tmp_path / "x.snap"
    box.save(path, metadata='{"who": "me"}')
    n.snapshot_verify(path)
    facts = n.snapshot_describe(path)
    assert facts["module_hash"] == n.default_module().hash and facts["form"] == n.FORM_COMPRESSED
    assert '"who"' in facts["metadata"] and facts["parent"] == "" and facts["file_bytes"] == path.stat().st_size
    image = n.Image(n.default_module(), str(path))
    assert image.digest == facts["digest"] and image.module is n.default_module()
    assert n.Box(image=image).variable_get("x").value == "[1,2]"
    assert image.compare(image) == [] and n.default_image().compare(image) != []
    delta = tmp_path / "d.snap"
    after = n.Box(image=image)
    after.run("x.append(3)")
    after.save(delta, delta=True)
    assert n.snapshot_describe(delta)["parent"] == image.digest
    n.snapshot_merge(n.default_module(), delta, tmp_path / "m.snap", folders=[tmp_path])
    assert n.Box(image=n.Image(n.default_module(), tmp_path / "m.snap")).variable_get("x").value == "[1,2,3]"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(n.SnapshotError):
        n.snapshot_verify(path)
    with pytest.raises(n.FileError) as caught:
        n.Image(n.default_module(), tmp_path / "nothing")
    assert caught.value.status_name == "io"


def test_images_are_shared_by_a_descriptor():
    box = n.Box()
    box.run("x = 5")
    descriptor = box.image().share()
    try:
        image = n.Image.receive(n.default_module(), descriptor)
    finally:
        os.close(descriptor)
    assert n.Box(image=image).variable_get("x").value == "5"
    with pytest.raises(n.Error):
        n.Image.receive(n.default_module(), 0)


def test_modules():
    module = n.default_module()
    assert module is n.default_module() and module.is_python and not module.is_command
    assert len(module.hash) == 64 and module.name and os.path.isdir(module.home) and module.memory_bytes > 0
    again = n.Module(os.path.join(module.home, "python.so"))
    assert again.hash == module.hash and n.Box(again).run("1").outcome == n.DONE
    with pytest.raises(n.ModuleError) as caught:
        n.Module("/proc/self/maps")
    assert caught.value.status_name == "module_format"


def test_pools():
    pool = n.Pool(maximum=2, minimum_idle=1)
    box, other = pool.take(), pool.take()
    box.run("x = 1")
    assert pool.statistics()["taken"] == 2
    with pytest.raises(n.BusyError):
        pool.take(1_000_000)
    with pytest.raises(n.BusyError):
        pool.close()
    box.close()
    assert box.closed
    again = pool.take()
    assert again.variable_get("x").error_type == "NameError"
    again.close()
    del other
    assert pool.statistics()["taken"] == 0
    pool.close()
    with pytest.raises(n.ClosedError):
        pool.take()


def test_a_box_of_a_pool_comes_back_with_the_pools_callbacks():
    of_pool, of_run = [], []
    pool = n.Pool(output=lambda stream, piece: of_pool.append(piece), maximum=1)
    box = pool.take()
    box.run("print('a')", output=lambda stream, piece: of_run.append(piece))
    box.close()
    pool.take().run("print('b')")
    assert (of_run, of_pool) == ([b"a\n"], [b"b\n"])


def test_threads_wait_for_boxes_of_a_pool():
    pool = n.Pool(maximum=2)
    values = []

    def work(number):
        box = pool.take(n.UNLIMITED)
        values.append(box.run(f"{number} + 1", mode=n.MODE_EVAL).value)
        box.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(int, values)) == list(range(1, 9))
    pool.close()


def test_stores(tmp_path):
    store = n.Store(tmp_path / "store")
    box = n.Box()
    box.run("x = 1")
    assert store.park("one", box) == 1
    image, revision = store.resume("one")
    box = n.Box(image=image)
    assert (revision, box.variable_get("x").value) == (1, "1")
    box.run("x = 2")
    assert store.park("one", box, revision) == 2
    with pytest.raises(n.BusyError):
        store.park("one", box, revision)
    (info,) = store.list()
    assert (info.name, info.revision) == ("one", 2) and info.bytes > 0 and info.parked_ns > 0
    assert store.survey()[0] >= 1
    assert store.collect()[0] >= 1
    store.remove("one")
    assert store.list() == []
    with pytest.raises(n.ArgumentError):
        store.resume("one")
    store.close()
    with pytest.raises(n.ClosedError):
        store.list()


def make_package(folder, name="greet", **metadata):
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text("def hello(): return 'hello'\n")
    info = folder / f"{name}-1.2.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.2", "Summary: It greets.", *metadata.get("more", [])]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    return folder


def test_packages(tmp_path):
    package = n.Package(make_package(tmp_path, more=["Requires-Dist: nothing-there>=1"]))
    assert (package.name, package.version, package.summary) == ("greet", "1.2", "It greets.")
    assert package.requires == ("nothing-there>=1",) and package.files >= 2 and package.bytes > 0
    assert n.package_check([package]) == [("greet", "nothing-there>=1")]
    assert n.package_check([package], n.default_image()) == n.package_check([package])
    code = "import greet, importlib.metadata\n[greet.hello(), importlib.metadata.version('greet')]"
    compiled = package.compile()
    assert compiled.compiled and not package.compiled
    for one in (package, compiled):
        box = n.Box(packages=[one])
        assert box.run(code, mode=n.MODE_EVAL).value == '["hello","1.2"]'
        assert box.clone().run(code, mode=n.MODE_EVAL).value == '["hello","1.2"]'
    pool = n.Pool(packages=(compiled,))
    assert pool.take().run(code, mode=n.MODE_EVAL).value == '["hello","1.2"]'
    with pytest.raises(n.LimitError):
        n.Package(tmp_path, max_bytes=10)
    with pytest.raises(n.LimitError):
        n.Package(tmp_path, max_files=1)
    with pytest.raises(n.PathError):
        n.Package(tmp_path / "greet-1.2.dist-info")
    with pytest.raises(TypeError):
        n.Box(packages=[tmp_path])


def test_changes():
    box = n.Box()
    box.run("open('/work/a', 'w').write('1'); open('/work/b', 'w').write('1')")
    assert [(kind, info.path) for kind, info in box.file_changes()] == [(n.CREATED, "/work/a"), (n.CREATED, "/work/b")]
    box.checkpoint()
    box.run("import os\nos.remove('/work/a'); open('/work/b', 'w').write('22')")
    assert [(kind, info.path) for kind, info in box.file_changes(since=n.SINCE_CHECKPOINT)] == [
        (n.REMOVED, "/work/a"), (n.MODIFIED, "/work/b")]
    ((kind, info),) = box.file_changes("/work/b", n.SINCE_IMAGE)
    assert (kind, info.bytes) == (n.CREATED, 2)
    with pytest.raises(n.ArgumentError):
        box.file_changes(since=99)


def test_copies_out_and_in(tmp_path):
    box = n.Box()
    box.file_write("d/x.txt", b"123")
    box.file_make_folder("d/e")
    copied = box.file_export("d", tmp_path / "out")
    assert (copied.files, copied.bytes, copied.skipped) == (1, 3, 0)
    assert (tmp_path / "out" / "x.txt").read_bytes() == b"123" and (tmp_path / "out" / "e").is_dir()
    with pytest.raises(n.FileError):
        box.file_export("d", tmp_path / "out")
    box.file_export("d", tmp_path / "out", replace=True)
    with pytest.raises(n.LimitError):
        box.file_export("d", tmp_path / "small", max_bytes=2)
    other = n.Box()
    assert other.file_import(tmp_path / "out", "copy").files == 1
    assert other.file_read("copy/x.txt") == b"123"
    other.run("open('/work/new', 'w').write('n')")
    assert other.file_export("/work", tmp_path / "new", only_changes=True).files == 1
    with pytest.raises(n.FileError):
        other.file_import(tmp_path / "nothing", "x")


def test_overlays(tmp_path):
    (tmp_path / "a").write_text("host")
    box = n.Box(mounts=[("/o", n.MOUNT_OVERLAY, tmp_path, False)])
    code = "open('/o/a', 'a').write(' and box'); open('/o/a').read()"
    assert box.run(code, mode=n.MODE_EVAL).value == '"host and box"'
    assert (tmp_path / "a").read_text() == "host"
    assert [info.path for _, info in box.file_changes(since=n.SINCE_HOST)] == ["/o/a"]


def test_presets(tmp_path):
    for name, preset in (("normal", n.PRESET_NORMAL), ("strict", n.PRESET_STRICT), ("permissive", n.PRESET_PERMISSIVE)):
        assert (n.preset_find(name), n.preset_name(preset)) == (preset, name)
        assert all(n.preset_limits(preset).as_dict().values())
    assert n.preset_limits(n.PRESET_STRICT).fuel < n.UNLIMITED
    with pytest.raises(n.ArgumentError):
        n.preset_find("strictt")
    for call in (n.preset_name, n.preset_limits):
        with pytest.raises(n.ArgumentError):
            call(3)
    strict = n.Box(preset=n.PRESET_STRICT)
    assert strict.run("print('x' * (2 << 20))").outcome == n.OUTPUT_FULL
    with pytest.raises(n.ArgumentError):
        n.Box(preset=n.PRESET_STRICT, mounts=[("/m", n.MOUNT_HOST, tmp_path, False)])
    deep = n.Box(limits=n.Limits(folder_depth=3, name_bytes=4)).run("import os\nos.makedirs('/work/a/b/c/d/e')")
    assert deep.error_type == "OSError"


def test_a_start_from_nothing():
    box = n.Box(n.default_module(), from_nothing=True, preopens=["/work"])
    assert box.run("6 * 7", mode=n.MODE_EVAL).value == "42"
    with pytest.raises(n.ModuleError):
        box.start()
    with pytest.raises(n.ArgumentError):
        n.Box(preopens=["/work"])

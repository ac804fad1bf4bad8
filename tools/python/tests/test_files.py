"""Files of sandboxes, from the host, and the kinds of mounts."""

import zipfile

import pytest

from pybox import BusyError, Mount, Sandbox, errors


@pytest.fixture
def sandbox():
    with Sandbox() as made:
        yield made


def test_the_host_writes_and_the_guest_reads(sandbox):
    sandbox.files.write("data/prices.csv", "apples,3\npears,4\n")
    sandbox.files.write("/tmp/raw.bin", b"\x00\xff")
    assert sandbox.eval("open('data/prices.csv').read()") == "apples,3\npears,4\n"
    sandbox.run("open('/work/out.txt', 'w').write('made by the guest')").check()
    assert sandbox.files.read("out.txt") == b"made by the guest" and sandbox.files.read_text("/work/out.txt")
    assert sandbox.files.read("/tmp/raw.bin") == b"\x00\xff"
    with pytest.raises(errors.LimitError):
        sandbox.files.read("out.txt", most=5)


def test_listing_and_patterns(sandbox):
    for name in ("a.txt", "b/c.txt", "b/d.csv", "odd[1].txt"):
        sandbox.files.write(name, "x")
    assert [file.path for file in sandbox.files.list()] == ["/work/a.txt", "/work/b", "/work/odd[1].txt"]
    assert [file.type for file in sandbox.files.list()] == ["file", "folder", "file"]
    assert [file.path for file in sandbox.files.list("b")] == ["/work/b/c.txt", "/work/b/d.csv"]
    assert [file.path for file in sandbox.files.glob("**/*.txt")] == [
        "/work/a.txt", "/work/b/c.txt", "/work/odd[1].txt"]
    assert sandbox.files.glob("*.none") == []
    file = sandbox.files.stat("a.txt")
    assert file.bytes == 1 and file.writable and file.modified.tzinfo is not None
    sandbox.files.make_folder("odd[1]")
    sandbox.files.write("odd[1]/in.txt", "x")
    assert [file.path for file in sandbox.files.list("odd[1]")] == ["/work/odd[1]/in.txt"]


def test_deleting(sandbox):
    sandbox.files.write("b/c.txt", "x")
    assert sandbox.files.exists("b") and not sandbox.files.exists("nothing")
    with pytest.raises(errors.PathError):
        sandbox.files.delete("b")
    sandbox.files.delete("b", recursive=True)
    with pytest.raises(errors.MissingError):
        sandbox.files.delete("b")


def test_no_path_leads_out(sandbox, tmp_path):
    (tmp_path / "secret.txt").write_text("of the host")
    for path in (str(tmp_path / "secret.txt"), "../../../../etc/passwd"):
        with pytest.raises(errors.Error):
            sandbox.files.read(path)
    with pytest.raises(errors.Error):
        sandbox.files.write("/usr/evil", "x")


def test_rollback_undoes_files(sandbox):
    sandbox.files.write("a.txt", "one")
    with pytest.raises(KeyError), sandbox.checkpoint():
        sandbox.files.write("a.txt", "two")
        raise KeyError
    assert sandbox.files.read("a.txt") == b"one"


def test_files_are_busy_while_it_runs(sandbox):
    seen = []

    @sandbox.tool
    def look() -> None:
        try:
            sandbox.files.read("a.txt")
        except BusyError as error:
            seen.append(error)
    sandbox.run("from tools import look; look()").check()
    assert len(seen) == 1


def test_mounts(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.txt").write_text("below")
    with zipfile.ZipFile(tmp_path / "corpus.zip", "w") as archive:
        archive.writestr("text/one.txt", "first")
    mounts = [
        Mount.overlay(tmp_path / "folder", "/project"), Mount.memory("/scratch"), Mount.content(b"{}", "/config.json"),
        Mount.archive(tmp_path / "corpus.zip", "/corpus")]
    with Sandbox(mounts=mounts) as sandbox:
        sandbox.run("open('/project/a.txt', 'w').write('above'); open('/scratch/x', 'w').write('x')").check()
        assert sandbox.files.read("/project/a.txt") == b"above"
        assert sandbox.eval("(open('/config.json').read(), open('/corpus/text/one.txt').read())") == ("{}", "first")
        assert not sandbox.run("open('/corpus/new', 'w')").ok and not sandbox.run("open('/config.json', 'w')").ok
        sandbox.rollback()
        assert sandbox.files.read("/project/a.txt") == b"below"
    assert (tmp_path / "folder" / "a.txt").read_text() == "below"


def test_changes(sandbox):
    sandbox.files.write("a.txt", "one")
    sandbox.files.write("b.txt", "one")
    sandbox.run("""
import os
open('a.txt', 'w').write('two and more')
os.remove('b.txt')
os.makedirs('new')
open('new/c.txt', 'w').write('x')
""").check()
    changes = [(change.kind, change.path) for change in sandbox.files.changes("/work")]
    assert changes == [("modified", "/work/a.txt"), ("removed", "/work/b.txt"), ("created", "/work/new"),
                       ("created", "/work/new/c.txt")]
    assert sandbox.files.changes("/work/a.txt")[0].file.bytes == 12 and sandbox.files.changes("b.txt")[0].file is None
    assert [change.path for change in sandbox.files.changes("/work/new")] == ["/work/new", "/work/new/c.txt"]
    sandbox.run("pass")
    assert sandbox.files.changes() == []
    assert ("created", "/work/a.txt") in [(c.kind, c.path) for c in sandbox.files.changes(since="image")]
    with pytest.raises(ValueError, match="did you mean 'image'"):
        sandbox.files.changes(since="imag")


def test_copies_in_and_out(sandbox, tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    (tmp_path / "in" / "sub" / "a.txt").write_text("one")
    (tmp_path / "in" / "b.txt").write_text("two")
    copied = sandbox.files.upload(tmp_path / "in", "data")
    assert (copied.files, copied.bytes) == (2, 6)
    assert sandbox.eval("open('data/sub/a.txt').read()") == "one"
    sandbox.run("open('data/made.txt', 'w').write('by the guest')").check()
    assert sandbox.files.download("data", tmp_path / "changed", changes_since="run").files == 1
    assert (tmp_path / "changed" / "made.txt").read_text() == "by the guest"
    assert sandbox.files.download("data", tmp_path / "out").files == 3
    assert (tmp_path / "out" / "sub" / "a.txt").read_text() == "one"
    with pytest.raises(errors.Error):
        sandbox.files.download("data", tmp_path / "out")
    assert sandbox.files.download("data", tmp_path / "out", replace=True).files == 3
    with pytest.raises(errors.LimitError):
        sandbox.files.download("data", tmp_path / "small", max_files=1)

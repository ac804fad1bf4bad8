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
    assert [file.path for file in sandbox.files.glob("**/*.txt")] == ["/work/a.txt", "/work/b/c.txt", "/work/odd[1].txt"]
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

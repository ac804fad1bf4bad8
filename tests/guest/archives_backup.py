"""Packs a folder as zip and as tar, changes it, and compares."""
import io
import os
import tarfile
import tempfile
import zipfile
from pathlib import Path

temporary = Path(tempfile.gettempdir())
root = temporary / "project"
for name, text in {"README.md": "# Project\n", "src/main.py": "print('hi')\n", "src/data/ünï.txt": "ü\n" * 50,
                   "empty.bin": ""}.items():
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

archive = temporary / "project.zip"
with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
    for path in sorted(root.rglob("*")):
        if path.is_file():
            pack.write(path, path.relative_to(root).as_posix())
    info = zipfile.ZipInfo("made/up.txt", date_time=(2020, 2, 29, 12, 30, 58))
    info.compress_type = zipfile.ZIP_BZIP2
    info.comment = b"not from disk"
    pack.writestr(info, b"invented " * 100)
    pack.comment = b"backup of the project"

with zipfile.ZipFile(archive) as pack:
    for info in pack.infolist():
        print(f"{info.filename:18} {info.file_size:4} {info.compress_size < max(info.file_size, 1)} {info.CRC:08x}")
    print(pack.comment, pack.testzip(), pack.getinfo("made/up.txt").date_time)
    print(pack.read("src/data/ünï.txt").decode()[:2].strip())
    with pack.open("made/up.txt") as member:
        member.seek(9)
        print(member.read(8))
    print(sorted(entry.name for entry in zipfile.Path(pack, "src/").iterdir()))
    pack.extractall(temporary / "restored")
restored = temporary / "restored"
print(sorted(path.relative_to(restored).as_posix() for path in restored.rglob("*")))

buffer = io.BytesIO()
with tarfile.open(fileobj=buffer, mode="w:xz", format=tarfile.PAX_FORMAT) as tar:
    def tidy(member):
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        member.mtime = 1_000_000_000
        return None if member.name.endswith(".bin") else member

    tar.add(root, arcname="project", filter=tidy)
    link = tarfile.TarInfo("project/latest")
    link.type = tarfile.SYMTYPE
    link.linkname = "README.md"
    tar.addfile(link)
buffer.seek(0)
with tarfile.open(fileobj=buffer) as tar:
    for member in sorted(tar.getmembers(), key=lambda m: m.name):
        kind = "dir" if member.isdir() else "link" if member.issym() else "file"
        print(f"{kind:5}{member.name:26}{member.size:5} {member.mtime}")
    print(tar.extractfile("project/src/main.py").read())
    tar.extractall(temporary / "untarred", filter="data", members=[m for m in tar if not m.issym()])
print(sorted(os.listdir(temporary / "untarred/project")))

evil = io.BytesIO()
with tarfile.open(fileobj=evil, mode="w") as tar:
    tar.addfile(tarfile.TarInfo("../../etc/passwd"))
evil.seek(0)
try:
    with tarfile.open(fileobj=evil) as tar:
        tar.extractall(temporary / "evil", filter="data")
except tarfile.OutsideDestinationError as error:
    print(type(error).__name__)
try:
    zipfile.ZipFile(io.BytesIO(b"not a zip file at all"))
except zipfile.BadZipFile as error:
    print("BadZipFile:", error)

"""Permissions as programs use them, and os.open() with the flags that they pass on Linux."""
import io
import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
from pathlib import Path

root = Path(tempfile.mkdtemp())
(root / "notes").mkdir(mode=0o755)
(root / "notes" / "one.txt").write_text("first\nsecond\n")
os.symlink("one.txt", root / "notes" / "link")

for path in (root / "notes", root / "notes" / "one.txt", root / "notes" / "link"):
    print(path.name, stat.filemode(path.lstat().st_mode), oct(stat.S_IMODE(path.stat().st_mode)))
with open(root / "notes" / "one.txt") as file:
    print(stat.filemode(os.fstat(file.fileno()).st_mode))
for entry in sorted(os.scandir(root / "notes"), key=lambda entry: entry.name):
    print(entry.name, oct(entry.stat(follow_symlinks=False).st_mode), entry.is_symlink())

packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w") as archive:
    archive.add(root / "notes", "notes")
packed.seek(0)
with tarfile.open(fileobj=packed) as archive:
    for member in sorted(archive, key=lambda member: member.name):
        print(member.name, oct(member.mode), member.type)
    archive.extractall(root / "unpacked", filter="data")
print(sorted(os.listdir(root / "unpacked" / "notes")))
print(oct((root / "unpacked" / "notes" / "one.txt").stat().st_mode))

with zipfile.ZipFile(root / "notes.zip", "w") as archive:
    archive.write(root / "notes", "notes")
    archive.write(root / "notes" / "one.txt", "notes/one.txt")
with zipfile.ZipFile(root / "notes.zip") as archive:
    print([(info.filename, stat.filemode(info.external_attr >> 16)) for info in archive.infolist()])

shutil.copytree(root / "notes", root / "copied", symlinks=True)
shutil.copy2(root / "notes" / "one.txt", root / "copied" / "two.txt")
print([(path.name, stat.filemode(path.lstat().st_mode)) for path in sorted((root / "copied").iterdir())])

descriptor = os.open(root / "notes" / "one.txt", 0)
print(os.read(descriptor, 100))
try:
    os.write(descriptor, b"x")
except OSError:
    print("not open for this")
os.close(descriptor)
descriptor = os.open(root / "made", os.O_CREAT | os.O_EXCL)
print(os.read(descriptor, 1), os.fstat(descriptor).st_size)
os.close(descriptor)
descriptor = os.open(root / "made", os.O_WRONLY | os.O_APPEND)
print(os.write(descriptor, b"more"))
try:
    os.read(descriptor, 1)
except OSError:
    print("not open for this")
os.close(descriptor)
with open(root / "made", opener=lambda path, flags: os.open(path, 0)) as file:
    print(file.read())
folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
descriptor = os.open("made", 0, dir_fd=folder)
print(os.read(descriptor, 10), stat.filemode(os.stat("notes", dir_fd=folder).st_mode))
os.close(descriptor)
os.close(folder)
shutil.rmtree(root)
print(root.exists())

"""A static-site builder over the mounted working folder."""
import errno
import html
import re
import shutil
from pathlib import Path, PurePosixPath, PureWindowsPath

SOURCE, TARGET = Path("content"), Path("public")
PAGE = "<!doctype html>\n<title>{title}</title>\n<h1>{title}</h1>\n{body}\n"


def parse(text):
    match = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    head = dict(line.split(": ", 1) for line in match[1].splitlines())
    paragraphs = match[2].strip().split("\n\n")
    return head, "\n".join(f"<p>{inline(paragraph)}</p>" for paragraph in paragraphs)


def inline(text):
    text = html.escape(text.replace("\n", " "))
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    return re.sub(r"\*(.+?)\*", r"<i>\1</i>", text)


def build():
    if TARGET.exists():
        shutil.rmtree(TARGET)
    entries = []
    for source in sorted(SOURCE.rglob("*")):
        target = TARGET / source.relative_to(SOURCE)
        if source.is_dir():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix == ".md":
            head, body = parse(source.read_text(encoding="utf-8"))
            target = target.with_suffix(".html")
            target.write_text(PAGE.format(title=head["title"], body=body), encoding="utf-8")
            entries.append((head.get("date", ""), target))
        else:
            shutil.copyfile(source, target)
    (TARGET / "sitemap.txt").write_text("".join(f"/{path.relative_to(TARGET).as_posix()}\n" for _, path in sorted(entries)))


build()
build()
for path in sorted(TARGET.rglob("*")):
    print(f"{path.as_posix():28}", "dir" if path.is_dir() else path.stat().st_size)
print((TARGET / "posts/pfade.html").read_text(encoding="utf-8"), end="")
print(sorted(path.name for path in TARGET.glob("**/*.html")), sorted(path.name for path in Path().iterdir()))

scratch = Path("scratch")
scratch.mkdir()
(scratch / "a.txt").write_bytes(b"one\r\ntwo\r\n")
print((scratch / "a.txt").open(newline="").readlines(), (scratch / "a.txt").read_text().splitlines())
moved = (scratch / "a.txt").rename(scratch / "b.txt")
print(moved, moved.exists(), (scratch / "a.txt").exists())
for action in (lambda: scratch.mkdir(), lambda: scratch.rmdir(), lambda: (scratch / "none").read_text(),
               lambda: list(Path("nowhere").iterdir()), lambda: moved.iterdir().__next__(),
               lambda: (scratch / "no" / "dir").write_text("")):
    try:
        action()
    except OSError as error:
        print(type(error).__name__, errno.errorcode[error.errno], error.filename)
with moved.open("r+b") as stream:
    stream.seek(-5, 2)
    stream.write(b"TWO")
    stream.truncate(8)
print(moved.read_bytes(), moved.stat().st_size)
shutil.rmtree(scratch)
path = PurePosixPath("/srv/data/../report.tar.gz")
print(path.parts, path.suffixes, path.stem, path.parents[1], path.with_name("x.csv"), path.is_relative_to("/srv"))
print(PureWindowsPath(r"C:\Users\ann\notes.txt").as_uri(), PurePosixPath("a/b").joinpath("../c").match("*/../c"))

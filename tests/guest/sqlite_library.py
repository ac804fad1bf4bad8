"""A small lending library in sqlite3: schema, transactions, queries, functions, full-text search, backup."""
import sqlite3
import tempfile
from datetime import date
from pathlib import Path

SCHEMA = """
CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL, year INTEGER CHECK (year > 1400),
                   author INTEGER NOT NULL REFERENCES author ON DELETE CASCADE);
CREATE TABLE loan (book INTEGER REFERENCES book, reader TEXT, due TEXT, UNIQUE (book));
CREATE INDEX book_year ON book (year);
"""
BOOKS = [("Ursula K. Le Guin", "The Dispossessed", 1974), ("Ursula K. Le Guin", "The Lathe of Heaven", 1971),
         ("Stanisław Lem", "Solaris", 1961), ("Stanisław Lem", "Fiasco", 1986),
         ("Mary Shelley", "Frankenstein", 1818), ("Italo Calvino", "Le città invisibili", 1972)]

sqlite3.register_adapter(date, date.isoformat)
db = sqlite3.connect(":memory:")
db.row_factory = sqlite3.Row
db.execute("PRAGMA foreign_keys = ON")
db.executescript(SCHEMA)
with db:
    for name, title, year in BOOKS:
        db.execute("INSERT INTO author (name) VALUES (?) ON CONFLICT DO NOTHING", (name,))
        db.execute("INSERT INTO book (title, year, author) SELECT :title, :year, id FROM author WHERE name = :name",
                   {"title": title, "year": year, "name": name})

for row in db.execute("""SELECT name, count(*) AS books, min(year) AS first FROM author JOIN book
                         ON author.id = book.author GROUP BY author.id ORDER BY name COLLATE NOCASE"""):
    print(dict(row), row["books"], row[2])

try:
    with db:
        db.execute("INSERT INTO loan VALUES (3, 'Ana', ?)", (date(2024, 5, 1),))
        db.execute("INSERT INTO loan VALUES (3, 'Bo', ?)", (date(2024, 6, 1),))
except sqlite3.IntegrityError as error:
    print("rolled back:", error, "loans:", db.execute("SELECT count(*) FROM loan").fetchone()[0])
for statement in ("INSERT INTO book VALUES (99, 'X', 1066, 1)", "INSERT INTO loan VALUES (77, 'x', '')",
                  "SELECT * FROM shelf", "SELEC 1"):
    try:
        db.execute(statement)
    except sqlite3.Error as error:
        print(type(error).__name__, "-", error)
print("a failed INSERT leaves its transaction open:", db.in_transaction)
db.rollback()

db.create_function("initials", 1, lambda name: "".join(part[0] for part in name.split()), deterministic=True)


class Span:
    def __init__(self):
        self.values = []

    def step(self, value):
        self.values.append(value)

    def finalize(self):
        return max(self.values) - min(self.values)


db.create_aggregate("span", 1, Span)
db.create_collation("by_length", lambda a, b: (len(a) > len(b)) - (len(a) < len(b)))
print([tuple(row) for row in db.execute("SELECT initials(name) FROM author ORDER BY 1")],
      db.execute("SELECT span(year) FROM book").fetchone()[0])
print([row["title"] for row in db.execute("SELECT title FROM book ORDER BY title COLLATE by_length DESC LIMIT 3")])
print([tuple(row) for row in db.execute(
    "SELECT year, title, rank() OVER (ORDER BY year) FROM book WHERE year BETWEEN 1961 AND 1974")])
print(db.execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) "
                 "SELECT group_concat(i * i, ' ') FROM n").fetchone()[0])
print(db.execute("SELECT json_extract('{\"a\": [1, 2.5, \"x\"]}', '$.a[2]'), upper('ß'), 7 / 2, typeof(x'00')").fetchone()[:])

path = Path(tempfile.gettempdir()) / "library.db"
copy = sqlite3.connect(path)
db.backup(copy)
copy.execute("DELETE FROM author WHERE name LIKE 'Stan%'")
copy.commit()
copy.close()
copy = sqlite3.connect(path)
print("on disk:", copy.execute("SELECT count(*) FROM author").fetchone(), copy.execute("PRAGMA integrity_check").fetchone())
print(len(list(db.iterdump())), db.total_changes, db.in_transaction)
blob = db.execute("SELECT zeroblob(3) AS b, ? AS c", (memoryview(b"\x00\xff"),)).fetchone()
print(blob["b"], blob["c"], blob.keys())

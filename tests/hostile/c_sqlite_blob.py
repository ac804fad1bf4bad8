# A value in SQLite that does not fit.
# options: --memory 96M
# expect: out_of_memory memory_bytes 123
# stderr: ^(sqlite3\.[A-Za-z]+|MemoryError)
import sqlite3

sqlite3.connect(":memory:").execute("SELECT length(randomblob(900000000))").fetchall()

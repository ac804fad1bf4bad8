# A query in SQLite that has no end: C code that never looks for signals.
# options: --fuel 100M
# expect: out_of_fuel fuel 121
# stderr: ^pybox: stopped: the fuel of 100M was used up
import sqlite3

sqlite3.connect(":memory:").execute(
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
).fetchall()

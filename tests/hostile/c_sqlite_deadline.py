# The same against the clock.
# options: --timeout 200ms
# expect: deadline wall_ns 124
# stderr: ^pybox: stopped: its time of 200ms was over
import sqlite3

sqlite3.connect(":memory:").execute(
    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
).fetchall()

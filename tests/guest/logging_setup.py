"""Logging as an application sets it up: handlers, filters, formats, a dictionary of settings, exceptions."""
import io
import logging
import logging.config
import logging.handlers
import sys
import tempfile
from pathlib import Path

LOG = Path(tempfile.gettempdir(), "app.log")
logging.config.dictConfig({
    "version": 1,
    "formatters": {
        "short": {"format": "%(levelname).1s %(name)s: %(message)s"},
        "long": {"format": "{levelname:<8}|{name:<12}|{funcName}|{message}", "style": "{"},
    },
    "filters": {"no_noise": {"()": lambda: lambda record: "noise" not in record.getMessage()}},
    "handlers": {
        "screen": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "short", "level": "INFO"},
        "file": {"class": "logging.FileHandler", "filename": str(LOG), "formatter": "long", "filters": ["no_noise"], "mode": "w"},
    },
    "loggers": {"app.db": {"level": "ERROR"}, "app": {"level": "DEBUG"}},
    "root": {"handlers": ["screen", "file"], "level": "WARNING"},
})
log = logging.getLogger("app")
db = log.getChild("db")


def work():
    log.debug("only in the file: %d %s", 42, {"a": 1})
    log.info("on both, %(user)s", {"user": "ann"})
    log.info("noise noise")
    db.warning("not shown")
    db.error("disk %r is full", "sda1")
    logging.info("root is at WARNING")
    try:
        {}["missing"]
    except KeyError:
        log.exception("lookup failed")
    log.log(35, "between levels")
    log.warning("with context", extra={"request": 7}, stacklevel=2)


work()
logging.getLogger("app").handlers[:] = []
print("--- the file")
print(LOG.read_text(), end="")
print("---", log.isEnabledFor(logging.DEBUG), db.getEffectiveLevel(), logging.getLevelName(30), log.name, db.parent is log)

buffer = io.StringIO()
memory = logging.handlers.MemoryHandler(10, flushLevel=logging.ERROR, target=logging.StreamHandler(buffer))
audit = logging.getLogger("audit")
audit.propagate = False
audit.setLevel(logging.DEBUG)
audit.addHandler(memory)
adapter = logging.LoggerAdapter(audit, {"id": 7})
adapter.info("first")
audit.info("second")
print(repr(buffer.getvalue()))
audit.error("third")
print(repr(buffer.getvalue()))

rotating = logging.handlers.RotatingFileHandler(LOG.with_name("r.log"), maxBytes=60, backupCount=2, mode="w")
audit.handlers[:] = [rotating]
for n in range(8):
    audit.info("message number %d of eight", n)
rotating.close()
print([(path.name, path.read_text().count("\n")) for path in sorted(LOG.parent.glob("r.log*"))])
logging.addLevelName(5, "TRACE")
handler = logging.StreamHandler(sys.stderr)
handler.setFormatter(logging.Formatter("$levelname: $message", style="$"))
audit.handlers[:] = [handler]
audit.log(logging.getLevelNamesMapping()["TRACE"], "hidden")
audit.critical("to standard error")
logging.disable(logging.CRITICAL)
audit.critical("disabled")
logging.shutdown()

"""Settings from ini, TOML, the environment and a properties file, merged into one."""
import configparser
import io
import json
import tomllib
from collections import ChainMap

ini = configparser.ConfigParser(allow_no_value=True)
print(ini.read(["app.ini", "missing.ini"]))
server = ini["server"]
print(ini.sections(), server["static"], server.getint("port"), server.getboolean("debug"), server.getfloat("timeout"))
print(repr(server["motd"]), ini["server.tls"].getboolean("debug"), ini["server.tls"]["cert"], server.get("none", "fallback"))
ini["new"] = {"a": "1", "B": "two"}
ini.set("server", "port", "9090")
ini.remove_option("server", "motd")
out = io.StringIO()
ini.write(out, space_around_delimiters=False)
print(out.getvalue().strip())
raw = configparser.ConfigParser(interpolation=None, delimiters="=", comment_prefixes="#", strict=False)
raw.optionxform = str
raw.read_string("[x]\nKey = 50%\nKey = 60%\n")
print(dict(raw["x"]))
extended = configparser.ConfigParser(interpolation=configparser.ExtendedInterpolation())
extended.read_dict({"paths": {"home": "/h"}, "use": {"log": "${paths:home}/log"}})
print(extended["use"]["log"])
for text in ("no header = 1\n", "[a]\nx=1\nx=2\n", "[a]\n[a]\n", "[a]\nx=%(y)s\n"):
    try:
        parser = configparser.ConfigParser()
        parser.read_string(text)
        parser["a"]["x"]
    except configparser.Error as error:
        print(type(error).__name__, str(error).splitlines()[0])

with open("app.toml", "rb") as stream:
    settings = tomllib.load(stream)
print(json.dumps(settings, default=str, indent=1, ensure_ascii=False))
print(settings["owner"]["dob"].utcoffset(), settings["owner"]["day"].year)
for text in ("a = ", "a = 1\na = 2", "[a]\n[a]", "x = 01", 'x = "\\q"', "t = 25:00:00", "= 1"):
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        print(f"{text!r}: {error}")
merged = ChainMap({"port": 1}, settings["database"], dict(server))
print(merged["port"], merged["ports"][2], merged["host"], len(merged), merged.maps[0], merged.new_child({"port": 2})["port"])

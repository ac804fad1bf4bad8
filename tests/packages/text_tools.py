# packages: python_slugify text_unidecode humanize packaging
import datetime
import importlib.resources

import humanize
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from slugify import slugify
from text_unidecode import unidecode

print(slugify("Ünïcödé & Straße — 北京!", max_length=30), slugify("a_b c", separator="_", stopwords=["c"]), unidecode("Žluťoučký kůň"))
print(humanize.naturalsize(123456789), humanize.intword(1.5e12), humanize.ordinal(22), humanize.naturaldelta(datetime.timedelta(days=400)), humanize.intcomma(1234567.891, 2))
print(humanize.activate("de_DE") is not None, humanize.naturaldelta(datetime.timedelta(hours=3)))
humanize.deactivate()
print(sorted(map(Version, ["1.0", "1.0rc1", "1.0.post1", "0.9", "1.0.dev3"])), Version("2!1.0+local").epoch)
requirement = Requirement("rich[jupyter]>=13,<15; python_version >= '3.8'")
print(requirement.name, requirement.extras, requirement.specifier.contains("14.1"), requirement.marker.evaluate(), "1.5" in SpecifierSet("~=1.4"))
print(len(importlib.resources.files("text_unidecode").joinpath("data.bin").read_bytes()) > 10000)

import sys

from . import __version__, hello
from .words import WORDS

print("greeter", __version__, sys.argv[1:], hello("de"), WORDS, __name__, __package__)

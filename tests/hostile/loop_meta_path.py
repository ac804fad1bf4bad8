# A finder for modules that asks for another one.
# options: --fuel 10G
# expect: exception - 1
# stderr: ^RecursionError
import sys

class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        __import__(name + "x")

sys.meta_path.insert(0, Finder)
import nothing

"""sys.exit with a message: shown on standard error, status 1."""
import sys


class Tool:
    def __enter__(self):
        print("opened")
        return self

    def __exit__(self, kind, error, trace):
        print("closed because of", kind.__name__)


with Tool():
    sys.exit("tool: cannot read 'größe.txt': no such file")

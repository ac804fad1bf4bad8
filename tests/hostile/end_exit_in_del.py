# An exit where it is ignored.
# options: --fuel 100M
# expect: done - 0
# stdout: went on\n
# stderr: SystemExit: 5
class Dying:
    def __del__(self):
        raise SystemExit(5)

Dying()
print("went on")

"""A native CPython process for each run: `python3.13 -I -c CODE`, with an empty environment and no sandbox."""
import os
import platform
import subprocess
import sys
from pathlib import Path

from fork_peer import GuestError, Session
from peer_adapter import Worker, main

HERE = Path(__file__).resolve().parent
SERVE = f"import sys; sys.path.insert(0, {str(HERE)!r}); import fork_peer; fork_peer.serve(sys.stdin, sys.stdout)"


class Spawn(Worker):
    guest_error = GuestError
    cannot_embed = "functions of the host would need a protocol over its pipes"
    processes = True

    @classmethod
    def prepare(cls, folder, build):
        # How this interpreter was started: through a loader of its own (bench/native-python).
        arguments = Path("/proc/self/cmdline").read_bytes().decode().split("\0")
        cls.python = arguments[:arguments.index("-E")]
        return f"Python {platform.python_version()}"

    def fresh(self, code, expression=None):
        if expression is not None:
            code += f"\nprint(repr({expression}))"
            done = subprocess.run([*self.python, "-I", "-c", code], env={}, capture_output=True, text=True)
            if done.returncode:
                raise GuestError(done.stderr)
            return done.stdout.strip()
        closed = [(os.POSIX_SPAWN_OPEN, 2, "/dev/null", os.O_WRONLY, 0)]
        pid = os.posix_spawn(self.python[0], [*self.python, "-I", "-c", code], {}, file_actions=closed)
        _, status = os.waitpid(pid, 0)
        if status:
            raise GuestError(f"status {status}")

    def create(self, code):
        self.fresh(code)

    def open(self):
        process = subprocess.Popen([*self.python, "-I", "-c", SERVE], env={}, stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        process.returncode = 0  # Session waits for it
        return Session(process.pid, process.stdout, process.stdin)


if __name__ == "__main__":
    main(Spawn)

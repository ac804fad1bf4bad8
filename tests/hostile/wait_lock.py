# A lock that is held already.
# options: --timeout 60s
# expect: exception - 1
# stderr: ^RuntimeError: deadlock
import threading

lock = threading.Lock()
lock.acquire()
lock.acquire()

# A lock that is held already.
# options: --timeout 200ms
# expect: exception - 1
# stderr: ^RuntimeError: deadlock
import threading

lock = threading.Lock()
lock.acquire()
lock.acquire()

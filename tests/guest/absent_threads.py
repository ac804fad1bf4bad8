"""Threads cannot be started in a box; what does not need one works."""
# Box only.
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

lock = threading.Lock()
with lock:
    print("locked", lock.locked(), threading.current_thread().name, threading.active_count())
local = threading.local()
local.value = 5
items = queue.Queue()
items.put("item")
print(local.value, items.get(), items.empty())
for start in (lambda: threading.Thread(target=print).start(), lambda: threading.Timer(1, print).start(),
              lambda: ThreadPoolExecutor(1).submit(print)):
    try:
        start()
    except RuntimeError as error:
        print("RuntimeError:", error)

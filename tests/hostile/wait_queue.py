# A queue into which nobody puts anything.
# options: --timeout 60s
# expect: exception - 1
# stderr: ^RuntimeError: deadlock
import queue

queue.Queue().get()

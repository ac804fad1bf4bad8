# A queue into which nobody puts anything.
# options: --timeout 200ms
# expect: exception - 1
# stderr: ^RuntimeError: deadlock
import queue

queue.Queue().get()

# No threads that go on when the main program is stopped.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^RuntimeError: can't start new thread
import threading

threading.Thread(target=lambda: None).start()

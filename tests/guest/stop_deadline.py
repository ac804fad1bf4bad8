"""Sleeping past the deadline is a DeadlineExceeded where it sleeps."""
# Box only.
import pybox
import time

try:
    time.sleep(1000)
except Exception:
    print("not for except Exception")
except pybox.DeadlineExceeded as error:
    print(error)
    raise

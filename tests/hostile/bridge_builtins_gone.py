# All that Python has built in is removed.
# options: --fuel 100M
# expect: exception - 1
# stderr: 
import builtins

kept = builtins.__dict__.copy()
for name in list(kept):
    if name not in ("__name__",):
        del builtins.__dict__[name]
raise kept["ValueError"]("left")

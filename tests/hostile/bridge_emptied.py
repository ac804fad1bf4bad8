# The bridge's own modules are emptied.
# options: --fuel 100M
# expect: exception - 1
# stderr: 
import gc
import sys

for module in [m for m in gc.get_objects() if isinstance(m, type(sys)) and "pybox" in m.__name__]:
    vars(module).clear()
1 / 0

# sys.modules is emptied.
# options: --fuel 100M
# expect: exception - 1
# stderr: 
import sys

sys.modules.clear()
1 / 0

# os._exit().
# options: --fuel 100M
# expect: exit - 7
import os

os._exit(7)

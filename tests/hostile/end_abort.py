# os.abort().
# options: --fuel 100M
# expect: trap - 126
# stderr: ^pybox: stopped: a crash in the box
import os

os.abort()

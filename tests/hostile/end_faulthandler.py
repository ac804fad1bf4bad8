# The crashes that faulthandler offers.
# options: --fuel 100M
# expect: trap - 126
# stderr: ^pybox: stopped: a crash in the box
import faulthandler

faulthandler._sigsegv()

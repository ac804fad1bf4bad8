# The program raises the exceptions of the stop itself.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^pybox\.OutOfFuel: not true
import pybox

raise pybox.OutOfFuel("not true")

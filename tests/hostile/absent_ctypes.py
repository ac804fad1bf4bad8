# No way to native code.
# options: --fuel 100M
# expect: exception - 1
# stderr: ^(ImportError|ModuleNotFoundError)
import ctypes

"""What ctypes needs to be imported in a box: types with their sizes, and nothing that could call native code.

Some packages of pure Python import ctypes and only look at sizes (sympy: sizeof(c_long)). Given to a box with them, as a
package, this makes that work; libraries cannot be loaded, and memory cannot be looked at.
"""

import struct

__version__ = "1.1.0"
RTLD_LOCAL, RTLD_GLOBAL = 0, 256
FUNCFLAG_CDECL, FUNCFLAG_PYTHONAPI, FUNCFLAG_USE_ERRNO, FUNCFLAG_USE_LASTERROR = 1, 4, 8, 16
SIZEOF_TIME_T = 8
CTYPES_MAX_ARGCOUNT = 1024
_memmove_addr = _memset_addr = _string_at_addr = _wstring_at_addr = _cast_addr = _memoryview_at_addr = 0
_pointer_type_cache = {}


class ArgumentError(Exception):
    pass


def _refuse(*arguments, **named):
    raise OSError("a pybox box cannot load or call native code")


class _Data:
    def __class_getitem__(cls, item):
        return cls

    @classmethod
    def from_param(cls, value):
        return value

    from_address = from_buffer = from_buffer_copy = in_dll = classmethod(_refuse)


class _Type(type):
    def __mul__(cls, length):
        return type(cls)(f"{cls.__name__}_Array_{length}", (Array,), {"_type_": cls, "_length_": length})

    __rmul__ = __mul__


class _SimpleCData(_Data, metaclass=_Type):
    def __init__(self, value=0):
        self.value = value

    def __init_subclass__(cls):
        if hasattr(cls, "_type_"):
            cls.__ctype_le__ = cls.__ctype_be__ = cls

    def __repr__(self):
        return f"{type(self).__name__}({self.value!r})"


class Structure(_Data, metaclass=_Type):
    pass


class Union(_Data, metaclass=_Type):
    pass


class Array(_Data, metaclass=_Type):
    pass


class _Pointer(_Data, metaclass=_Type):
    pass


class CFuncPtr(_Data, metaclass=_Type):
    def __init__(self, *arguments):
        pass

    __call__ = _refuse


def sizeof(kind):
    kind = kind if isinstance(kind, type) else type(kind)
    if issubclass(kind, Array):
        return sizeof(kind._type_) * kind._length_
    if issubclass(kind, Structure) or issubclass(kind, Union):
        sizes = [sizeof(field[1]) for field in getattr(kind, "_fields_", ())]
        return max(sizes, default=0) if issubclass(kind, Union) else sum(sizes)
    code = getattr(kind, "_type_", "P")
    return struct.calcsize({"O": "P", "z": "P", "Z": "P", "u": "i", "X": "P", "v": "h", "g": "dd"}.get(code, code)
                           if isinstance(code, str) else "P")


def alignment(kind):
    return min(sizeof(kind), 8) or 1


def POINTER(kind):
    return _Type("LP_" + getattr(kind, "__name__", "None"), (_Pointer,), {"_type_": kind})


def get_errno():
    return 0


set_errno = get_errno
def dlopen(name, mode=0):
    return _refuse() if name is not None else 0  # ctypes.pythonapi is made when it is imported


byref = addressof = resize = pointer = dlclose = dlsym = call_function = _refuse
_unpickle = buffer_info = _refuse

#include "function_names.h"

#include <string.h>

#include "error.h"
#include "function_signature.h"

#define MODULE_BYTES 200

/* sys.stdlib_module_names of CPython 3.13: what a module of host functions would hide. */
static const char *const library[] = {
    "__future__", "_abc", "_aix_support", "_android_support", "_apple_support", "_ast", "_asyncio",
    "_bisect", "_blake2", "_bz2", "_codecs", "_codecs_cn", "_codecs_hk", "_codecs_iso2022", "_codecs_jp",
    "_codecs_kr", "_codecs_tw", "_collections", "_collections_abc", "_colorize", "_compat_pickle",
    "_compression", "_contextvars", "_csv", "_ctypes", "_curses", "_curses_panel", "_datetime", "_dbm",
    "_decimal", "_elementtree", "_frozen_importlib", "_frozen_importlib_external", "_functools", "_gdbm",
    "_hashlib", "_heapq", "_imp", "_interpchannels", "_interpqueues", "_interpreters", "_io",
    "_ios_support", "_json", "_locale", "_lsprof", "_lzma", "_markupbase", "_md5", "_multibytecodec",
    "_multiprocessing", "_opcode", "_opcode_metadata", "_operator", "_osx_support", "_overlapped",
    "_pickle", "_posixshmem", "_posixsubprocess", "_py_abc", "_pydatetime", "_pydecimal", "_pyio",
    "_pylong", "_pyrepl", "_queue", "_random", "_scproxy", "_sha1", "_sha2", "_sha3", "_signal",
    "_sitebuiltins", "_socket", "_sqlite3", "_sre", "_ssl", "_stat", "_statistics", "_string", "_strptime",
    "_struct", "_suggestions", "_symtable", "_sysconfig", "_thread", "_threading_local", "_tkinter",
    "_tokenize", "_tracemalloc", "_typing", "_uuid", "_warnings", "_weakref", "_weakrefset", "_winapi",
    "_wmi", "_zoneinfo", "abc", "antigravity", "argparse", "array", "ast", "asyncio", "atexit", "base64",
    "bdb", "binascii", "bisect", "builtins", "bz2", "cProfile", "calendar", "cmath", "cmd", "code",
    "codecs", "codeop", "collections", "colorsys", "compileall", "concurrent", "configparser", "contextlib",
    "contextvars", "copy", "copyreg", "csv", "ctypes", "curses", "dataclasses", "datetime", "dbm",
    "decimal", "difflib", "dis", "doctest", "email", "encodings", "ensurepip", "enum", "errno",
    "faulthandler", "fcntl", "filecmp", "fileinput", "fnmatch", "fractions", "ftplib", "functools", "gc",
    "genericpath", "getopt", "getpass", "gettext", "glob", "graphlib", "grp", "gzip", "hashlib", "heapq",
    "hmac", "html", "http", "idlelib", "imaplib", "importlib", "inspect", "io", "ipaddress", "itertools",
    "json", "keyword", "linecache", "locale", "logging", "lzma", "mailbox", "marshal", "math", "mimetypes",
    "mmap", "modulefinder", "msvcrt", "multiprocessing", "netrc", "nt", "ntpath", "nturl2path", "numbers",
    "opcode", "operator", "optparse", "os", "pathlib", "pdb", "pickle", "pickletools", "pkgutil",
    "platform", "plistlib", "poplib", "posix", "posixpath", "pprint", "profile", "pstats", "pty", "pwd",
    "py_compile", "pyclbr", "pydoc", "pydoc_data", "pyexpat", "queue", "quopri", "random", "re", "readline",
    "reprlib", "resource", "rlcompleter", "runpy", "sched", "secrets", "select", "selectors", "shelve",
    "shlex", "shutil", "signal", "site", "smtplib", "socket", "socketserver", "sqlite3", "sre_compile",
    "sre_constants", "sre_parse", "ssl", "stat", "statistics", "string", "stringprep", "struct",
    "subprocess", "symtable", "sys", "sysconfig", "syslog", "tabnanny", "tarfile", "tempfile", "termios",
    "textwrap", "this", "threading", "time", "timeit", "tkinter", "token", "tokenize", "tomllib", "trace",
    "traceback", "tracemalloc", "tty", "turtle", "turtledemo", "types", "typing", "unicodedata", "unittest",
    "urllib", "uuid", "venv", "warnings", "wave", "weakref", "webbrowser", "winreg", "winsound", "wsgiref",
    "xml", "xmlrpc", "zipapp", "zipfile", "zipimport", "zlib", "zoneinfo",
};

static int is_of_library(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof library / sizeof *library; i++)
        if (strlen(library[i]) == length && memcmp(library[i], name, length) == 0)
            return 1;
    return (length >= 5 && memcmp(name, "pybox", 5) == 0) ||
           (length >= 6 && memcmp(name, "_pybox", 6) == 0);
}

static pybox_status check_module(const char *module)
{
    const char *at = module;
    if (strlen(module) > MODULE_BYTES)
        return error_set(PYBOX_ERROR_ARGUMENT, "pybox_function.module has %zu bytes; expected at most %d",
                         strlen(module), MODULE_BYTES);
    if (is_of_library(module, strcspn(module, ".")))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "pybox_function.module is \"%s\", which is of Python's library or pybox's; expected a name "
                         "of its own",
                         module);
    for (;;) {
        size_t length = strcspn(at, ".");
        if (!signature_is_name(at, length))
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "pybox_function.module is \"%s\"; expected identifiers with dots between them "
                             "(letters, digits and _, no keyword, not two underscores first)",
                             module);
        if (at[length] == '\0')
            return PYBOX_OK;
        at += length + 1;
    }
}

pybox_status function_names_check(const char *name, const char *module)
{
    if (name == NULL || !signature_is_name(name, strlen(name)))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "pybox_function.name is \"%.120s\"; expected an identifier of at most 100 letters, digits and "
                         "_, no keyword, not two underscores first",
                         name != NULL ? name : "");
    return check_module(module);
}

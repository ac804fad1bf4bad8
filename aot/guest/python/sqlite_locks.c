/*
 * What SQLite gets in the place of fcntl(), which has no file locks in WASI.
 *
 * Every lock is granted. Connections in one box still exclude each other, because SQLite keeps account of the
 * locks within its own process and asks the system only on behalf of the whole process. Two boxes, or a box and
 * a program of the host, do not: they must not write one database file at the same time. The alternative that
 * SQLite offers, a lock file, would let no second connection in one box read while another writes, would outlive
 * a box that is stopped, and would not be seen by the host's programs either.
 */
#undef fcntl /* compiled with SQLite's flags, which rename it */
#include <fcntl.h>
#include <stdarg.h>

/* The numbers that SQLite defines for itself on WASI. */
enum { GET_LOCK = 12, SET_LOCK = 13, UNLOCKED = 2 };

int guest_fcntl(int descriptor, int command, ...);

int guest_fcntl(int descriptor, int command, ...)
{
    va_list arguments;
    int result = 0;
    va_start(arguments, command);
    if (command == GET_LOCK)
        va_arg(arguments, struct flock *)->l_type = UNLOCKED;
    else if (command != SET_LOCK)
        result = fcntl(descriptor, command, va_arg(arguments, int));
    va_end(arguments);
    return result;
}

#include "package_name.h"

#include <string.h>

#include "bytes.h"

int package_name_is_safe(const char *name, size_t length, int utf8)
{
    if (length == 0 || length > PACKAGE_NAME_BYTES || name[0] == '/' || (utf8 && !bytes_are_utf8(name, length)))
        return 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)name[i];
        if (byte < ' ' || byte == 0x7f || byte == '\\' || (byte >= 0x80 && !utf8))
            return 0;
    }
    if (name[length - 1] == '/')
        length--;
    size_t depth = 0;
    for (size_t start = 0; start <= length; depth++) {
        const char *slash = memchr(name + start, '/', length - start);
        size_t size = (slash == NULL ? length : (size_t)(slash - name)) - start;
        if (size == 0 || size > 255 || (size == 1 && name[start] == '.') ||
            (size == 2 && name[start] == '.' && name[start + 1] == '.'))
            return 0;
        start += size + 1;
    }
    return depth <= PACKAGE_DEPTH;
}

int package_name_compare(const char *one, size_t one_length, const char *other, size_t other_length)
{
    size_t common = one_length < other_length ? one_length : other_length;
    int order = common > 0 ? memcmp(one, other, common) : 0;
    return order != 0 ? order : (one_length > other_length) - (one_length < other_length);
}

int package_name_ends(const char *name, size_t length, const char *suffix)
{
    size_t size = strlen(suffix);
    return length >= size && memcmp(name + length - size, suffix, size) == 0;
}

int package_name_is_native(const char *name, size_t length)
{
    static const char *const suffixes[] = {".so", ".pyd", ".dll", ".dylib"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
        if (package_name_ends(name, length, suffixes[i]))
            return 1;
    /* libz.so.1 */
    while (length > 0 && ((name[length - 1] >= '0' && name[length - 1] <= '9') || name[length - 1] == '.'))
        if (package_name_ends(name, length--, ".so."))
            return 1;
    return 0;
}

char *package_name_normalise(const char *name, size_t length, char *to, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < length && used + 1 < room; i++) {
        int separator = name[i] == '-' || name[i] == '_' || name[i] == '.';
        if (!separator)
            to[used++] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
        else if (used == 0 || to[used - 1] != '-')
            to[used++] = '-';
    }
    to[used] = '\0';
    return to;
}

size_t package_name_dist_info(const char *name, size_t length)
{
    const char *slash = memchr(name, '/', length);
    size_t size = slash == NULL ? length : (size_t)(slash - name);
    return package_name_ends(name, size, ".dist-info") || package_name_ends(name, size, ".egg-info") ? size : 0;
}

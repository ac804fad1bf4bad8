/* fd_readdir: what it lists, from any cookie, into buffers of any size, while the directory changes; each error. */
#include "wasi_raw.h"

#define HEADER 24u
#define ENTRIES 300u

/* One entry as the buffer has it; names may be cut off. */
struct entry {
    uint64_t next, inode;
    uint32_t length;
    uint8_t type;
    char name[64];
};

static uint8_t buffer[65536];

/* The entry at `at`: 1 if all of it is there. */
static int entry_at(uint32_t at, uint32_t used, struct entry *entry)
{
    if (at + HEADER > used)
        return 0;
    memcpy(&entry->next, buffer + at, 8);
    memcpy(&entry->inode, buffer + at + 8, 8);
    memcpy(&entry->length, buffer + at + 16, 4);
    entry->type = buffer[at + 20];
    HOLDS(entry->length < sizeof entry->name);
    if (at + HEADER + entry->length > used)
        return 0;
    memcpy(entry->name, buffer + at + HEADER, entry->length);
    entry->name[entry->length] = '\0';
    return 1;
}

/* Lists everything from `cookie` on in pieces of `piece` bytes; how many times each nNNN was seen, and the rest. */
static uint32_t list(i32 fd, uint32_t piece, uint64_t cookie, uint8_t seen[ENTRIES])
{
    struct entry entry;
    uint32_t used, total = 0;
    do {
        raw_check(fd_readdir(fd, P(buffer), (i32)piece, (i64)cookie, P(&used)), 0, "a piece", __LINE__);
        HOLDS(used <= piece);
        const uint64_t before = cookie;
        for (uint32_t at = 0; entry_at(at, used, &entry); at += HEADER + entry.length) {
            cookie = entry.next;
            total++;
            if (entry.name[0] == 'n' && entry.length == 4)
                seen[atoi(entry.name + 1)]++;
        }
        HOLDS(used < piece || cookie != before); /* a name that does not fit would never end */
    } while (used == piece);
    return total;
}

static void name_of(uint32_t number, char name[8])
{
    snprintf(name, 8, "n%03u", (unsigned)number);
}

static void fill(i32 folder)
{
    char name[8];
    for (uint32_t i = 0; i < ENTRIES; i++) {
        name_of(i, name);
        raw_close(raw_file(folder, name));
    }
}

static void each_size(i32 folder)
{
    struct entry entry;
    uint8_t seen[ENTRIES] = {0};
    WORKS(fd_readdir(folder, P(buffer), sizeof buffer, 0, P(&out.size)), "an empty directory has . and ..");
    HOLDS(entry_at(0, out.size, &entry) && entry.name[0] == '.' && entry.type == __WASI_FILETYPE_DIRECTORY);
    HOLDS(list(folder, 100, 0, seen) == 2);
    fill(folder);
    const uint32_t pieces[] = {28, 29, 51, 100, 333, 4096, sizeof buffer};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        memset(seen, 0, sizeof seen);
        HOLDS(list(folder, pieces[i], 0, seen) == ENTRIES + 2);
        for (uint32_t j = 0; j < ENTRIES; j++)
            HOLDS(seen[j] == 1);
    }
    WORKS(fd_readdir(folder, P(buffer), 10, 0, P(&out.size)), "less than a header: it is cut off");
    HOLDS(out.size == 10);
    WORKS(fd_readdir(folder, P(buffer), 0, 0, P(&out.size)), "no space at all");
    HOLDS(out.size == 0);
}

static void any_cookie(i32 folder)
{
    struct entry entry;
    uint8_t seen[ENTRIES] = {0};
    uint64_t cookies[ENTRIES + 2];
    uint32_t count = 0;
    WORKS(fd_readdir(folder, P(buffer), sizeof buffer, 0, P(&out.size)), "all of it");
    for (uint32_t at = 0; entry_at(at, out.size, &entry); at += HEADER + entry.length)
        cookies[count++] = entry.next;
    HOLDS(count == ENTRIES + 2);
    for (uint32_t i = 0; i < count; i += 7)
        HOLDS(list(folder, 200, cookies[i], seen) == count - 1 - i);
    HOLDS(list(folder, 200, cookies[3], seen) == count - 4); /* back again */
}

/* What is there all the time is listed once, whatever else comes and goes. */
static void under_change(i32 folder)
{
    char name[8];
    struct entry entry;
    uint8_t seen[ENTRIES] = {0};
    uint64_t cookie = 0;
    for (uint32_t turn = 0;; turn++) {
        uint32_t used;
        WORKS(fd_readdir(folder, P(buffer), 100, (i64)cookie, P(&used)), "while names come and go");
        for (uint32_t at = 0; entry_at(at, used, &entry); at += HEADER + entry.length) {
            cookie = entry.next;
            if (entry.name[0] == 'n')
                seen[atoi(entry.name + 1)]++;
        }
        if (used < 100)
            break;
        name_of(turn % 100 * 3, name); /* every third goes at some time */
        (void)!path_unlink_file(folder, S(name));
        snprintf(name, sizeof name, "x%u", (unsigned)turn);
        raw_close(raw_file(folder, name));
        HOLDS(turn < 10000);
    }
    for (uint32_t i = 0; i < ENTRIES; i++)
        HOLDS(seen[i] <= 1 && (i % 3 == 0 || seen[i] == 1));
}

static void errors(i32 folder)
{
    i32 file = raw_file(folder, "file");
    GIVES(BADF, fd_readdir(99, P(buffer), 100, 0, P(&out.size)), "no such descriptor");
    GIVES(NOTDIR, fd_readdir(file, P(buffer), 100, 0, P(&out.size)), "a file");
    GIVES(NOTDIR, fd_readdir(0, P(buffer), 100, 0, P(&out.size)), "a stream");
    GIVES(FAULT, fd_readdir(folder, EDGE, 5, 0, P(&out.size)), "the space ends outside memory");
    GIVES(FAULT, fd_readdir(folder, P(buffer), 100, 0, OUTSIDE), "the result outside memory");
    GIVES(INVAL, fd_readdir(folder, P(buffer), 100, 0, P(&out.size) + 1), "the result not aligned");
    WORKS(fd_readdir(folder, P(buffer), 100, INT64_MAX - 1, P(&out.size)), "a cookie that no entry has: the end");
    raw_close(file);
    i32 narrow = raw_folder(folder, ".");
    raw_drop(narrow, __WASI_RIGHTS_FD_READDIR);
    GIVES(NOTCAPABLE, fd_readdir(narrow, P(buffer), 100, 0, P(&out.size)), "without the right");
    raw_close(narrow);
}

/* The directories above: those that are only there for mounts, and the standard ones. */
static void everywhere(void)
{
    uint8_t seen[ENTRIES] = {0};
    i32 dev = raw_folder(ROOT, "dev");
    HOLDS(list(dev, 50, 0, seen) == 4); /* null, urandom */
    raw_close(dev);
    HOLDS(list(ROOT, 30, 0, seen) == 2 + 4); /* dev, mnt, tmp, work */
    i32 gone = raw_folder(ROOT, "work");
    WORKS(path_create_directory(gone, S("gone")), "a directory");
    i32 open = raw_folder(gone, "gone");
    WORKS(path_remove_directory(gone, S("gone")), "that is open goes");
    HOLDS(list(open, 100, 0, seen) <= 2);
    raw_close(open);
    raw_close(gone);
}

int main(void)
{
    raw_everywhere((raw_cases *const[]){each_size, any_cookie, under_change, errors, NULL});
    everywhere();
    puts("listings");
    return 0;
}

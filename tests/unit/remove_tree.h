/* How tests remove the folders that they have made. */
#ifndef REMOVE_TREE_H
#define REMOVE_TREE_H

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

/* nftw's. */
static inline int remove_below(const char *path, const struct stat *stat, int type, struct FTW *place)
{
    (void)stat, (void)type;
    return place->level == 0 ? 0 : remove(path);
}

/* Removes all that is in a folder; of links themselves, not what they lead to. 0, or -1 with errno. */
static inline int remove_inside(const char *folder)
{
    return nftw(folder, remove_below, 16, FTW_DEPTH | FTW_PHYS);
}

/* The same, and the folder. */
static inline int remove_tree(const char *folder)
{
    return remove_inside(folder) != 0 ? -1 : rmdir(folder);
}

#endif

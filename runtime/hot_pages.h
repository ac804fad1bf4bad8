/*
 * The pages that runs write first, whatever they do: learnt from the first run over an image, and made private when a
 * box is made. Left to the run, each is a page fault; and where the guest has read the page before, also an interrupt
 * to every other CPU that runs a thread of the process, since a mapping changes: with two threads that make boxes,
 * seven times the time to the first result.
 */
#ifndef HOT_PAGES_H
#define HOT_PAGES_H

#include "handles.h"

/* Makes the hot pages of the box's image private, if they are known: its memory has just been mapped. */
void hot_pages_prefault(const struct pybox_box *box);

/* The box's first run since it was made has come to its end: learns from it, if nobody has yet. */
void hot_pages_learn(struct pybox_box *box);

/* Frees what is known of an image. NULL is allowed. */
void hot_pages_free(struct hot_pages *hot);

#endif

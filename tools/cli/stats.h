/* --stats: what a program used, for a person. */
#ifndef STATS_H
#define STATS_H

#include <stdio.h>

#include "report.h"

/* Writes some lines: how it ended, fuel, times, memory, calls, output. */
void stats_print(const struct report *report, FILE *file);

#endif

/* The help texts of pybox. */
#ifndef USAGE_H
#define USAGE_H

extern const char usage_short[];
extern const char usage_full[];

#endif

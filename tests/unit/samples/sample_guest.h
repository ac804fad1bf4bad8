/*
 * A metered guest written by hand, linked into a test: it speaks the protocol of the Python guest (guest_abi.h), counts fuel
 * in the register as the metering pass would have it, and does what its code says. That is a row of words:
 *
 *   spin N        uses 10 N units of fuel, in N loops with a check each; 0: without end
 *   sleep NS      waits for a clock
 *   yield N       N calls of an import that does nothing
 *   write N       N bytes to standard output
 *   read          a byte from standard input
 *   exit N        proc_exit
 *   recurse N     N deep, some 200 bytes each; 0: without end
 *   fault         an access outside memory
 *   used          the run's value is the fuel that it has used so far
 *   told          the run's value is what the guest was last told, as a number of enum guest_stop
 *   poke A N      stores a 32-bit N at address A
 *   peek A        the run's value is what is there
 *   renew N A O B E  N calls of pybox.random_renew with those arguments, each paid with RENEW_FUEL as a call of an import is
 *   place         the run answers as pybox_where does, which is against the protocol
 *
 * and, for all that comes, also in later runs:
 *
 *   deaf          does not raise what it is told to raise
 *   late N        when it raises that, spins N first
 *   quiet         does not raise it, but comes to its end
 *   stuck stop    pybox_stop does not return; "stuck where", "stuck buffer", "stuck finish" likewise
 *   import where  pybox_where calls an import
 *
 * The number of a word in the code, from 1, is the line it is on, in a function f of the file <run>.
 */
#ifndef SAMPLE_GUEST_H
#define SAMPLE_GUEST_H

#include "module_abi.h"

#define RENEW_FUEL 504

extern const struct module_descriptor sample_guest;         /* with all exports of guest_abi.h */
extern const struct module_descriptor sample_guest_untold;  /* without pybox_stop and pybox_where */
extern const struct module_descriptor sample_guest_plain;   /* as the first one, but not metered */
extern const struct module_descriptor sample_guest_command; /* whose _start spins without end */

#endif

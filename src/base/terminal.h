// What the program's stderr, and its stdout, are connected to.
#ifndef BASE_TERMINAL_H
#define BASE_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

// A person is watching: live lines make sense.
bool terminal_is_live(void);

// What is written to stdout goes to a terminal too.
bool terminal_shows_output(void);

// Columns of the terminal; 80 where there is none.
uint32_t terminal_width(void);

// Live, and neither NO_COLOR (https://no-color.org) nor TERM=dumb forbids colour.
bool terminal_has_colour(void);

// Keeps the places of the three standard streams from files that are opened later: what is written
// to a stream that the caller of the program has closed must fail, and not go into a file.
void terminal_reserve(void);

#endif

// What the user sees: messages, notes and live progress on stderr, data on stdout.
//
// Any thread may write messages; the rest is for the main thread.
#ifndef CLI_CONSOLE_H
#define CLI_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "base/text.h"

struct mutex;

enum { CONSOLE_LINE_SIZE = 256 };

struct console {
    struct vktl_log log; // "vktl: error: ..." and so on; notes as they are
    bool quiet;          // no notes, no progress
    bool is_live;        // stderr is a terminal: live lines make sense
    bool has_colour;
    bool is_stopping; // the user has been told that Ctrl-C was understood
    struct mutex *mutex;
    uint32_t shown_width; // columns of the live line that is on the screen now
    double shown_seconds; // when it was drawn
};

// Fails only where the system has no mutex to give. Points into itself: not to be copied.
vktl_status console_init(struct console *console);
void console_deinit(struct console *console);

// A note on a line of its own; nothing when quiet.
void console_say(struct console *console, const char *format, ...) LOG_FORMAT(2, 3);

// Whether a live line would be drawn now: on a terminal, not quiet, not sooner than a tenth of a
// second after the last.
bool console_wants_line(const struct console *console);

// Draws the live line
//
//     <left> [=====>    ] <done>/<total><right>
//
// over the one before, as wide as the terminal. Any later output takes its place.
void console_draw(struct console *console, const char *left, uint32_t done, uint32_t total,
                  const char *right);
void console_clear(struct console *console);

// Writes data to stdout. VKTL_IO, with a message, when it does not arrive.
vktl_status console_write(struct console *console, const char *data);

// Appends a message of one or more lines, broken between words where a line would be longer than
// `width` and going on two columns in. The text stands at column `column` of its line already.
void console_break_lines(struct text *text, uint32_t width, uint32_t column, const char *message);

// The line of console_draw, for a terminal of `width` columns; the bar is left out where there is
// no room for it, and what is still too long is cut.
void console_format_line(char line[CONSOLE_LINE_SIZE], uint32_t width, const char *left,
                         uint32_t done, uint32_t total, const char *right);

// "0:07", "12:34", "1:02:03"; "-:--" where it is not known.
enum { CONSOLE_TIME_SIZE = 24 };
const char *console_time(double seconds, char text[CONSOLE_TIME_SIZE]);

// "840 ms", "4.2 s", "3 min 07 s", "2 h 05 min".
const char *console_duration(double seconds, char text[CONSOLE_TIME_SIZE]);

// Whether the user's locale writes UTF-8.
bool console_has_utf8(void);

#endif

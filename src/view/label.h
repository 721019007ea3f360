// Texts from outside, made fit to be drawn.
#ifndef VIEW_LABEL_H
#define VIEW_LABEL_H

#include <stdbool.h>
#include <stddef.h>

// The bytes of the character at `text`, 0 where it is not UTF-8 (RFC 3629: shortest form, no
// surrogates, at most U+10FFFF); whether that character is a control character.
size_t label_character_size(const char *text);
bool label_is_control(const char *text);

enum { LABEL_SIZE = 512 };

struct label {
    char text[LABEL_SIZE]; // valid UTF-8 on one line
};

// Copies a text: bytes that are no UTF-8 become U+FFFD, control characters spaces, and what is
// longer than a label ends in an ellipsis. NULL is "".
void label_clean(const char *text, struct label *label);

// Writes the first `length` bytes of `whole`, less the end of a character that is cut and spaces
// before the cut, then an ellipsis.
void label_shorten(const struct label *whole, size_t length, struct label *shortened);

// An ellipsis, then the last `length` bytes, likewise: for paths, whose end tells most.
void label_shorten_start(const struct label *whole, size_t length, struct label *shortened);

#endif

// Text that grows: for files, tables and messages built in pieces.
//
// A failed allocation is remembered and every later call does nothing, so that a writer checks
// once, at the end, with text_status.
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/log.h"

struct text {
    char *data; // always ends in '\0'; NULL before the first append
    size_t length;
    size_t capacity;
    bool failed;
};

void text_init(struct text *text);
void text_deinit(struct text *text);

void text_append(struct text *text, const char *string);
void text_append_bytes(struct text *text, const void *bytes, size_t size);
void text_format(struct text *text, const char *format, ...) LOG_FORMAT(2, 3);

// Appends a JSON string with its quotes. Bytes from 0x80 on pass as they are: UTF-8 stays UTF-8.
void text_append_json(struct text *text, const char *string);

// Appends one CSV field, quoted only where it holds a comma, a quote or a line end (RFC 4180).
void text_append_csv(struct text *text, const char *string);

// Replaces control characters (C0, DEL, C1 in UTF-8) but for those of `kept` by '?': what names
// from files hold must not steer a terminal.
void text_hide_controls(char *string, const char *kept);

// VKTL_NO_MEMORY, with a message, if any append failed.
vktl_status text_status(const struct vktl_log *log, const struct text *text);

#endif

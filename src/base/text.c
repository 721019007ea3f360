// Responsible for growing text and for the escapes of JSON and CSV strings. Numbers and layouts are
// the writer's business.
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

void text_init(struct text *text)
{
    *text = (struct text){0};
}

void text_deinit(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}

static bool reserve(struct text *text, size_t more)
{
    if (text->failed)
        return false;
    if (more < text->capacity - text->length)
        return true;
    size_t capacity = text->capacity ? text->capacity : FIRST_CAPACITY;
    while (capacity - text->length <= more && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    char *data = capacity - text->length > more ? realloc(text->data, capacity) : NULL;
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void text_append_bytes(struct text *text, const void *bytes, size_t size)
{
    if (!reserve(text, size))
        return;
    if (size > 0)
        memcpy(text->data + text->length, bytes, size);
    text->length += size;
    text->data[text->length] = '\0';
}

void text_append(struct text *text, const char *string)
{
    text_append_bytes(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    vktl_assert(length >= 0);
    if (reserve(text, (size_t)length)) {
        vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void text_append_json(struct text *text, const char *string)
{
    text_append(text, "\"");
    for (const char *c = string; *c; c++) {
        if (*c == '"' || *c == '\\')
            text_append_bytes(text, (const char[]){'\\', *c}, 2);
        else if ((unsigned char)*c < 0x20)
            text_format(text, "\\u%04x", (unsigned)*c);
        else
            text_append_bytes(text, c, 1);
    }
    text_append(text, "\"");
}

void text_append_csv(struct text *text, const char *string)
{
    if (!strpbrk(string, ",\"\r\n")) {
        text_append(text, string);
        return;
    }
    text_append(text, "\"");
    for (const char *c = string; *c; c++)
        text_append_bytes(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    text_append(text, "\"");
}

void text_hide_controls(char *string, const char *kept)
{
    for (unsigned char *c = (unsigned char *)string; *c; c++) {
        const bool is_c1 = c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f;
        if (is_c1)
            *c++ = '?';
        if (is_c1 || ((*c < 0x20 || *c == 0x7f) && !strchr(kept, *c)))
            *c = '?';
    }
}

vktl_status text_status(const struct vktl_log *log, const struct text *text)
{
    return text->failed ? log_fail(log, VKTL_NO_MEMORY, "out of host memory") : VKTL_OK;
}

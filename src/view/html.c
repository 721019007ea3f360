// Responsible for what may stand in HTML: escapes, and bytes as base64 (RFC 4648).
#include "view/html.h"

#include <string.h>

#include "view/label.h"

static void append_character(struct text *html, const char *character, size_t size)
{
    switch (*character) {
    case '&':
        text_append(html, "&amp;");
        break;
    case '<':
        text_append(html, "&lt;");
        break;
    case '>':
        text_append(html, "&gt;");
        break;
    case '"':
        text_append(html, "&quot;");
        break;
    case '\'':
        text_append(html, "&#39;");
        break;
    default:
        text_append_bytes(html, character, size);
    }
}

static void append_text(struct text *html, const char *text, bool keeps_lines)
{
    text_append(html, "");
    while (text && *text) {
        const size_t size = label_character_size(text);
        if (!size)
            text_append(html, "\ufffd");
        else if (label_is_control(text) && !(keeps_lines && *text == '\n'))
            text_append(html, " ");
        else
            append_character(html, text, size);
        text += size ? size : 1;
    }
}

void html_text(struct text *html, const char *text)
{
    append_text(html, text, false);
}

void html_lines(struct text *html, const char *text)
{
    append_text(html, text, true);
}

void html_data_uri(struct text *html, const char *type, const unsigned char *bytes, size_t size)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    text_format(html, "data:%s;base64,", type);
    for (size_t i = 0; i < size; i += 3) {
        const size_t left = size - i;
        const uint32_t group = (uint32_t)bytes[i] << 16 |
                               (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                               (left > 2 ? bytes[i + 2] : 0);
        const char quad[4] = {digits[group >> 18], digits[group >> 12 & 63],
                              left > 1 ? digits[group >> 6 & 63] : '=',
                              left > 2 ? digits[group & 63] : '='};
        text_append_bytes(html, quad, sizeof quad);
    }
}

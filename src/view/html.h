// Texts and bytes from outside as parts of HTML.
#ifndef VIEW_HTML_H
#define VIEW_HTML_H

#include <stdint.h>

#include "base/text.h"

// Appends a text for use between tags or within a quoted attribute: what means something to HTML is
// escaped, bytes that are no UTF-8 become U+FFFD and control characters spaces. NULL is "".
void html_text(struct text *html, const char *text);

// The same with newlines kept.
void html_lines(struct text *html, const char *text);

// Appends "data:TYPE;base64,...". `type` is ours.
void html_data_uri(struct text *html, const char *type, const unsigned char *bytes, size_t size);

#endif

// How a page looks.
#ifndef VIEW_PAGE_STYLE_H
#define VIEW_PAGE_STYLE_H

extern const char *const page_styles[]; // parts of a CSS, NULL at the end

#endif

// Right-to-left writing: from the order of reading to the order on the page.
#ifndef VIEW_BIDI_H
#define VIEW_BIDI_H

#include "view/label.h"

// Puts the characters of a clean label into the order in which they are drawn from left to right,
// as the Unicode Bidirectional Algorithm (UAX #9) does for one line without explicit controls.
// Marks stay behind their letter; brackets are mirrored; Arabic letters are not joined. A label
// without letters written from right to left stays as it is.
void bidi_reorder(struct label *label);

#endif

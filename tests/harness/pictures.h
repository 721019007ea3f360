// What tests of pictures share: checks that hold for every one of them.
#ifndef HARNESS_PICTURES_H
#define HARNESS_PICTURES_H

#include <vktl/picture.h>

// Asserts that no text of the picture meets another or leaves the page, and that all formats are
// encoded with the right size. Where VKTL_TEST_PICTURES names a folder, the picture is saved there
// as NAME.png and NAME.svg, to be looked at. Destroys the picture.
void pictures_check(const char *name, struct vktl_picture **picture);

// A smooth picture of any size whose pixels the caller frees.
struct vktl_photo pictures_photo(uint32_t width, uint32_t height, unsigned hue);

#endif

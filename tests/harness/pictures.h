// What tests of pictures share: checks that hold for every one of them.
#ifndef HARNESS_PICTURES_H
#define HARNESS_PICTURES_H

#include <stdio.h>

#include <vktl/picture.h>

#include "harness/failing_malloc.h"
#include "harness/harness.h"

// Asserts that no text of the picture meets another or leaves the page, and that all formats are
// encoded with the right size. Where VKTL_TEST_PICTURES names a folder, the picture is saved there
// as NAME.png and NAME.svg, to be looked at. Destroys the picture.
void pictures_check(const char *name, struct vktl_picture **picture);

// The check of texts alone; false, and why, for tests of the check itself.
bool pictures_texts_are_apart(const struct vktl_picture *picture, char complaint[256]);

// Draws what a vktl_draw_ function takes in both themes, and checks the pictures.
#define PICTURES_DRAW(name, function, what)                                                        \
    do {                                                                                           \
        for (int theme_ = VKTL_LIGHT; theme_ <= VKTL_DARK; theme_++) {                             \
            struct vktl_picture *picture_;                                                         \
            char name_[128];                                                                       \
            snprintf(name_, sizeof name_, "%s-%s", name, theme_ == VKTL_LIGHT ? "light" : "dark"); \
            assert_int_equal(function(&harness_log, what, theme_, &picture_), VKTL_OK);            \
            pictures_check(name_, &picture_);                                                      \
        }                                                                                          \
    } while (0)

// Fails every allocation of a drawing in turn: it must say VKTL_NO_MEMORY, hand out nothing and
// leak nothing.
#define PICTURES_FAIL_ALLOCATIONS(function, what)                                                  \
    do {                                                                                           \
        struct vktl_picture *picture_ = NULL;                                                      \
        for (uint64_t n_ = 0;; n_++) {                                                             \
            const int64_t live_ = failing_malloc_live();                                           \
            failing_malloc_at(n_);                                                                 \
            const vktl_status status_ = function(NULL, what, VKTL_LIGHT, &picture_);               \
            if (!failing_malloc_stop()) {                                                          \
                assert_int_equal(status_, VKTL_OK);                                                \
                vktl_picture_destroy(&picture_);                                                   \
                assert_true(n_ > 0);                                                               \
                break;                                                                             \
            }                                                                                      \
            assert_int_equal(status_, VKTL_NO_MEMORY);                                             \
            assert_null(picture_);                                                                 \
            assert_int_equal(failing_malloc_live(), live_);                                        \
        }                                                                                          \
    } while (0)

// A smooth picture of any size whose pixels the caller frees.
struct vktl_photo pictures_photo(uint32_t width, uint32_t height, unsigned hue);

#endif

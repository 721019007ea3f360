#include "pictures.h"

#include "harness.h"

#include <math.h>
#include <stdio.h>

#include "view/canvas.h"

// ---- Texts

static bool overlap(const struct rect *a, const struct rect *b)
{
    const double slack = 0.5; // antialiased edges may touch
    return a->x + slack < b->x + b->width && b->x + slack < a->x + a->width &&
           a->y + slack < b->y + b->height && b->y + slack < a->y + a->height;
}

bool pictures_texts_are_apart(const struct vktl_picture *picture, char complaint[256])
{
    for (uint32_t i = 0; i < picture->box_count; i++) {
        const struct text_box *box = &picture->boxes[i];
        const struct rect *ink = &box->ink;
        if (ink->x < 0 || ink->y < 0 || ink->x + ink->width > picture->width ||
            ink->y + ink->height > picture->height) {
            snprintf(complaint, 256, "\"%s\" leaves the page: %.1f..%.1f, %.1f..%.1f", box->text,
                     ink->x, ink->x + ink->width, ink->y, ink->y + ink->height);
            return false;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (!overlap(ink, &picture->boxes[k].ink))
                continue;
            snprintf(complaint, 256, "\"%s\" is over \"%s\" at %.1f, %.1f", box->text,
                     picture->boxes[k].text, ink->x, ink->y);
            return false;
        }
    }
    return true;
}

// ---- Files

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void check_formats(const struct vktl_picture *picture)
{
    const uint32_t width = vktl_picture_width(picture), height = vktl_picture_height(picture);
    for (int format = VKTL_PNG; format <= VKTL_SVG; format++) {
        unsigned char *bytes;
        size_t size;
        assert_int_equal(vktl_picture_bytes(&harness_log, picture, format, &bytes, &size), VKTL_OK);
        if (format == VKTL_SVG) {
            char expected[128];
            snprintf(expected, sizeof expected, "viewBox=\"0 0 %u %u\"", width, height);
            bytes[size - 1] = '\0';
            if (!strstr((const char *)bytes, expected))
                fail_msg("no %s in %.300s", expected, (const char *)bytes);
        } else {
            const uint32_t scale = format == VKTL_PNG_2X ? 2 : 1;
            assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
            assert_int_equal(big_endian(bytes + 16), width * scale);
            assert_int_equal(big_endian(bytes + 20), height * scale);
        }
        free(bytes);
    }
}

static void save(const char *name, const struct vktl_picture *picture)
{
    const char *folder = getenv("VKTL_TEST_PICTURES"), *endings[] = {"png", "svg"};
    for (int i = 0; folder && i < 2; i++) {
        char path[1024];
        snprintf(path, sizeof path, "%s/%s.%s", folder, name, endings[i]);
        assert_int_equal(vktl_picture_save(&harness_log, picture, path), VKTL_OK);
    }
}

void pictures_check(const char *name, struct vktl_picture **picture)
{
    char complaint[256];
    save(name, *picture);
    if (!pictures_texts_are_apart(*picture, complaint))
        fail_msg("%s: %s", name, complaint);
    check_formats(*picture);
    vktl_picture_destroy(picture);
    assert_null(*picture);
}

// ---- Photos

struct vktl_photo pictures_photo(uint32_t width, uint32_t height, unsigned hue)
{
    struct vktl_photo photo = {width, height, malloc((size_t)width * height * 3)};
    assert_non_null(photo.pixels);
    for (uint32_t y = 0; y < height; y++) {
        for (uint32_t x = 0; x < width; x++) {
            unsigned char *pixel = photo.pixels + ((size_t)y * width + x) * 3;
            const double dx = (x + 0.5) / width - 0.5, dy = (y + 0.5) / height - 0.5;
            const double light = exp(-8 * (dx * dx + dy * dy));
            for (unsigned c = 0; c < 3; c++)
                pixel[c] = (unsigned char)(255 * light * (0.6 + 0.4 * cos(hue + 2.1 * c + 4 * dx)));
        }
    }
    return photo;
}

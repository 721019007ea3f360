// Responsible for binary PGM (P5) and PPM (P6): "P6 width height maximum", then rows of samples of
// one byte, or of two, the higher first, where the maximum is above 255. Comments (# to the end of
// the line) may stand between the header's words. Values are scaled so that the maximum is 255.
// http://netpbm.sourceforge.net/doc/ppm.html
#include <stdlib.h>

#include "data/decoder.h"

struct reader {
    const unsigned char *next;
    const unsigned char *end;
};

static bool is_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool pnm_matches(const unsigned char *bytes, size_t size)
{
    return size > 2 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6') &&
           (is_space(bytes[2]) || bytes[2] == '#');
}

static void skip_space(struct reader *reader)
{
    bool in_comment = false;
    for (; reader->next < reader->end; reader->next++) {
        unsigned char c = *reader->next;
        if (in_comment)
            in_comment = c != '\n' && c != '\r';
        else if (c == '#')
            in_comment = true;
        else if (!is_space(c))
            return;
    }
}

// -1: no number, or one too large to be right.
static int32_t read_number(struct reader *reader)
{
    skip_space(reader);
    int32_t number = -1;
    for (; reader->next < reader->end; reader->next++) {
        unsigned char c = *reader->next;
        if (c < '0' || c > '9')
            break;
        number = (number < 0 ? 0 : number) * 10 + (c - '0');
        if (number > IMAGE_MAX_PIXELS)
            return -1;
    }
    return number;
}

static void convert(const unsigned char *from, int32_t maximum, bool is_grey, struct image *image)
{
    const uint32_t limit = (uint32_t)maximum;
    const size_t sample_size = maximum > 255 ? 2 : 1;
    const size_t count = (size_t)image->width * image->height * 3;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *sample = from + (is_grey ? i / 3 : i) * sample_size;
        uint32_t value = sample_size == 2 ? (uint32_t)sample[0] << 8 | sample[1] : sample[0];
        if (value > limit)
            value = limit;
        image->pixels[i] = (unsigned char)((value * 255 + limit / 2) / limit);
    }
}

vktl_status pnm_decode(const struct vktl_log *log, const char *name, const unsigned char *bytes,
                       size_t size, struct image *image)
{
    vktl_status status = VKTL_OK;
    struct reader reader = {bytes + 2, bytes + size};
    bool is_grey = bytes[1] == '5';
    int32_t width = read_number(&reader), height = read_number(&reader);
    int32_t maximum = read_number(&reader);
    if (width < 0 || height < 0 || maximum < 1 || maximum > 65535 || reader.next == reader.end ||
        !is_space(*reader.next))
        FAIL(log, VKTL_INPUT, "%s: corrupt or truncated image (bad PPM or PGM header)", name);
    reader.next++; // exactly one white space, then the samples
    TRY(image_check_size(log, name, width, height));
    size_t sample_count = (size_t)width * (size_t)height * (is_grey ? 1 : 3);
    if ((size_t)(reader.end - reader.next) < sample_count * (maximum > 255 ? 2 : 1))
        FAIL(log, VKTL_INPUT, "%s: corrupt or truncated image (pixels are missing)", name);
    image->width = (uint32_t)width;
    image->height = (uint32_t)height;
    image->pixels = malloc((size_t)width * (size_t)height * 3);
    TRY_ALLOC(log, image->pixels);
    convert(reader.next, maximum, is_grey, image);
fail:
    return status;
}

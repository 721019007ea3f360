// Responsible for finding damage that stb_image (2.27) does not report: it takes missing bytes of a
// BMP for zeros, does not check the checksums of a PNG, and writes beyond its tables for a JPEG
// whose Huffman tables are too long. Headers that make no sense are left for stb_image to refuse.
#include <string.h>

#include "data/decoder.h"

// ---- PNG: https://www.w3.org/TR/png-3/, chunks of length, type, data, CRC-32 of type and data

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static bool is_png(const unsigned char *bytes, size_t size)
{
    return size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0;
}

bool intact_png_size(const unsigned char *bytes, size_t size, uint32_t *width, uint32_t *height)
{
    if (!is_png(bytes, size) || size < 24 || memcmp(bytes + 12, "IHDR", 4) != 0)
        return false;
    *width = big_endian(bytes + 16);
    *height = big_endian(bytes + 20);
    return true;
}

static void fill_crc_table(uint32_t table[256])
{
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] & 1 ? 0xEDB88320u ^ table[i] >> 1 : table[i] >> 1;
    }
}

static uint32_t crc_of(const uint32_t table[256], const unsigned char *bytes, size_t size)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++)
        crc = table[(crc ^ bytes[i]) & 255] ^ crc >> 8;
    return ~crc;
}

static const char *png_complaint(const unsigned char *bytes, size_t size)
{
    uint32_t table[256];
    fill_crc_table(table);
    for (size_t at = 8; at <= size && size - at >= 12;) {
        const unsigned char *chunk = bytes + at;
        uint32_t length = big_endian(chunk);
        if (length > size - at - 12)
            return "a PNG chunk is cut off";
        if (crc_of(table, chunk + 4, (size_t)length + 4) != big_endian(chunk + 8 + length))
            return "a PNG checksum does not match";
        if (memcmp(chunk + 4, "IEND", 4) == 0)
            return NULL;
        at += (size_t)length + 12;
    }
    return "the end of the PNG is missing";
}

// ---- BMP: rows are padded to 4 bytes; the last row's padding may be missing

static bool is_bmp(const unsigned char *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 'B' && bytes[1] == 'M';
}

static uint32_t little_endian(const unsigned char *bytes, int count)
{
    uint32_t value = 0;
    for (int i = count; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static const char *bmp_complaint(const unsigned char *bytes, size_t size)
{
    static const char cut[] = "pixels of the BMP are missing";
    if (size < 30)
        return cut;
    bool is_old = little_endian(bytes + 14, 4) == 12; // the header of OS/2 has 16-bit sizes
    uint64_t offset = little_endian(bytes + 10, 4);
    uint64_t width = is_old ? little_endian(bytes + 18, 2) : little_endian(bytes + 18, 4);
    uint32_t height = is_old ? little_endian(bytes + 20, 2) : little_endian(bytes + 22, 4);
    uint64_t bits = little_endian(bytes + (is_old ? 24 : 28), 2);
    if (!is_old && height > INT32_MAX) // negative: from the top
        height = 0 - height;
    if (width > IMAGE_MAX_PIXELS || bits > 64 || height == 0)
        return "bad BMP header";
    uint64_t row_size = (width * bits + 31) / 32 * 4;
    uint64_t needed = offset + row_size * (height - 1) + (width * bits + 7) / 8;
    return needed > size ? cut : NULL;
}

// ---- JPEG: ITU T.81, annex B: markers 0xFF m; most are followed by a segment that begins with its
// length. Within scans 0xFF 0x00 is a byte and 0xFF 0xD0..0xD7 a restart.

enum {
    JPEG_PROGRESSIVE = 0xC2,
    JPEG_HUFFMAN = 0xC4,
    JPEG_RESTART = 0xD0,
    JPEG_END = 0xD9,
    JPEG_SCAN = 0xDA,
    // One a component; programs that write progressive files make about ten, and 64 coefficients a
    // scan each are the most that anybody would ask for.
    JPEG_MAX_SCANS = 4,
    JPEG_MAX_PROGRESSIVE_SCANS = 100,
};

static bool is_jpeg(const unsigned char *bytes, size_t size)
{
    return size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xD8;
}

// Tables of: class and number, sixteen counts of codes, as many values as the counts sum to.
static bool huffman_is_sound(const unsigned char *table, size_t size)
{
    while (size > 0) {
        size_t value_count = 0;
        for (size_t i = 1; i <= 16 && i < size; i++)
            value_count += table[i];
        if (value_count > 256 || size < 17 + value_count)
            return false;
        table += 17 + value_count;
        size -= 17 + value_count;
    }
    return true;
}

const char *intact_jpeg_complaint(const unsigned char *bytes, size_t size)
{
    uint32_t scan_count = 0, most_scans = JPEG_MAX_SCANS;
    if (!is_jpeg(bytes, size))
        return NULL;
    for (size_t at = 2; at + 1 < size;) {
        if (bytes[at] != 0xFF || bytes[at + 1] == 0xFF) {
            at++;
            continue;
        }
        unsigned char marker = bytes[at + 1];
        at += 2;
        if (marker == 0 || (marker & 0xF8) == JPEG_RESTART)
            continue;
        if (marker == JPEG_END)
            return NULL;
        size_t length = size - at < 2 ? 0 : (size_t)bytes[at] << 8 | bytes[at + 1];
        if (length < 2 || length > size - at)
            return "a JPEG segment is cut off";
        if (marker == JPEG_HUFFMAN && !huffman_is_sound(bytes + at + 2, length - 2))
            return "bad JPEG Huffman table";
        if (marker == JPEG_PROGRESSIVE)
            most_scans = JPEG_MAX_PROGRESSIVE_SCANS;
        if (marker == JPEG_SCAN && ++scan_count > most_scans)
            return "too many scans in a JPEG";
        at += length;
    }
    return "the end of the JPEG is missing";
}

bool intact_is_known(const unsigned char *bytes, size_t size)
{
    return is_jpeg(bytes, size) || is_png(bytes, size) || is_bmp(bytes, size);
}

const char *intact_complaint(const unsigned char *bytes, size_t size)
{
    if (is_png(bytes, size))
        return png_complaint(bytes, size);
    if (is_bmp(bytes, size))
        return bmp_complaint(bytes, size);
    return NULL;
}

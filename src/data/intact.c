// Responsible for finding damage that stb_image does not report: it takes missing bytes of a BMP
// for zeros, and does not check the checksums of a PNG. (A JPEG that ends before its end marker, it
// does report.) Headers that make no sense are left for stb_image to refuse.
#include <string.h>

#include "data/decoder.h"

// ---- PNG: https://www.w3.org/TR/png-3/, chunks of length, type, data, CRC-32 of type and data

static uint32_t big_endian(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
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

const char *intact_complaint(const unsigned char *bytes, size_t size)
{
    if (size >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
        return png_complaint(bytes, size);
    if (size >= 2 && bytes[0] == 'B' && bytes[1] == 'M')
        return bmp_complaint(bytes, size);
    return NULL;
}

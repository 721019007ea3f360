// Responsible for what a text may be made of before it is drawn; how wide it comes out only the
// canvas knows.
#include "view/label.h"

#include <string.h>

static const char ellipsis[] = "\u2026", replacement[] = "\ufffd";

size_t label_character_size(const char *character)
{
    const unsigned char *text = (const unsigned char *)character;
    const unsigned char first = text[0];
    const size_t size = first < 0x80                    ? 1
                        : first >= 0xc2 && first < 0xe0 ? 2
                        : first >= 0xe0 && first < 0xf0 ? 3
                        : first >= 0xf0 && first < 0xf5 ? 4
                                                        : 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && text[1] < 0xa0) || (first == 0xed && text[1] >= 0xa0) ||
        (first == 0xf0 && text[1] < 0x90) || (first == 0xf4 && text[1] >= 0x90))
        return 0;
    return size;
}

bool label_is_control(const char *character)
{
    const unsigned char *text = (const unsigned char *)character;
    return text[0] < 0x20 || text[0] == 0x7f || (text[0] == 0xc2 && text[1] < 0xa0);
}

void label_clean(const char *text, struct label *label)
{
    const char *from = text ? text : "";
    size_t length = 0;
    while (*from) {
        const size_t size = label_character_size(from);
        const char *copied = size ? from : replacement;
        size_t count = size ? size : strlen(replacement);
        if (size && label_is_control(from)) {
            copied = " ";
            count = 1;
        }
        if (length + count + sizeof ellipsis > LABEL_SIZE) {
            memcpy(label->text + length, ellipsis, sizeof ellipsis);
            return;
        }
        memcpy(label->text + length, copied, count);
        length += count;
        from += size ? size : 1;
    }
    label->text[length] = '\0';
}

static bool is_inside(const struct label *label, size_t place)
{
    return ((unsigned char)label->text[place] & 0xc0) == 0x80;
}

void label_shorten(const struct label *whole, size_t length, struct label *shortened)
{
    while (length > 0 && is_inside(whole, length))
        length--;
    while (length > 0 && whole->text[length - 1] == ' ')
        length--;
    if (length + sizeof ellipsis > LABEL_SIZE)
        length = 0;
    memcpy(shortened->text, whole->text, length);
    memcpy(shortened->text + length, ellipsis, sizeof ellipsis);
}

void label_shorten_start(const struct label *whole, size_t length, struct label *shortened)
{
    const size_t size = strlen(whole->text);
    size_t start = size - (length < size ? length : size);
    while (start < size && (is_inside(whole, start) || whole->text[start] == ' '))
        start++;
    if (size - start + sizeof ellipsis > LABEL_SIZE)
        start = size;
    memcpy(shortened->text, ellipsis, sizeof ellipsis - 1);
    memcpy(shortened->text + sizeof ellipsis - 1, whole->text + start, size - start + 1);
}

// Responsible for JSON documents on stdout: over cJSON, with one check at the end, and valid
// whatever bytes the file system calls a name.
#include "cli/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void json_init_object(struct json *json)
{
    json->root = cJSON_CreateObject();
    json->failed = !json->root;
}

void json_init_array(struct json *json)
{
    json->root = cJSON_CreateArray();
    json->failed = !json->root;
}

void json_deinit(struct json *json)
{
    cJSON_Delete(json->root);
    json->root = NULL;
}

static cJSON *add(struct json *json, cJSON *parent, const char *name, cJSON *item)
{
    const bool is_added =
        name ? cJSON_AddItemToObject(parent, name, item) : cJSON_AddItemToArray(parent, item);
    if (item && is_added)
        return item;
    cJSON_Delete(item);
    json->failed = true;
    return NULL;
}

// Bytes of the UTF-8 letter that `text` begins with, 0 where it is none (RFC 3629).
static size_t letter_size(const unsigned char *text)
{
    const unsigned char c = text[0];
    size_t size = 0;
    if (c < 0x80)
        return 1;
    if (c >= 0xc2 && c <= 0xdf)
        size = 2;
    else if (c >= 0xe0 && c <= 0xef)
        size = 3;
    else if (c >= 0xf0 && c <= 0xf4)
        size = 4;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    const bool is_overlong = (c == 0xe0 && text[1] < 0xa0) || (c == 0xf0 && text[1] < 0x90);
    const bool is_outside = (c == 0xed && text[1] > 0x9f) || (c == 0xf4 && text[1] > 0x8f);
    return is_overlong || is_outside ? 0 : size;
}

void json_add_text(struct json *json, cJSON *parent, const char *name, const char *string)
{
    struct text valid;
    text_init(&valid);
    text_append(&valid, "");
    while (*string) {
        const size_t size = letter_size((const unsigned char *)string);
        text_append_bytes(&valid, size ? string : "\xef\xbf\xbd", size ? size : 3);
        string += size ? size : 1;
    }
    json->failed |= valid.failed;
    if (!valid.failed)
        add(json, parent, name, cJSON_CreateString(valid.data));
    text_deinit(&valid);
}

void json_add_number(struct json *json, cJSON *parent, const char *name, double number)
{
    add(json, parent, name, isfinite(number) ? cJSON_CreateNumber(number) : cJSON_CreateNull());
}

void json_add_float(struct json *json, cJSON *parent, const char *name, float number)
{
    char digits[32];
    for (int precision = 6; precision <= 9; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, (double)number);
        if (strtof(digits, NULL) == number)
            break;
    }
    json_add_number(json, parent, name, isfinite(number) ? strtod(digits, NULL) : (double)number);
}

void json_add_bool(struct json *json, cJSON *parent, const char *name, bool value)
{
    add(json, parent, name, cJSON_CreateBool(value));
}

cJSON *json_add_object(struct json *json, cJSON *parent, const char *name)
{
    return add(json, parent, name, cJSON_CreateObject());
}

cJSON *json_add_array(struct json *json, cJSON *parent, const char *name)
{
    return add(json, parent, name, cJSON_CreateArray());
}

vktl_status json_write(struct console *console, const struct json *json)
{
    vktl_status status;
    struct text text;
    char *data = json->failed ? NULL : cJSON_Print(json->root);
    text_init(&text);
    TRY_ALLOC(&console->log, data);
    text_append(&text, data);
    text_append(&text, "\n");
    TRY(text_status(&console->log, &text));
    TRY(console_write(console, text.data));
fail:
    text_deinit(&text);
    cJSON_free(data);
    return status;
}

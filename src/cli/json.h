// JSON documents for --json. A failed allocation is remembered and found at the end, by json_write.
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>

#include <cjson/cJSON.h>

#include "cli/console.h"

struct json {
    cJSON *root; // the document: an object or an array
    bool failed;
};

void json_init_object(struct json *json);
void json_init_array(struct json *json);
void json_deinit(struct json *json);

// Each adds a member `name` to `parent`, an element where `parent` is an array (`name` is NULL
// then). Bytes of a text that are not UTF-8 become U+FFFD; numbers that are not finite become null.
void json_add_text(struct json *json, cJSON *parent, const char *name, const char *text);
void json_add_number(struct json *json, cJSON *parent, const char *name, double number);
void json_add_bool(struct json *json, cJSON *parent, const char *name, bool value);
cJSON *json_add_object(struct json *json, cJSON *parent, const char *name);
cJSON *json_add_array(struct json *json, cJSON *parent, const char *name);

// A number that was computed in float32: with as many digits as tell it from its neighbours.
void json_add_float(struct json *json, cJSON *parent, const char *name, float number);

// Writes the document to stdout. VKTL_NO_MEMORY, VKTL_IO.
vktl_status json_write(struct console *console, const struct json *json);

#endif

// Responsible for compiling stb_image, with only the readers that image.c uses: less to attack.
// Its PNM reader is not among them: it takes 16-bit files for little-endian and ignores the maximum
// value (version 2.27), so pnm.c is ours.
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/decoder.h"

static void *allocate(size_t size);
static void *reallocate(void *block, size_t size);
static void release(void *block);

#define STBI_MALLOC(size)         allocate(size)
#define STBI_REALLOC(block, size) reallocate((block), (size))
#define STBI_FREE(block)          release(block)
// Its assertions are about the file as much as about itself; a bad file must not end the program.
#define STBI_ASSERT(condition) ((void)0)
#define STBI_MAX_DIMENSIONS    16777216
#define STBI_FAILURE_USERMSG
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#define STBI_ONLY_BMP
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STB_IMAGE_IMPLEMENTATION
#include <stb/stb_image.h>

// The JPEG reader's state, 18 KB, is needed even to ask whether a file is a JPEG, and where it
// cannot be had the file is taken for something else. A thread has one decoder at work, so its
// state has a place of its own and cannot fail.
static _Thread_local struct {
    alignas(max_align_t) unsigned char bytes[sizeof(stbi__jpeg)];
    bool is_taken;
} jpeg_state;

static _Thread_local bool has_run_out;
static _Thread_local size_t block_limit = SIZE_MAX;

void stb_limit_blocks(size_t size)
{
    block_limit = size;
}

bool stb_has_run_out_of_memory(void)
{
    bool answer = has_run_out;
    has_run_out = false;
    return answer;
}

// Zeroed: a JPEG without tables would otherwise be decoded by those that chance left in memory.
static void *allocate(size_t size)
{
    if (size == sizeof jpeg_state.bytes && !jpeg_state.is_taken) {
        jpeg_state.is_taken = true;
        return memset(jpeg_state.bytes, 0, size);
    }
    if (size > block_limit)
        return NULL;
    void *block = calloc(1, size);
    has_run_out |= !block;
    return block;
}

// Only of what came from calloc: the reader of PNG grows its buffers, the one of JPEG does not.
static void *reallocate(void *block, size_t size)
{
    if (size > block_limit)
        return NULL;
    void *grown = realloc(block, size);
    has_run_out |= !grown;
    return grown;
}

static void release(void *block)
{
    if (block == jpeg_state.bytes)
        jpeg_state.is_taken = false;
    else
        free(block);
}

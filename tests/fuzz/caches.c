// Fuzz target: the files of the cache folder. The first byte says which: the tuning of a device, a
// file of records, the pipeline cache; capitals ask for the sound head and the right fingerprints
// around the rest of the input, behind which nothing else would be reached.
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "base/records.h"
#include "base/text.h"
#include "gpu/device.h"

// ---- Tuning

// The fingerprint of the shaders takes longer than all the rest.
uint64_t __wrap_gpu_shader_hash(void);
uint64_t __wrap_gpu_shader_hash(void)
{
    return 1;
}

static void append_end(struct text *text)
{
    const struct hash hash = hash_bytes((struct hash){{0}}, text->data, text->length);
    text_format(text, "end %016llx%016llx\n", (unsigned long long)hash.half[0],
                (unsigned long long)hash.half[1]);
}

// The head of the file that an empty tuning gives.
static void append_head(struct vktl_device *device, struct text *text)
{
    unsigned char *bytes = NULL;
    size_t size = 0;
    gpu_tuning_write(device);
    if (file_read_all(NULL, device->tuning_path, 1 << 20, &bytes, &size) == VKTL_OK)
        text_append_bytes(text, bytes,
                          (size_t)(strstr((char *)bytes, "\nend ") - (char *)bytes) + 1);
    free(bytes);
}

static void use_tuning(const uint8_t *data, size_t size, bool mended)
{
    const struct vktl_tuning_params params = {.mode = VKTL_TUNING_AUTO};
    struct vktl_device device = {.log = &fuzz_log,
                                 .cache_folder = (char *)fuzz_folder(),
                                 .info = {.name = "device", .driver = "driver"}};
    struct text text;
    text_init(&text);
    tuning_open(&device, &params);
    tuning_deinit(&device.tuning);
    if (mended)
        append_head(&device, &text);
    text_append_bytes(&text, data, size);
    if (mended)
        append_end(&text);
    if (!text.failed)
        file_write_all(NULL, device.tuning_path, text.data, text.length);
    tuning_close(&device);
    tuning_open(&device, &params);
    (void)tuning_find(gpu_tuning(&device), "conv2d dx 1x2");
    gpu_tuning_write(&device);
    tuning_close(&device);
    text_deinit(&text);
}

// ---- Records: of eight bytes, so that a record is a key, its checksum and these

enum { PAYLOAD = 8, RECORD = 16 + PAYLOAD };

static void read_records(struct records *records, const uint8_t *data, size_t size)
{
    struct hash key;
    uint8_t payload[PAYLOAD];
    uint64_t number;
    for (; size >= sizeof key; data++, size--) {
        memcpy(&key, data, sizeof key);
        if (records_find(records, key, &number))
            (void)records_read(records, number, key, payload);
    }
    (void)records_add(records, (struct hash){{1, 2}}, "payload");
    if (records_find(records, (struct hash){{1, 2}}, &number))
        (void)records_read(records, number, (struct hash){{1, 2}}, payload);
}

static void use_records(const uint8_t *data, size_t size, bool mended)
{
    const struct hash kind = {{3, 4}};
    char path[128];
    struct text text;
    text_init(&text);
    snprintf(path, sizeof path, "%s/records.bin", fuzz_folder());
    if (mended) {
        const uint64_t payload_size = PAYLOAD;
        text_append_bytes(&text, "vktlrec1", 8);
        text_append_bytes(&text, &kind, sizeof kind);
        text_append_bytes(&text, &payload_size, sizeof payload_size);
    }
    for (size_t at = 0; mended && size - at >= RECORD; at += RECORD) {
        struct hash key;
        memcpy(&key, data + at, sizeof key);
        const struct hash sum = hash_bytes(key, data + at + 16, PAYLOAD);
        text_append_bytes(&text, &key, sizeof key);
        text_append_bytes(&text, &sum, sizeof sum);
        text_append_bytes(&text, data + at + 16, PAYLOAD);
    }
    text_append_bytes(&text, data, mended ? size % RECORD : size);
    if (!text.failed)
        file_write_all(NULL, path, text.data, text.length);
    struct records *records = records_open(&fuzz_log, path, kind, PAYLOAD);
    if (records)
        read_records(records, data, size);
    if (records)
        records_close(&records);
    text_deinit(&text);
}

// ---- Pipelines: a driver that looks at every byte it is given

static uint8_t seen;

static VkResult create_cache(VkDevice device, const VkPipelineCacheCreateInfo *info,
                             const VkAllocationCallbacks *allocator, VkPipelineCache *cache)
{
    (void)device, (void)allocator;
    for (size_t i = 0; i < info->initialDataSize; i++)
        seen ^= ((const uint8_t *)info->pInitialData)[i];
    *cache = VK_NULL_HANDLE;
    return info->initialDataSize % 2 ? VK_ERROR_UNKNOWN : VK_SUCCESS;
}

static void destroy_cache(VkDevice device, VkPipelineCache cache,
                          const VkAllocationCallbacks *allocator)
{
    (void)device, (void)cache, (void)allocator;
}

static void use_pipelines(const uint8_t *data, size_t size)
{
    struct vktl_device device = {.log = &fuzz_log};
    struct pipelines *pipelines = NULL;
    vkCreatePipelineCache = create_cache;
    vkDestroyPipelineCache = destroy_cache;
    fuzz_file("pipelines-00000000000000000000000000000000.bin", data, size);
    (void)pipelines_create(&device, fuzz_folder(), &pipelines);
    pipelines_destroy(&device, &pipelines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (*data == 't' || *data == 'T')
        use_tuning(data + 1, size - 1, *data == 'T');
    else if (*data == 'r' || *data == 'R')
        use_records(data + 1, size - 1, *data == 'R');
    else
        use_pipelines(data + 1, size - 1);
    return 0;
}

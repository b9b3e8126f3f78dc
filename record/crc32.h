/* record/crc32.h -- CRC-32 as in IEEE 802.3, zip and zlib.
 *
 * Polynomial 0x04C11DB7 reflected, start and end value 0xFFFFFFFF: the same as Python's
 * zlib.crc32().  Eight bytes a step (Kounavis & Berry 2005, "slicing by 8"), about 2 GB/s. */
#ifndef EG_RECORD_CRC32_H
#define EG_RECORD_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The tables are made by eg_crc32_start() and live with the caller: nothing is global. */
struct eg_crc32 {
    uint32_t table[8][256];
    uint32_t state;
};

void eg_crc32_start(struct eg_crc32 *crc);
void eg_crc32_add(struct eg_crc32 *crc, const void *data, size_t bytes);

/* The value so far; more may be added afterwards. */
uint32_t eg_crc32_value(const struct eg_crc32 *crc);

#endif

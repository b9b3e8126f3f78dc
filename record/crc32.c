#include "record/crc32.h"

void eg_crc32_start(struct eg_crc32 *crc)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++)
            c = (c >> 1) ^ (c & 1 ? 0xEDB88320u : 0);
        crc->table[0][i] = c;
    }
    /* table[k][i]: what byte i does to the state after k further zero bytes. */
    for (int k = 1; k < 8; k++)
        for (int i = 0; i < 256; i++) {
            const uint32_t c = crc->table[k - 1][i];
            crc->table[k][i] = (c >> 8) ^ crc->table[0][c & 0xFF];
        }
    crc->state = 0xFFFFFFFFu;
}

void eg_crc32_add(struct eg_crc32 *crc, const void *data, size_t bytes)
{
    const unsigned char *p = data;
    uint32_t c = crc->state;
    for (; bytes >= 8; bytes -= 8, p += 8) {
        /* Put together byte by byte: right on any machine, one load on a usual one. */
        c ^= (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16 | (uint32_t) p[3] << 24;
        c = crc->table[7][c & 0xFF] ^ crc->table[6][(c >> 8) & 0xFF]
            ^ crc->table[5][(c >> 16) & 0xFF] ^ crc->table[4][c >> 24] ^ crc->table[3][p[4]]
            ^ crc->table[2][p[5]] ^ crc->table[1][p[6]] ^ crc->table[0][p[7]];
    }
    for (; bytes; bytes--, p++)
        c = (c >> 8) ^ crc->table[0][(c ^ *p) & 0xFF];
    crc->state = c;
}

uint32_t eg_crc32_value(const struct eg_crc32 *crc)
{
    return crc->state ^ 0xFFFFFFFFu;
}

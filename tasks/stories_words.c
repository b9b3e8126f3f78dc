/* tasks/stories_words.c -- words and their numbers, and what is a word. */
#include <string.h>

#include "tasks/stories.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_punctuation(char c)
{
    return c != '\0' && strchr(".,;:!?\"'()[]{}", c);
}

size_t eg_stories_word(const char **at, const char *end, char word[EG_STORIES_BYTES_MAX + 1])
{
    const char *next = *at;
    size_t n = 0;
    while (n == 0 && next < end) {
        while (next < end && is_blank(*next))
            next++;
        const char *from = next;
        while (next < end && !is_blank(*next))
            next++;
        const char *to = next;
        while (from < to && is_punctuation(*from))
            from++;
        while (from < to && is_punctuation(to[-1]))
            to--;
        n = (size_t) (to - from);
        for (size_t i = 0; i < n && i < EG_STORIES_BYTES_MAX; i++)
            word[i] = (char) (from[i] >= 'A' && from[i] <= 'Z' ? from[i] - 'A' + 'a' : from[i]);
    }
    word[n < EG_STORIES_BYTES_MAX ? n : EG_STORIES_BYTES_MAX] = '\0';
    *at = next;
    return n;
}

/* Bytes of the UTF-8 character that begins here, 0 where none does: RFC 3629, sec. 4. */
static size_t character(const unsigned char *c, size_t n)
{
    if (c[0] < 0x80)
        return 1;
    const size_t size = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
    if (c[0] < 0xc2 || c[0] > 0xf4 || size > n)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    const bool overlong = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xf0 && c[1] < 0x90);
    const bool surrogate = c[0] == 0xed && c[1] > 0x9f, beyond = c[0] == 0xf4 && c[1] > 0x8f;
    return overlong || surrogate || beyond ? 0 : size;
}

const char *eg_stories_bad_bytes(const char *at, const char *end)
{
    while (at < end) {
        const unsigned char c = (unsigned char) *at;
        if (c == 0)
            return "a NUL byte";
        if ((c < ' ' && c != '\t') || c == 0x7f)
            return "a control character";
        const size_t size = character((const unsigned char *) at, (size_t) (end - at));
        if (size == 0)
            return "bytes that are not UTF-8";
        at += size;
    }
    return NULL;
}

/* --- the table --- */

/* FNV-1a, 64 bits (Fowler, Noll, Vo). */
static size_t hash(const char *text, size_t n)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char) text[i]) * UINT64_C(0x100000001b3);
    return (size_t) (h ^ h >> 32);
}

/* Where the text is, or where it would go. */
static size_t slot_of(const struct eg_stories_words *w, const char *text, size_t n)
{
    size_t at = hash(text, n) & (w->slots - 1);
    for (; w->slot[at]; at = (at + 1) & (w->slots - 1)) {
        const char *const word = w->word[w->slot[at] - 1];
        if (!strncmp(word, text, n) && !word[n])
            break;
    }
    return at;
}

uint32_t eg_stories_find(const struct eg_stories_words *words, const char *text, size_t n)
{
    if (!words->slots)
        return EG_STORIES_NONE;
    const uint32_t found = words->slot[slot_of(words, text, n)];
    return found ? found - 1 : EG_STORIES_NONE;
}

/* Twice the room; the table is at most half full. */
static bool grow(struct eg_stories_words *w, struct eg_arena *arena)
{
    const size_t room = w->room ? 2 * w->room : 64;
    struct eg_stories_words new = {.n = w->n, .room = room, .slots = 2 * room};
    new.word = eg_arena_zeros(arena, room, sizeof *new.word);
    new.slot = eg_arena_zeros(arena, new.slots, sizeof *new.slot);
    if (!new.word || !new.slot)
        return false;
    for (size_t i = 0; i < w->n; i++) {
        new.word[i] = w->word[i];
        new.slot[slot_of(&new, new.word[i], strlen(new.word[i]))] = (uint32_t) i + 1;
    }
    *w = new;
    return true;
}

uint32_t eg_stories_add(struct eg_stories_words *words, const char *text, size_t n,
                        struct eg_arena *arena)
{
    const uint32_t found = eg_stories_find(words, text, n);
    if (found != EG_STORIES_NONE)
        return found;
    if (words->n == words->room && !grow(words, arena))
        return EG_STORIES_NONE;
    char *const copy = eg_arena_zeros(arena, n + 1, 1);
    if (!copy)
        return EG_STORIES_NONE;
    memcpy(copy, text, n);
    const size_t at = slot_of(words, text, n);
    words->word[words->n++] = copy;
    words->slot[at] = (uint32_t) words->n;
    return (uint32_t) words->n - 1;
}

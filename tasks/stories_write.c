/* tasks/stories_write.c -- stories as text again. */
#include <errno.h>
#include <string.h>

#include "tasks/stories.h"

static void put_words(FILE *file, const struct eg_stories *s, const uint32_t *symbol, size_t n)
{
    for (size_t i = 0; i < n; i++)
        fprintf(file, " %s", s->words.word[symbol[i]]);
}

static void put_story(FILE *file, const struct eg_stories *s, const struct eg_stories_question *q)
{
    for (size_t i = 0; i < q->statements; i++) {
        const uint32_t *const at = &s->statement[q->first + i];
        fprintf(file, "%zu", i + 1);
        put_words(file, s, s->symbol + at[0], at[1] - at[0]);
        fputs(".\n", file);
    }
    fprintf(file, "%zu", (size_t) q->statements + 1);
    put_words(file, s, s->question_symbol + q->from, q->words);
    fprintf(file, "?\t%s\t", s->answers.word[q->answer]);
    for (size_t k = 0; k < q->facts; k++)
        fprintf(file, "%s%zu", k ? " " : "", (size_t) s->fact[q->fact + k] + 1);
    fputc('\n', file);
}

int eg_stories_write(FILE *file, const struct eg_stories *stories, size_t first, size_t count,
                     struct eg_message *message)
{
    first = first < 1 ? 1 : first;
    for (size_t i = first; i <= stories->questions && i - first < count; i++)
        put_story(file, stories, &stories->question[stories->item[i - 1]]);
    if (fflush(file) || ferror(file))
        return EG_FAIL(EG_ERR_IO, message, "cannot write the stories: %s", strerror(errno));
    return EG_OK;
}

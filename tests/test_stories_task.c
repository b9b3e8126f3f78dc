/* Stories as a task: sequences, the split, chance levels, and how bAbI's files are found. */
#include "tests/story_sample.h"

#include <sys/stat.h>
#include <unistd.h>

#include "tasks/dump.h"

#define TRAIN "train=" STORIES "/small_train.txt"
#define TEST "test=" STORIES "/small_test.txt"
#define FOLDER "path=" STORIES "/folder"

static void opens(int status, const struct sample *f)
{
    if (status)
        fail_msg("%s", f->message.text);
}

/* --- sequences --- */

static void a_sequence_is_the_statements_and_then_the_question(void **state)
{
    (void) state;
    struct sample f;
    opens(OPEN(&f, &eg_task_stories, TRAIN, TEST, "validation=0"), &f);
    assert_true(f.shape.inputs == EG_COLUMNS && f.shape.loss == EG_LOSS_CLASSES);
    assert_true(f.shape.items == 4 && f.shape.items_valid == 0 && f.shape.items_test == 2);
    assert_true(f.shape.length_min == 1 && f.shape.length_max == 4 && f.shape.groups == 0);
    assert_true(f.shape.outputs == 4 && f.shape.sentences_max == 3 && f.shape.words_max == 7);
    assert_int_equal(f.shape.steps_max, 3 * 7 + 5);
    static const char *const want[] = {
        "ada put the spoon in the drawer/ben put the cork in the jug/where is the spoon/drawer",
        "ada put the spoon in the drawer/ben put the cork in the jug/ada put the spoon in the jug/"
        "what is in the jug/cork,spoon",
        "ada put the spoon in the drawer/ben put the cork in the jug/ada put the spoon in the jug/"
        "where is the spoon/jug",
        "ben put the cork in the drawer/where is the cork/drawer",
        "ada put the cork in the <unknown>/where is the cork/<unknown>",
        "ben put the spoon in the jug/where is the spoon/jug",
    };
    for (size_t i = 0; i < 6; i++) {
        char text[4096];
        const struct eg_sequence *const s = draw_item(&f, i + 1);
        assert_string_equal(words_of(&f, s, text), want[i]);
    }
    close_stories(&f);
}

static void columns_and_phases_say_where_a_word_stands(void **state)
{
    (void) state;
    struct sample f;
    opens(OPEN(&f, &eg_task_stories, TRAIN, TEST, "validation=0"), &f);
    const struct eg_sequence *const s = draw_item(&f, 1);
    assert_int_equal(s->steps, 18);
    for (size_t t = 0; t < 18; t++) {
        assert_int_equal(column(s, t, EG_COLUMN_SENTENCE), t / 7);
        assert_int_equal(column(s, t, EG_COLUMN_PLACE), t % 7);
        assert_int_equal(column(s, t, EG_COLUMN_QUESTION), t >= 14);
        assert_int_equal(s->phase[t], t < 14   ? EG_PHASE_INPUT
                                      : t < 17 ? EG_PHASE_QUERY
                                               : EG_PHASE_OUTPUT);
        check_close(s->mask[t], t == 17, 0, 0);
        check_close(s->target[t], t == 17, 0, 0); /* drawer: class 1 */
    }
    const size_t none[] = {0, 7, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(draw_item(&f, none[i])->steps, 0);
        assert_null(f.task->story(&f.stories, (struct eg_extent){none[i], 0}));
    }
    close_stories(&f);
}

static void supporting_facts_are_flags_of_the_statements(void **state)
{
    (void) state;
    struct sample f;
    opens(OPEN(&f, &eg_task_stories, TRAIN, TEST, "validation=0"), &f);
    static const struct {
        size_t statements;
        uint8_t flags[3];
    } want[] = {{2, {1, 0}}, {3, {0, 1, 1}}, {3, {0, 0, 1}}, {1, {1}}, {1, {1}}, {1, {1}}};
    for (size_t i = 0; i < 6; i++) {
        const struct eg_story_item *const item =
            f.task->story(&f.stories, (struct eg_extent){i + 1, 0});
        assert_int_equal(item->statements, want[i].statements);
        assert_memory_equal(item->supporting, want[i].flags, item->statements);
    }
    close_stories(&f);
}

static void every_training_question_is_as_likely_as_any_other(void **state)
{
    (void) state;
    struct sample f;
    opens(OPEN(&f, &eg_task_stories, TRAIN, TEST, "validation=0"), &f);
    size_t seen[5] = {0};
    for (uint64_t i = 0; i < 4000; i++) {
        struct eg_stream stream;
        eg_stream_open(&stream, 1, EG_FOR_TESTS, 0, i);
        const size_t number = f.task->draw_length(&f.stories, &stream);
        assert_in_range(number, 1, 4);
        seen[number]++;
    }
    for (size_t i = 1; i <= 4; i++)
        check_close(seen[i], 1000, 0, 140); /* five standard deviations */
    close_stories(&f);
}

/* Answers drawer, cork,spoon, jug, drawer. */
static void chance_is_the_entropy_of_the_answers(void **state)
{
    (void) state;
    struct sample f;
    opens(OPEN(&f, &eg_task_stories, TRAIN, "validation=0"), &f);
    check_close(f.shape.chance, 1.5, 1e-15, 0);
    check_close(f.task->chance(&f.stories, (struct eg_extent){2, 0}), 1.5, 1e-15, 0);
    check_close(f.stories.wrong[0], 0.5, 0, 0);
    assert_true(isnan(f.shape.optimum) && f.shape.items_test == 0);
    close_stories(&f);
}

/* --- the split --- */

/* 40 stories of 5 questions and 10 of 1, all different. */
static char *long_text(void)
{
    char *const text = malloc(50 * 6 * 40);
    assert_non_null(text);
    size_t n = 0;
    for (size_t i = 0; i < 50; i++) {
        n += (size_t) sprintf(text + n, "1 story %zu.\n", i);
        for (size_t q = 0; q < (i < 40 ? 5 : 1); q++)
            n += (size_t) sprintf(text + n, "%zu which?\tstory %zu\t1\n", q + 2, i);
    }
    return text;
}

static void validation_takes_whole_stories_and_the_same_for_all(void **state)
{
    (void) state;
    char *const text = long_text();
    const struct eg_stories_text texts[] = {{"a", text, strlen(text), 0, false},
                                            {"b", text, strlen(text), 0, true}};
    struct eg_arena *arena = new_arena();
    struct eg_stories s, again;
    struct eg_task_shape shape;
    assert_int_equal(eg_stories_parse(&s, texts, 2, arena, NULL), EG_OK);
    assert_int_equal(eg_stories_settle(&s, 0.1, 0, arena, &shape), EG_OK);
    assert_true(s.items == 189 && s.items_valid == 21 && s.items_test == 210);
    assert_true(shape.items == 189 && shape.items_valid == 21 && shape.items_test == 210);
    uint8_t seen[420] = {0}, validated[51] = {0};
    size_t stories = 0;
    for (size_t i = 0; i < 420; i++) { /* every question once, in order within each part */
        assert_int_equal(seen[s.item[i]]++, 0);
        if (i > 0 && i != 189)
            assert_true(s.item[i] > s.item[i - 1]);
        assert_int_equal(s.item[i] >= 210, i >= 210);
    }
    for (size_t i = 189; i < 210; i++)
        validated[s.question[s.item[i]].answer] = 1;
    for (size_t i = 0; i < 189; i++)
        assert_false(validated[s.question[s.item[i]].answer]);
    for (size_t i = 0; i < 51; i++)
        stories += validated[i];
    assert_true(stories >= 5 && stories <= 15);
    assert_true(s.item[189] != 189); /* neither the last ones nor the first */
    assert_true(s.item[189] != 0 || s.item[209] != 20);
    assert_int_equal(eg_stories_parse(&again, texts, 2, arena, NULL), EG_OK);
    assert_int_equal(eg_stories_settle(&again, 0.1, 0, arena, &shape), EG_OK);
    assert_memory_equal(again.item, s.item, 420 * sizeof *s.item);
    assert_int_equal(eg_stories_settle(&s, 0, 0, arena, &shape), EG_OK);
    assert_true(s.items == 210 && s.items_valid == 0);
    assert_int_equal(eg_stories_settle(&s, 0.9, 0, arena, &shape), EG_OK);
    assert_true(s.items == 21 && s.items_valid == 189);
    free(text);
    eg_arena_free(&arena);
}

static void something_is_always_left_to_train_on(void **state)
{
    (void) state;
    static const char one[] = "1 A.\n2 Q?\ta\t1\n";
    const struct eg_stories_text texts[] = {{"a", one, sizeof one - 1, 0, false}};
    struct eg_arena *arena = new_arena();
    struct eg_stories s;
    struct eg_task_shape shape;
    assert_int_equal(eg_stories_parse(&s, texts, 1, arena, NULL), EG_OK);
    assert_int_equal(eg_stories_settle(&s, 0.9, 0, arena, &shape), EG_OK);
    assert_true(shape.items == 1 && shape.items_valid == 0);
    check_close(shape.chance, 0, 0, 0);
    eg_arena_free(&arena);
}

/* --- own files --- */

static void a_file_to_train_on_is_needed(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(OPEN(&f, &eg_task_stories, TEST), EG_ERR_RANGE);
    check_says(&f.message, "task.train is needed");
    close_stories(&f);
    assert_int_equal(OPEN(&f, &eg_task_stories, "train=" STORIES "/nowhere"), EG_ERR_IO);
    check_says(&f.message, STORIES "/nowhere");
    close_stories(&f);
}

/* What is written is read as the same questions. */
static void stories_are_written_as_they_are_read(void **state)
{
    (void) state;
    struct sample f, g;
    char folder[] = "/tmp/engram-XXXXXX", path[64], setting[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out.txt", folder);
    snprintf(setting, sizeof setting, "train=%s", path);
    opens(OPEN(&f, &eg_task_stories, TRAIN, TEST, "validation=0.3"), &f);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(eg_stories_write(file, &f.stories, 1, 4, &f.message), EG_OK);
    assert_int_equal(fclose(file), 0);
    opens(OPEN(&g, &eg_task_stories, setting, "validation=0"), &g);
    assert_int_equal(g.shape.items, 4);
    for (size_t i = 1; i <= 4; i++) {
        char one[4096], two[4096];
        assert_string_equal(words_of(&f, draw_item(&f, i), one),
                            words_of(&g, draw_item(&g, i), two));
        const struct eg_extent e = {i, 0};
        const struct eg_story_item *const a = f.task->story(&f.stories, e);
        const struct eg_story_item *const b = g.task->story(&g.stories, e);
        assert_int_equal(a->statements, b->statements);
        assert_memory_equal(a->supporting, b->supporting, a->statements);
    }
    close_stories(&g);
    FILE *const full = fopen("/dev/full", "w");
    if (full) {
        assert_int_equal(eg_stories_write(full, &f.stories, 1, 9, &f.message), EG_ERR_IO);
        check_says(&f.message, "cannot write the stories");
        fclose(full);
    }
    close_stories(&f);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

/* A dump of made-up stories is a file to train on. */
static void a_dump_of_stories_is_text(void **state)
{
    (void) state;
    struct sample f, g;
    char folder[] = "/tmp/engram-XXXXXX", path[64], setting[80];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out.txt", folder);
    snprintf(setting, sizeof setting, "train=%s", path);
    opens(OPEN(&f, &eg_task_babi_like, "train=30", "test=5"), &f);
    assert_int_equal(eg_task_dump(path, f.task, &f.stories, &f.shape, 1, 40, 0, &f.message), EG_OK);
    assert_int_equal(eg_task_dump(path, f.task, &f.stories, &f.shape, 1, 40, 0, &f.message),
                     EG_ERR_EXISTS);
    opens(OPEN(&g, &eg_task_stories, setting, "validation=0"), &g);
    assert_int_equal(g.shape.items, 40);
    for (size_t i = 1; i <= 40; i++) {
        char one[4096], two[4096];
        assert_string_equal(words_of(&f, draw_item(&f, i), one),
                            words_of(&g, draw_item(&g, i), two));
    }
    close_stories(&g);
    close_stories(&f);
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void only_the_items_that_are_asked_for_are_written(void **state)
{
    (void) state;
    struct sample f;
    char text[300] = "";
    opens(OPEN(&f, &eg_task_stories, TRAIN, TEST, "validation=0"), &f);
    FILE *const file = tmpfile();
    assert_non_null(file);
    assert_int_equal(eg_stories_write(file, &f.stories, 4, 1, NULL), EG_OK);
    assert_int_equal(eg_stories_write(file, &f.stories, 6, 5, NULL), EG_OK);
    assert_int_equal(eg_stories_write(file, &f.stories, 7, SIZE_MAX, NULL), EG_OK);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, "1 ben put the cork in the drawer.\n2 where is the cork?\tdrawer\t1\n"
                              "1 ben put the spoon in the jug.\n2 where is the spoon?\tjug\t1\n");
    close_stories(&f);
}

/* --- bAbI --- */

static void tasks_are_found_by_their_number(void **state)
{
    (void) state;
    static const struct {
        const char *number;
        size_t groups, items, tests;
        const char *first;
    } all[] = {
        {"number=2", 1, 3, 1, "2 where-is"},         {"number=11", 1, 2, 1, "11 what-follows"},
        {"number=2,11", 2, 5, 2, "2 where-is"},      {"number=11, 2", 2, 5, 2, "2 where-is"},
        {"number=11-11,2-2", 2, 5, 2, "2 where-is"},
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct sample f;
        opens(OPEN(&f, &eg_task_babi, FOLDER, "validation=0", all[i].number), &f);
        assert_int_equal(f.shape.groups, all[i].groups);
        assert_int_equal(f.shape.items, all[i].items);
        assert_int_equal(f.shape.items_test, all[i].tests);
        assert_string_equal(f.shape.group_words[0], all[i].first);
        close_stories(&f);
    }
}

static void joint_tasks_have_one_vocabulary_and_groups(void **state)
{
    (void) state;
    struct sample f;
    opens(OPEN(&f, &eg_task_babi, FOLDER "/", "number=2,11", "validation=0"), &f);
    static const char *const want[] = {
        "tom is in the tree/where is tom/tree",
        "tom is in the tree/tom is in the boat/where is tom/boat",
        "eve is in the boat/where is eve/boat",
        "plums are sour/a sloe is a plum/how is a sloe/sour",
        "pears are sweet/a nelis is a pear/how is a nelis/sweet",
        "eve is in the tree/where is eve/tree",
        "pears are sour/a sloe is a pear/how is a sloe/sour",
    };
    static const size_t groups[] = {0, 0, 0, 1, 1, 0, 1};
    for (size_t i = 0; i < 7; i++) {
        char text[4096];
        assert_string_equal(words_of(&f, draw_item(&f, i + 1), text), want[i]);
        assert_int_equal(f.task->group(&f.stories, (struct eg_extent){i + 1, 0}), groups[i]);
    }
    assert_true(f.shape.outputs == 1 + 2 + 2 && f.stories.unknown_words == 0);
    assert_string_equal(f.shape.group_words[1], "11 what-follows");
    /* tree, boat, boat: 3 questions; sour, sweet: 2 questions. */
    const double first = (log2(3) + 2 * log2(1.5)) / 3;
    check_close(f.task->chance(&f.stories, (struct eg_extent){1, 0}), first, 1e-14, 0);
    check_close(f.task->chance(&f.stories, (struct eg_extent){7, 0}), 1, 1e-14, 0);
    check_close(f.shape.chance, (3 * first + 2) / 5, 1e-14, 0);
    check_close(f.stories.wrong[0], 1 / 3.0, 1e-14, 0);
    check_close(f.stories.wrong[1], 0.5, 0, 0);
    /* The fact "2 1" names both statements. */
    assert_int_equal(f.task->story(&f.stories, (struct eg_extent){4, 0})->supporting[1], 1);
    close_stories(&f);
}

static void a_number_that_is_none_is_refused(void **state)
{
    (void) state;
    static const char *const bad[] = {"21",  "x",   "1,", ",1",      "1,,2", "1,1",
                                      "2-1", "1-",  "-1", "1-2-3",   "1.5",  "2,1-3",
                                      "100", "1 2", "",   "joint,1", "0,1",  "4294967297"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct sample f;
        char number[40];
        snprintf(number, sizeof number, "number=%s", bad[i]);
        if (OPEN(&f, &eg_task_babi, FOLDER, number) != EG_ERR_RANGE)
            fail_msg("%s: %s", number, f.message.text);
        check_says(&f.message, "task.number = ");
        check_says(&f.message, "allowed are numbers from 1 to 20");
        close_stories(&f);
    }
}

static void what_the_folder_lacks_is_named(void **state)
{
    (void) state;
    struct sample f;
    assert_int_equal(OPEN(&f, &eg_task_babi, "number=2"), EG_ERR_RANGE);
    check_says(&f.message, "task.path is needed");
    close_stories(&f);
    assert_int_equal(OPEN(&f, &eg_task_babi, "path=" STORIES "/nowhere"), EG_ERR_IO);
    check_says(&f.message, "cannot open the folder " STORIES "/nowhere (task.path)");
    close_stories(&f);
    assert_int_equal(OPEN(&f, &eg_task_babi, "path=" STORIES "/small_test.txt"), EG_ERR_IO);
    close_stories(&f);
    static const char *const joint[] = {"number=joint", "number=0", "number=1-20"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(OPEN(&f, &eg_task_babi, FOLDER, joint[i]), EG_ERR_IO);
        check_says(&f.message, "has no file qa1_..._train.txt; without it task 1 cannot be chosen");
        close_stories(&f);
    }
}

static void put_file(const char *folder, const char *name, const char *text)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void files_are_told_apart_by_their_whole_name(void **state)
{
    (void) state;
    static const char text[] = "1 A.\n2 Q?\ta\t1\n";
    static const char *const others[] = {"qa_x_train.txt",   "qa01_x_train.txt", "qa1x_train.txt",
                                         "qa1_x_train.txt~", "qa1_train.txt",    "qa21_x_train.txt",
                                         "xqa1_x_train.txt", "qa11_x_train.txt", "README"};
    char folder[] = "/tmp/engram-XXXXXX", setting[80];
    struct sample f;
    assert_non_null(mkdtemp(folder));
    snprintf(setting, sizeof setting, "path=%s", folder);
    put_file(folder, "qa1_x_train.txt", text);
    assert_int_equal(OPEN(&f, &eg_task_babi, setting), EG_ERR_IO);
    check_says(&f.message, "has no file qa1_..._test.txt");
    close_stories(&f);
    put_file(folder, "qa1_x_test.txt", "1 A\n");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        put_file(folder, others[i], "no story");
    assert_int_equal(OPEN(&f, &eg_task_babi, setting), EG_ERR_DATA);
    check_says(&f.message, "qa1_x_test.txt has no question");
    close_stories(&f);
    put_file(folder, "qa1_x_test.txt", text);
    opens(OPEN(&f, &eg_task_babi, setting), &f);
    assert_int_equal(f.shape.items, 1);
    close_stories(&f);
    put_file(folder, "qa1_y_test.txt", text);
    assert_int_equal(OPEN(&f, &eg_task_babi, setting), EG_ERR_DATA);
    check_says(&f.message, "qa1_x_test.txt");
    check_says(&f.message, "one of them is allowed");
    close_stories(&f);
    const char *const own[] = {"qa1_x_train.txt", "qa1_x_test.txt", "qa1_y_test.txt"};
    for (size_t i = 0; i < 3 + sizeof others / sizeof *others; i++) {
        char path[200];
        snprintf(path, sizeof path, "%s/%s", folder, i < 3 ? own[i] : others[i - 3]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder), 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_is_the_statements_and_then_the_question),
        cmocka_unit_test(columns_and_phases_say_where_a_word_stands),
        cmocka_unit_test(supporting_facts_are_flags_of_the_statements),
        cmocka_unit_test(every_training_question_is_as_likely_as_any_other),
        cmocka_unit_test(chance_is_the_entropy_of_the_answers),
        cmocka_unit_test(validation_takes_whole_stories_and_the_same_for_all),
        cmocka_unit_test(something_is_always_left_to_train_on),
        cmocka_unit_test(a_file_to_train_on_is_needed),
        cmocka_unit_test(stories_are_written_as_they_are_read),
        cmocka_unit_test(a_dump_of_stories_is_text),
        cmocka_unit_test(only_the_items_that_are_asked_for_are_written),
        cmocka_unit_test(tasks_are_found_by_their_number),
        cmocka_unit_test(joint_tasks_have_one_vocabulary_and_groups),
        cmocka_unit_test(a_number_that_is_none_is_refused),
        cmocka_unit_test(what_the_folder_lacks_is_named),
        cmocka_unit_test(files_are_told_apart_by_their_whole_name),
    };
    CHECK_FILTER(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}

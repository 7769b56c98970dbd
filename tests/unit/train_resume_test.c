/* Kill, resume, damage. Every run is in a child, so that a kill is a kill and no OpenMP threads are inherited. */
#include "train_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

/* The exit code is the status; the message goes to the file "message". */
static pid_t start_child(const char *config, enum train_kind kind, bool resume, const struct progress *p)
{
    pid_t pid = fork();
    if (pid == 0) {
        status s = run_config(config, kind, resume, p, NULL);
        write_file("message", s == OK ? "" : status_message());
        _exit((int)s);
    }
    return pid;
}

static status wait_child(pid_t pid, bool *killed)
{
    int how = 0;
    assert_int_equal(waitpid(pid, &how, 0), pid);
    if (killed) *killed = WIFSIGNALED(how);
    else assert_true(WIFEXITED(how));
    return WIFEXITED(how) ? (status)WEXITSTATUS(how) : OK;
}

static status run_child(const char *config, enum train_kind kind, bool resume, const struct progress *p)
{
    return wait_child(start_child(config, kind, resume, p), NULL);
}

static void child_message_has(const char *text)
{
    char *said = read_all("message", NULL);
    if (!strstr(said, text)) fail_msg("'%s' lacks '%s'", said, text);
    mem_free(said);
}

/* train.jsonl without what depends on the clock. */
static char *timeless(const char *name)
{
    char *text = read_all(name, NULL), *to = text;
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        char *end = strchr(line, '\n'), *clock = strstr(line, "\"tokens_per_s\"");
        char *seconds = strstr(line, "\"seconds\"");
        assert_non_null(end);
        if (!clock || clock > end) clock = seconds;
        size_t n = (size_t)(clock - line);
        *end = 0;
        memmove(to, line, n);
        to += n;
        *to++ = '\n';
        *end = '\n';
        line = end;
        if (!line[1]) break;
    }
    *to = 0;
    return text;
}

static void same_file(const char *a, const char *b)
{
    size_t n = 0, m = 0;
    char *x = read_all(a, &n), *y = read_all(b, &m);
    assert_int_equal(n, m);
    assert_memory_equal(x, y, n);
    mem_free(x);
    mem_free(y);
}

static void same_history(const char *a, const char *b)
{
    char *x = timeless(a), *y = timeless(b);
    assert_string_equal(x, y);
    mem_free(x);
    mem_free(y);
}

static bool stop_at(void *context)
{
    return ++*(int *)context >= 7;
}

/* Interrupted by the progress callback, resumed: same losses, same weights as a run that never stopped. */
static void resume_equals_never_stopped(enum train_kind kind)
{
    const char *keys = ",\"steps\":12,\"eval_every\":5,\"log_every\":3,\"accumulate\":2,\"checkpoint_every\":4";
    write_config("whole.json", kind, "whole", keys);
    write_config("parts.json", kind, "parts", keys);
    assert_int_equal(run_child("whole.json", kind, false, NULL), OK);
    int calls = 0;
    struct progress p = {&calls, NULL, stop_at};
    assert_int_equal(run_child("parts.json", kind, false, &p), ERR_INTERRUPTED);
    child_message_has("--resume");
    assert_true(file_exists(in_dir("parts/checkpoint.bin")));
    assert_int_equal(run_child("parts.json", kind, true, NULL), OK);
    same_history("whole/train.jsonl", "parts/train.jsonl");
    same_file("whole/model.safetensors", "parts/model.safetensors");
    assert_int_equal(run_child("parts.json", kind, true, NULL), OK); /* of a finished run: nothing to do */
    same_history("whole/train.jsonl", "parts/train.jsonl");
    remove_tree(in_dir("whole"));
    remove_tree(in_dir("parts"));
}

static void resume_of_pretraining(void **state)
{
    (void)state;
    resume_equals_never_stopped(TRAIN_PRETRAIN);
}

static void resume_of_finetuning(void **state)
{
    (void)state;
    resume_equals_never_stopped(TRAIN_FINETUNE);
}

/* Waits until the run has logged a step more, or has ended. */
static void wait_for_steps(long before)
{
    for (int i = 0; i < 20000; i++) {
        struct stat st;
        if (stat(in_dir("rough/train.jsonl"), &st) == 0 && st.st_size > before) return;
        usleep(200);
    }
}

static long log_size(void)
{
    struct stat st;
    return stat(in_dir("rough/train.jsonl"), &st) == 0 ? (long)st.st_size : 0;
}

/* kill -9 at random moments between two steps, a checkpoint after every step: each time the run goes on from a whole checkpoint, and what it
 * logs in the end is what an undisturbed run logs. */
static void kill_at_any_moment(void **state)
{
    (void)state;
    const char *keys = ",\"steps\":80,\"eval_every\":20,\"log_every\":1,\"checkpoint_every\":1";
    write_config("calm.json", TRAIN_PRETRAIN, "calm", keys);
    write_config("rough.json", TRAIN_PRETRAIN, "rough", keys);
    assert_int_equal(run_child("calm.json", TRAIN_PRETRAIN, false, NULL), OK);
    struct rng r;
    rng_seed(&r, 99);
    int kills = 0;
    for (int tries = 0; tries < 200; tries++) {
        bool killed = false;
        long before = log_size();
        pid_t pid = start_child("rough.json", TRAIN_PRETRAIN, file_exists(in_dir("rough/checkpoint.bin")), NULL);
        if (kills < 30) {
            if (kills % 4) wait_for_steps(before); /* a fourth of the kills falls into the opening */
            usleep((unsigned)rng_below(&r, 12000));
            kill(pid, SIGKILL);
        }
        status s = wait_child(pid, &killed);
        kills += killed;
        if (!killed && s != OK) {
            child_message_has("(no failure was expected)");
            return;
        }
        if (!killed) break;
    }
    assert_true(kills > 10);
    same_history("calm/train.jsonl", "rough/train.jsonl");
    same_file("calm/model.safetensors", "rough/model.safetensors");
    remove_tree(in_dir("calm"));
    remove_tree(in_dir("rough"));
}

/* ---- refusals ---- */

static void flip_byte(const char *name, long at)
{
    FILE *f = fopen(in_dir(name), "r+b");
    assert_non_null(f);
    fseek(f, at, at < 0 ? SEEK_END : SEEK_SET);
    int c = fgetc(f);
    fseek(f, -1, SEEK_CUR);
    fputc(c ^ 0x40, f);
    fclose(f);
}

static void refused_resume(const char *says, status want)
{
    assert_int_equal(run_child("run.json", TRAIN_PRETRAIN, true, NULL), want);
    child_message_has(says);
}

static void damaged_or_changed_is_refused(void **state)
{
    (void)state;
    const char *keys = ",\"steps\":2,\"checkpoint_every\":1";
    write_config("run.json", TRAIN_PRETRAIN, "run", keys);
    refused_resume("no checkpoint", ERR_NOT_FOUND);
    assert_int_equal(run_child("run.json", TRAIN_PRETRAIN, false, NULL), OK);
    assert_int_equal(run_child("run.json", TRAIN_PRETRAIN, false, NULL), ERR_USAGE);
    child_message_has("--resume");

    size_t n = 0;
    char *good = read_all("run/checkpoint.bin", &n);
    static const long places[] = {0, 8, 20, 40, 60, 300, 2000, -1, -5000, -20000};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        flip_byte("run/checkpoint.bin", places[i]);
        assert_int_equal(run_child("run.json", TRAIN_PRETRAIN, true, NULL), ERR_FORMAT);
        child_message_has("checkpoint");
        assert_int_equal(file_write_atomic(in_dir("run/checkpoint.bin"), good, n), OK);
    }
    for (size_t cut = 1; cut < n; cut = cut * 3 + 1) {
        assert_int_equal(file_write_atomic(in_dir("run/checkpoint.bin"), good, n - cut), OK);
        refused_resume("checkpoint", ERR_FORMAT);
    }
    assert_int_equal(file_write_atomic(in_dir("run/checkpoint.bin"), "", 0), OK);
    refused_resume("no checkpoint", ERR_FORMAT);
    assert_int_equal(file_write_atomic(in_dir("run/checkpoint.bin"), good, n), OK);

    write_config("run.json", TRAIN_PRETRAIN, "run", ",\"steps\":2,\"checkpoint_every\":1,\"lm_share\":0.25");
    refused_resume("\"lm_share\" has changed", ERR_USAGE);
    write_config("run.json", TRAIN_PRETRAIN, "run", ",\"steps\":2,\"checkpoint_every\":7");
    assert_int_equal(run_child("run.json", TRAIN_PRETRAIN, true, NULL), OK);

    char *corpus = read_all("corpus.txt", NULL);
    corpus[5] = 'x';
    write_file("corpus.txt", corpus);
    refused_resume("data files have changed", ERR_USAGE);
    corpus[5] = 'e';
    write_corpus("corpus.txt", 60);
    assert_int_equal(run_child("run.json", TRAIN_PRETRAIN, true, NULL), OK); /* another date, the same text */

    char *tokenizer = read_all("tokenizer.json", NULL);
    struct strbuf other = {0};
    strbuf_printf(&other, "%s\n", tokenizer);
    write_file("tokenizer.json", other.data);
    refused_resume("tokenizer has changed", ERR_USAGE);
    write_file("tokenizer.json", tokenizer);
    strbuf_release(&other);
    mem_free(tokenizer);
    mem_free(corpus);
    mem_free(good);
    remove_tree(in_dir("run"));
}

/* A second run into the same directory must not touch what the first is writing. */
static void two_runs_do_not_mix(void **state)
{
    (void)state;
    write_config("run.json", TRAIN_PRETRAIN, "two", ",\"steps\":100000,\"checkpoint_every\":1000000");
    pid_t first = start_child("run.json", TRAIN_PRETRAIN, false, NULL);
    for (int i = 0; i < 20000 && !file_exists(in_dir("two/train.jsonl")); i++) usleep(500);
    usleep(50000);
    write_file("two/checkpoint.bin.tmp.7", "the first run's");
    assert_int_equal(run_child("run.json", TRAIN_PRETRAIN, false, NULL), ERR_USAGE);
    child_message_has("another run");
    assert_true(file_exists(in_dir("two/checkpoint.bin.tmp.7")));
    bool killed;
    kill(first, SIGKILL);
    wait_child(first, &killed);
    assert_true(killed);
    remove_tree(in_dir("two"));
}

static void full_disk_keeps_the_last_checkpoint(void **state)
{
    (void)state;
    struct train_state s = {.step = 3}, back = {0};
    float params[100], m[100] = {0}, v[100] = {0};
    for (int i = 0; i < 100; i++) params[i] = (float)i;
    struct checkpoint c = {.state = &s, .config = "a=1\n", .params = params, .m = m, .v = v, .n_floats = 100};
    assert_int_equal(checkpoint_save(&c, in_dir("c.bin")), OK);
    s.step = 4;
    for (uint64_t write = 1; write <= 6; write++) {
        file_fail_write_at(write);
        assert_int_equal(checkpoint_save(&c, in_dir("c.bin")), ERR_IO);
        file_fail_write_at(0);
        float p2[100];
        struct checkpoint r = {.state = &back, .config = "a=1\n", .params = p2, .m = m, .v = v, .n_floats = 100};
        assert_int_equal(checkpoint_load(&r, in_dir("c.bin")), OK);
        assert_int_equal(back.step, 3);
        assert_true(p2[99] == 99);
    }
}

static void half_written_files_are_swept(void **state)
{
    (void)state;
    write_file("checkpoint.bin.tmp.123", "half");
    write_file("keep.tmp.123", "mine");
    checkpoint_sweep(fixture_dir);
    assert_false(file_exists(in_dir("checkpoint.bin.tmp.123")));
    assert_true(file_exists(in_dir("keep.tmp.123")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resume_of_pretraining),
        cmocka_unit_test(resume_of_finetuning),
        cmocka_unit_test(kill_at_any_moment),
        cmocka_unit_test(damaged_or_changed_is_refused),
        cmocka_unit_test(two_runs_do_not_mix),
        cmocka_unit_test(full_disk_keeps_the_last_checkpoint),
        cmocka_unit_test(half_written_files_are_swept),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}

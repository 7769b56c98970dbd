/* Another program, run with a time limit and an output limit. */
#include "service_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int in, out;              /* our ends; -1: closed */
    uint64_t deadline_ns;
};

/* Nothing of our environment goes over: neither keys nor LD_PRELOAD. */
static char *const environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8", NULL};

/* A socket, not a pipe: writing to a program that has closed it must not raise SIGPIPE in the host program. */
static status open_ends(int in[2], int out[2])
{
    in[0] = in[1] = out[0] = out[1] = -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) != 0 || pipe2(out, O_CLOEXEC) != 0) return fail_errno("make a pipe for", "a program");
    if (fcntl(in[0], F_SETFL, O_NONBLOCK) != 0 || fcntl(out[0], F_SETFL, O_NONBLOCK) != 0) return fail_errno("prepare a pipe for", "a program");
    return OK;
}

static int describe(posix_spawn_file_actions_t *actions, posix_spawnattr_t *attributes, const int in[2], const int out[2])
{
    sigset_t none, defaults;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    int e = posix_spawn_file_actions_adddup2(actions, in[1], 0);
    if (!e) e = posix_spawn_file_actions_adddup2(actions, out[1], 1);
    if (!e) e = posix_spawn_file_actions_addopen(actions, 2, "/dev/null", O_WRONLY, 0);
    if (!e) e = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    if (!e) e = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!e) e = posix_spawnattr_setpgroup(attributes, 0);
    if (!e) e = posix_spawnattr_setsigmask(attributes, &none);
    return e ? e : posix_spawnattr_setsigdefault(attributes, &defaults);
}

static status spawn(const char *program, const int in[2], const int out[2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    char *argv[] = {(char *)(uintptr_t)program, NULL};
    int e = describe(&actions, &attributes, in, out);
    if (!e) e = posix_spawn(pid, program, &actions, &attributes, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = e;
    return e ? fail_errno("start", program) : OK;
}

static void shut(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static status start(struct child *c, const char *program)
{
    int in[2], out[2];
    status s = open_ends(in, out);
    if (s == OK) s = spawn(program, in, out, &c->pid);
    shut(&in[1]);
    shut(&out[1]);
    c->in = in[0];
    c->out = out[0];
    if (s == OK) return OK;
    shut(&c->in);
    shut(&c->out);
    return s;
}

struct transfer { const char *input; size_t n, sent, max; struct strbuf output; };

static void feed(struct child *c, struct transfer *t)
{
    ssize_t k = t->sent < t->n ? send(c->in, t->input + t->sent, t->n - t->sent, MSG_NOSIGNAL) : 0;
    if (k > 0) t->sent += (size_t)k;
    if (t->sent == t->n || (k < 0 && errno != EAGAIN && errno != EINTR)) shut(&c->in);   /* it may not care for its input */
}

static status drain(struct child *c, struct transfer *t)
{
    char piece[4096];
    ssize_t k = read(c->out, piece, sizeof piece);
    if (k < 0 && (errno == EAGAIN || errno == EINTR)) return OK;
    if (k <= 0) {
        shut(&c->out);
        return OK;
    }
    FAIL_IF(t->output.len + (size_t)k > t->max, ERR_LIMIT, "it printed more than %zu bytes", t->max);
    strbuf_add(&t->output, piece, (size_t)k);
    return strbuf_status(&t->output);
}

static status talk(struct child *c, struct transfer *t)
{
    while (c->out >= 0) {
        uint64_t now = clock_ns();
        FAIL_IF(now >= c->deadline_ns, ERR_IO, "it took too long and was stopped");
        struct pollfd fds[2] = {{c->out, POLLIN, 0}, {c->in, POLLOUT, 0}};   /* a negative fd is left out */
        int ready = poll(fds, 2, (int)((c->deadline_ns - now) / 1000000) + 1);
        if (ready < 0 && errno != EINTR) return fail_errno("wait for", "a program");
        if (ready <= 0) continue;
        if (fds[1].revents) feed(c, t);
        if (fds[0].revents) TRY(drain(c, t));
    }
    return OK;
}

/* Waits for the end of the first process, then kills what is left of the group. */
static status finish(struct child *c, status so_far)
{
    int how = 0;
    bool ended = false;
    while (so_far == OK && !ended) {
        ended = waitpid(c->pid, &how, WNOHANG) == c->pid;
        if (ended) break;
        if (clock_ns() >= c->deadline_ns) so_far = fail(ERR_IO, "it took too long and was stopped");
        else poll(NULL, 0, 2);
    }
    kill(-c->pid, SIGKILL);
    while (!ended && waitpid(c->pid, &how, 0) < 0 && errno == EINTR) {}
    TRY(so_far);
    FAIL_IF(WIFSIGNALED(how), ERR_IO, "it was ended by signal %d", WTERMSIG(how));
    FAIL_IF(WEXITSTATUS(how) != 0, ERR_IO, "it ended with code %d", WEXITSTATUS(how));
    return OK;
}

status program_run(const char *program, const char *input, size_t n, uint32_t limit_ms, size_t max, struct arena *a, char **output, size_t *n_output)
{
    struct child c = {.in = -1, .out = -1, .deadline_ns = clock_ns() + (uint64_t)limit_ms * 1000000};
    struct transfer t = {.input = input, .n = n, .max = max};
    FAIL_IF(!strchr(program, '/'), ERR_USAGE, "the program '%s' must be given with its directory", program);
    TRY(start(&c, program));
    status s = talk(&c, &t);
    shut(&c.in);
    shut(&c.out);
    s = finish(&c, s);
    if (s == OK) {
        *output = arena_strndup(a, strbuf_str(&t.output), t.output.len);
        *n_output = t.output.len;
        if (!*output) s = fail_nomem("reading what a program printed");
    }
    strbuf_release(&t.output);
    return s == OK ? OK : fail_context(s, "%s", program);
}

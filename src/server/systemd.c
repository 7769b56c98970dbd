/* What systemd is told (sd_notify(3)): one datagram each to the socket that it names. */
#include "server_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STUCK_DEADLINES = 4 };   /* a task of the model lane that takes so many times what a request may take will not end by itself */

static void tell(const char *text)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t n = path ? strlen(path) : 0;
    if (n < 2 || n >= sizeof a.sun_path || (*path != '/' && *path != '@')) return;
    memcpy(a.sun_path, path, n);
    if (*path == '@') a.sun_path[0] = 0;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n)) < 0) errno = 0;
    close(fd);
}

void systemd_ready(void)
{
    tell("READY=1");
}

void systemd_stopping(void)
{
    tell("STOPPING=1");
}

void systemd_reloading(struct server *s)
{
    char text[64];
    snprintf(text, sizeof text, "RELOADING=1\nMONOTONIC_USEC=%llu", (unsigned long long)(clock_ns() / 1000));   /* the clock's time: Type=notify-reload wants it */
    atomic_store(&s->reload_told, true);
    tell(text);
}

void systemd_reloaded(struct server *s)
{
    if (atomic_exchange(&s->reload_told, false)) tell("READY=1");
}

/* The loop that calls this lives; the lane that shoppers wait for is asked. The others may rightly be long at an import. */
static void on_watch(void *context)
{
    struct server *s = context;
    uint64_t begun = atomic_load(&s->lanes[LANE_MODEL].begun_ns);
    if (begun && clock_ns() - begun > (uint64_t)s->options.deadline_ms * 1000000u * STUCK_DEADLINES) return;
    tell("WATCHDOG=1");
}

/* Twice in the time after which systemd (WatchdogSec=) takes us for dead. */
status systemd_watch(struct server *s)
{
    const char *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    unsigned long long ms = us ? strtoull(us, NULL, 10) / 2000 : 0;
    if (!ms || (pid && strtoull(pid, NULL, 10) != (unsigned long long)getpid())) return OK;
    return http_every(s->http, ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX, on_watch, s);
}

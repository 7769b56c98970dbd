/* A small shop's service: documents in a store in memory, intents trained here and now, no model. */
#ifndef SERVICE_FIXTURE_H
#define SERVICE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/service_int.h"   /* before cmocka.h, which has a macro fail() */

#include <cmocka.h>

static char directory[64];

static inline void ok(status s)
{
    if (s != OK) fail_msg("%s", status_message());
}

static inline void refused(status s, status expected, const char *says)
{
    if (s != expected) fail_msg("status %d instead of %d: %s", (int)s, (int)expected, s == OK ? "it went well" : status_message());
    if (!strstr(status_message(), says)) fail_msg("'%s' does not say '%s'", status_message(), says);
}

static inline const char *in_dir(const char *name)
{
    static char paths[8][160];
    static unsigned next;
    char *p = paths[next++ % 8];
    snprintf(p, sizeof paths[0], "%s/%s", directory, name);
    return p;
}

static inline const char *file_with(const char *name, const char *text)
{
    const char *path = in_dir(name);
    ok(file_write_atomic(path, text, strlen(text)));
    return path;
}

static inline const char *script(const char *name, const char *text)
{
    const char *path = file_with(name, text);
    chmod(path, 0755);
    return path;
}

static inline int make_directory(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/daogou-service-XXXXXX");
    return mkdtemp(directory) ? 0 : -1;
}

static inline int remove_directory(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", directory);
    return system(command);
}

#endif

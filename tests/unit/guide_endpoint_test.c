/* Replies worded by an endpoint: used when every claim stands in the record, thrown away otherwise; a server that fails costs nothing. */
#include "guide_fixture.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>

enum mode { ECHO, SAYS_TRUE, INVENTS_CLAIM, INVENTS_NUMBER, LOSES_TITLE, OTHER_LANGUAGE, NOT_JSON, NO_CHOICES, STATUS_500, TOO_MUCH, SILENT };
static struct server { int fd; uint16_t port; enum mode mode; pthread_t thread; volatile bool ends; char key[256]; } server;

/* ---- a server of one connection at a time ---- */

static size_t read_request(int fd, char *buffer, size_t max)
{
    size_t n = 0;
    for (ssize_t got; n + 1 < max && (got = recv(fd, buffer + n, max - 1 - n, 0)) > 0;) {
        n += (size_t)got;
        buffer[n] = 0;
        const char *body = strstr(buffer, "\r\n\r\n"), *length = strcasestr(buffer, "content-length:");
        if (body && length && n >= (size_t)(body + 4 - buffer) + strtoul(length + 15, NULL, 10)) break;
    }
    return n;
}

static char *draft_of(const char *body)
{
    json_t *o = json_loads(body, 0, NULL), *user = json_loads(json_string_value(json_object_get(json_array_get(json_object_get(o, "messages"), 1), "content")), 0, NULL);
    const char *draft = json_string_value(json_object_get(user, "DRAFT"));
    if (!draft) draft = json_string_value(json_object_get(user, "草稿"));
    char *copy = strdup(draft ? draft : "");
    json_decref(user);
    json_decref(o);
    return copy;
}

static char *answer_of(const char *body)
{
    char *draft = draft_of(body), *text = NULL;
    switch (server.mode) {
    case SAYS_TRUE: assert_true(asprintf(&text, "%s它是橙色的。", draft) > 0); break;
    case INVENTS_CLAIM: assert_true(asprintf(&text, "%s它是纯羊毛的。", draft) > 0); break;
    case INVENTS_NUMBER: assert_true(asprintf(&text, "%s还剩 7777 件。", draft) > 0); break;
    case LOSES_TITLE: text = strdup("好的，这几件都不错。"); break;
    case OTHER_LANGUAGE: text = strdup("Here they are."); break;
    default: text = strdup(draft);
    }
    free(draft);
    json_t *o = json_pack("{s:[{s:{s:s, s:s}}]}", "choices", "message", "role", "assistant", "content", text);
    if (server.mode == NO_CHOICES) json_object_clear(o);
    char *json = server.mode == NOT_JSON ? strdup("<html>busy</html>") : json_dumps(o, 0);
    json_decref(o);
    free(text);
    return json;
}

static void answer(int fd)
{
    static char request[1 << 18];
    size_t n = read_request(fd, request, sizeof request);
    const char *key = strcasestr(request, "authorization:"), *body = n ? strstr(request, "\r\n\r\n") : NULL;
    snprintf(server.key, sizeof server.key, "%.*s", key ? (int)strcspn(key, "\r") : 0, key ? key : "");
    if (!body || server.mode == SILENT) {
        for (int i = 0; i < 40 && !server.ends; i++) usleep(20000);
        return;
    }
    char *text = answer_of(body + 4);
    size_t length = server.mode == TOO_MUCH ? 4 << 20 : strlen(text);
    dprintf(fd, "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", server.mode == STATUS_500 ? "500 Oops" : "200 OK", length);
    if (server.mode != TOO_MUCH) send(fd, text, length, MSG_NOSIGNAL);
    for (size_t i = 0; server.mode == TOO_MUCH && i < 1024 && send(fd, request, 4096, MSG_NOSIGNAL) > 0; i++) continue;
    free(text);
}

static void *serve(void *context)
{
    (void)context;
    for (int fd; (fd = accept(server.fd, NULL, NULL)) >= 0;) {
        if (!server.ends) answer(fd);
        close(fd);
        if (server.ends) break;
    }
    return NULL;
}

static void start_server(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    server.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(server.fd, 4), 0);
    getsockname(server.fd, (struct sockaddr *)&a, &n);
    server.port = ntohs(a.sin_port);
    pthread_create(&server.thread, NULL, serve, NULL);
}

static void stop_server(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(server.port)};
    server.ends = true;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) abort();   /* wakes accept */
    pthread_join(server.thread, NULL);
    close(fd);
    close(server.fd);
}

/* ---- the guide with it ---- */

static struct fixture { struct guide_fixture *shop; struct endpoint *endpoint; } fixture;

static int set_up(void **state)
{
    char url[64];
    (void)state;
    fixture.shop = guide_fixture_new(NULL);
    start_server();
    snprintf(url, sizeof url, "http://127.0.0.1:%u/v1", server.port);
    assert_int_equal(endpoint_new(&(struct endpoint_options){.url = url, .model = "m", .key = "secret", .timeout_ms = 500}, &fixture.endpoint), OK);
    struct guide_fixture *f = fixture.shop;
    struct guide_options o;
    guide_options_default(&o);
    o.catalogue = f->catalogue;
    o.matcher = f->matcher;
    o.copywriter = f->copywriter;
    o.lexicon = f->lexicon;
    o.moderator = f->moderator;
    o.normalizer = f->normalizer;
    o.endpoint = fixture.endpoint;
    guide_free(f->guide);
    assert_int_equal(guide_new(&o, &f->guide), OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stop_server();
    guide_fixture_free(fixture.shop);
    endpoint_free(fixture.endpoint);
    return 0;
}

static bool reworded(enum mode mode)
{
    struct guide_fixture *f = fixture.shop;
    server.mode = mode;
    dialogue_release(&f->dialogue);
    dialogue_init(&f->dialogue, "endpoint");
    const struct reply *r = turn(f, "双人帐篷，300以内");
    assert_true(r->n_cards > 0);
    assert_null(strstr(r->text, "羊毛"));
    assert_null(strstr(r->text, "7777"));
    const json_t *used = json_object_get(json_object_get(r->why, "rewording"), "used");
    assert_true(json_is_boolean(used));
    return json_is_true(used);
}

static void test_a_faithful_text_is_used(void **state)
{
    (void)state;
    if (!reworded(ECHO)) {
        char *why = json_dumps(json_object_get(fixture.shop->reply.why, "rewording"), 0);
        print_message("%s\n%s\n", why, fixture.shop->reply.text);
        free(why);
        assert_true(false);
    }
    assert_true(reworded(SAYS_TRUE));
    assert_non_null(strstr(fixture.shop->reply.text, "它是橙色的"));
    assert_string_equal(server.key, "Authorization: Bearer secret");
}

static void test_inventions_are_thrown_away(void **state)
{
    (void)state;
    assert_false(reworded(INVENTS_CLAIM));
    assert_false(reworded(INVENTS_NUMBER));
    assert_false(reworded(LOSES_TITLE));
    assert_false(reworded(OTHER_LANGUAGE));
}

static void test_a_failing_server_costs_nothing(void **state)
{
    (void)state;
    assert_false(reworded(NOT_JSON));
    assert_false(reworded(NO_CHOICES));
    assert_false(reworded(STATUS_500));
    assert_false(reworded(TOO_MUCH));
    assert_false(reworded(SILENT));
}

static void test_addresses_are_checked(void **state)
{
    struct endpoint *e;
    (void)state;
    static const char *const bad[] = {"", "ftp://x", "file:///etc/passwd", "127.0.0.1:80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) assert_int_equal(endpoint_new(&(struct endpoint_options){.url = bad[i], .model = "m"}, &e), ERR_USAGE);
    assert_int_equal(endpoint_new(&(struct endpoint_options){.url = "http://127.0.0.1", .model = ""}, &e), ERR_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_faithful_text_is_used),
        cmocka_unit_test(test_inventions_are_thrown_away),
        cmocka_unit_test(test_a_failing_server_costs_nothing),
        cmocka_unit_test(test_addresses_are_checked),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

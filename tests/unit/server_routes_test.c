/* server: the table of routes and the API's description say the same; keys, secrets and limits by themselves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/server_int.h" /* before cmocka, whose fail() is a macro */

#include <cmocka.h>

static json_t *description(void)
{
    json_t *api = json_load_file(SOURCE_DIR "/src/server/openapi.json", 0, NULL);
    assert_non_null(api);
    return api;
}

static const json_t *operation(const json_t *api, const struct route *r)
{
    char method[16];
    size_t n = strlen(r->method);
    for (size_t i = 0; i <= n; i++) method[i] = (char)(r->method[i] | 0x20);
    method[n] = 0;
    return json_object_get(json_object_get(json_object_get(api, "paths"), r->pattern), method);
}

/* Protocols of others are described by their own documents. */
static bool is_described(const struct route *r)
{
    return strncmp(r->pattern, "/v1/", 4) == 0 || r->flags & ROUTE_ADMIN_LISTENER;
}

static void every_route_is_described(void **state)
{
    (void)state;
    json_t *api = description();
    for (size_t i = 0; i < route_count(); i++) {
        const struct route *r = route_at(i);
        const json_t *o = operation(api, r);
        if (!o && is_described(r)) print_error("%s %s is not in openapi.json\n", r->method, r->pattern);
        assert_true(o || !is_described(r));
        if (!o) continue;
        assert_string_equal(json_string_value(json_object_get(o, "x-scope")), scope_name(r->scope));
        assert_string_equal(json_string_value(json_object_get(o, "x-listener")), r->flags & ROUTE_ADMIN_LISTENER ? "admin" : "both");
        assert_int_equal(json_object_get(o, "requestBody") != NULL, r->body_max > 0);
        assert_int_equal(route_number(r), i);
    }
    json_decref(api);
}

static void everything_described_is_routed(void **state)
{
    (void)state;
    json_t *api = description(), *item, *o;
    const char *path, *method;
    json_object_foreach(json_object_get(api, "paths"), path, item)
        json_object_foreach(item, method, o) {
            bool found = false;
            for (size_t i = 0; i < route_count(); i++) found = found || (strcmp(route_at(i)->pattern, path) == 0 && strcasecmp(route_at(i)->method, method) == 0);
            if (!found) print_error("%s %s is described but not there\n", method, path);
            assert_true(found);
        }
    json_decref(api);
}

static void keys(void **state)
{
    (void)state;
    struct store *s;
    struct key k, found;
    char token[KEY_TOKEN_MAX], other[KEY_TOKEN_MAX];
    assert_int_equal(store_open(":memory:", STORE_READ_WRITE, &s), OK);
    assert_int_equal(server_migrate(s), OK);
    assert_int_equal(key_add(s, SCOPE_MERCHANT, "Li", &k, token), OK);
    assert_int_equal(key_add(s, SCOPE_SHOPPER, "", &found, other), OK);
    assert_string_not_equal(token, other);
    assert_int_equal(key_find(s, token, &found), OK);
    assert_true(found.scope == SCOPE_MERCHANT && strcmp(found.id, k.id) == 0 && strcmp(found.label, "Li") == 0);
    token[10] ^= 1;
    assert_int_equal(key_find(s, token, &found), ERR_NOT_FOUND);
    token[10] ^= 1;
    assert_int_equal(key_revoke(s, k.id), OK);
    assert_int_equal(key_find(s, token, &found), ERR_NOT_FOUND);
    assert_int_equal(key_in_force(s, k.id, &found), ERR_NOT_FOUND);
    assert_int_equal(key_revoke(s, k.id), ERR_NOT_FOUND);
    assert_int_equal(key_add(s, SCOPE_ADMIN, "\xff", &k, token), ERR_USAGE);
    store_close(s);
}

static void secrets(void **state)
{
    (void)state;
    char folder[] = "/tmp/daogou-secret-XXXXXX", db[64], path[80], mac[2 * MAC_BYTES + 1];
    assert_non_null(mkdtemp(folder));
    snprintf(db, sizeof db, "%s/shop.db", folder);
    snprintf(path, sizeof path, "%s.secret", db);
    struct server a = {.options.shop.db = db}, b = {.options.shop.db = db};
    unsetenv("DAOGOU_SECRET");
    unsetenv("DAOGOU_SECRET_FILE");
    assert_int_equal(secret_open(&a), OK);
    assert_int_equal(secret_open(&b), OK);
    assert_memory_equal(a.secret, b.secret, sizeof a.secret);
    secret_mac(&a, "shopper", "x", mac);
    assert_true(secret_check(&b, "shopper", "x", mac));
    assert_false(secret_check(&b, "staff", "x", mac));   /* one purpose's mac is none for another */
    assert_false(secret_check(&b, "shopper", "y", mac));
    assert_false(secret_check(&b, "shopper", "x", ""));
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(secret_open(&b), ERR_IO);
    assert_non_null(strstr(status_message(), "chmod 600"));
    setenv("DAOGOU_SECRET", "short", 1);
    assert_int_equal(secret_open(&b), ERR_FORMAT);
    unsetenv("DAOGOU_SECRET");
    unlink(path);
    rmdir(folder);
}

static void buckets(void **state)
{
    (void)state;
    struct limits *l;
    unsigned retry = 0;
    uint64_t now = 1000000000u;
    assert_int_equal(limits_new(2, 3, &l), OK);
    for (int i = 0; i < 3; i++) assert_true(limits_take(l, "a", now, &retry));
    assert_false(limits_take(l, "a", now, &retry));
    assert_int_equal(retry, 1);
    assert_true(limits_take(l, "b", now, &retry));
    assert_true(limits_take(l, "a", now + 500000000u, &retry));      /* two a second */
    assert_false(limits_take(l, "a", now + 500000000u, &retry));
    for (int i = 0; i < 3; i++) assert_true(limits_take(l, "a", now + 60000000000u, &retry));
    assert_false(limits_take(l, "a", now + 60000000000u, &retry));   /* never more than the burst */
    limits_free(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_route_is_described), cmocka_unit_test(everything_described_is_routed), cmocka_unit_test(keys), cmocka_unit_test(secrets), cmocka_unit_test(buckets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* pictures: taken in, made small, found; hostile files and servers cost themselves. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pictures/pictures_int.h"

#include <jpeglib.h>
#include <png.h>
#include <webp/decode.h>
#include <webp/encode.h>

#include <cmocka.h>

static char folder[64];
static struct store *store;
static struct catalogue *catalogue;
static struct pictures *pictures;

static const char *in_folder(const char *name)
{
    static char path[8][200];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder, name);
    return path[turn];
}

static void put(const char *name, const void *data, size_t n)
{
    FILE *f = fopen(in_folder(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    fclose(f);
}

static void import_products(const char *jsonl)
{
    struct import_result r;
    put("products.jsonl", jsonl, strlen(jsonl));
    assert_int_equal(catalogue_import(catalogue, in_folder("products.jsonl"), &(struct import_options){0}, &r, NULL), OK);
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/daogou-pictures-XXXXXX");
    if (!mkdtemp(folder)) return -1;
    mkdir(in_folder("in"), 0777);
    return store_open(":memory:", STORE_READ_WRITE, &store) == OK && catalogue_open(store, &catalogue) == OK &&
                   pictures_open(store, catalogue, in_folder("kept"), &pictures) == OK
               ? 0
               : -1;
}

static int teardown(void **state)
{
    char command[100];
    (void)state;
    pictures_close(pictures);
    catalogue_close(catalogue);
    store_close(store);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* ---- pictures made here ---- */

struct bytes { uint8_t *data; size_t n; };

/* Red, green, blue, white quarters. */
static uint8_t *pattern(int width, int height)
{
    static const uint8_t colours[4][4] = {{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}};
    uint8_t *p = malloc((size_t)width * (size_t)height * 4);
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) memcpy(p + ((size_t)y * (size_t)width + (size_t)x) * 4, colours[(y >= height / 2) * 2 + (x >= width / 2)], 4);
    return p;
}

static struct bytes make_png(int width, int height)
{
    uint8_t *pixels = pattern(width, height);
    png_image image = {.version = PNG_IMAGE_VERSION, .width = (png_uint_32)width, .height = (png_uint_32)height, .format = PNG_FORMAT_RGBA};
    png_alloc_size_t n = 0;
    assert_true(png_image_write_to_memory(&image, NULL, &n, 0, pixels, 0, NULL));
    struct bytes b = {malloc(n), n};
    assert_true(png_image_write_to_memory(&image, b.data, &n, 0, pixels, 0, NULL));
    free(pixels);
    b.n = n;
    return b;
}

/* orientation: an EXIF segment that says how the camera was held, or 0. */
static struct bytes make_jpeg(int width, int height, int orientation)
{
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    uint8_t *pixels = pattern(width, height), *out = NULL;
    unsigned long n = 0;
    uint8_t exif[] = "Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0";
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &out, &n);
    c.image_width = (JDIMENSION)width;
    c.image_height = (JDIMENSION)height;
    c.input_components = 4;
    c.in_color_space = JCS_EXT_RGBA;
    jpeg_set_defaults(&c);
    jpeg_start_compress(&c, TRUE);
    exif[24] = (uint8_t)orientation;
    if (orientation) jpeg_write_marker(&c, JPEG_APP0 + 1, exif, 32);
    while (c.next_scanline < c.image_height) {
        JSAMPROW row = pixels + (size_t)c.next_scanline * (size_t)width * 4;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    free(pixels);
    return (struct bytes){out, n};
}

static struct bytes make_webp(int width, int height)
{
    uint8_t *pixels = pattern(width, height);
    struct bytes b = {0};
    b.n = WebPEncodeLosslessRGBA(pixels, width, height, width * 4, &b.data);
    free(pixels);
    return b;
}

static void keep(const char *name, struct bytes b)
{
    put(name, b.data, b.n);
    free(b.data);
}

static struct pictures_report import_expecting(uint64_t seen, uint64_t added, uint64_t refused)
{
    struct pictures_report r;
    if (pictures_import(pictures, in_folder("in"), &r, NULL) != OK) fail_msg("%s", status_message());
    if (r.seen != seen || r.added != added || r.refused != refused)
        fail_msg("seen %lu added %lu refused %lu: %s", (unsigned long)r.seen, (unsigned long)r.added, (unsigned long)r.refused, r.first_reason);
    return r;
}

static void expect_pixels(const char *id, int size, int width, int height)
{
    struct picture p;
    int w, h;
    if (pictures_find(pictures, id, size, &p) != OK) fail_msg("%s", status_message());
    assert_string_equal(p.type, "image/webp");
    assert_true(p.etag[0] != 0);
    uint8_t *rgba = WebPDecodeRGBA((const uint8_t *)p.bytes, p.n, &w, &h);
    assert_non_null(rgba);
    assert_int_equal(w, width);
    assert_int_equal(h, height);
    size_t at = ((size_t)(h / 4) * (size_t)w + (size_t)(w / 4)) * 4;
    assert_true(rgba[at] > 200 && rgba[at + 1] < 60 && rgba[at + 2] < 60);   /* the first quarter is red */
    WebPFree(rgba);
    picture_release(&p);
}

static const char SVG[] = "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 1 1\"><rect fill=\"url(#a)\" width=\"1\" height=\"1\"/></svg>";

/* ---- the good ones ---- */

static void every_kind(void **state)
{
    (void)state;
    import_products("{\"id\":\"A-1\",\"title\":\"a\"}\n{\"id\":\"A-2\",\"title\":\"a\"}\n{\"id\":\"A-3\",\"title\":\"a\"}\n{\"id\":\"A-4\",\"title\":\"a\"}\n"
                    "{\"id\":\"A-5\",\"title\":\"a\",\"image\":\"sub/five.png\"}\n{\"id\":\"A-6\",\"title\":\"a\",\"image\":\"../products.jsonl\"}\n");
    mkdir(in_folder("in/sub"), 0777);
    keep("in/A-1.png", make_png(1000, 500));
    keep("in/A-2.jpg", make_jpeg(1000, 600, 0));
    keep("in/A-3.webp", make_webp(100, 60));
    keep("in/sub/five.png", make_png(64, 64));
    put("in/A-4.svg", SVG, sizeof SVG - 1);
    put("in/notes.txt", "x", 1);
    struct pictures_report r = import_expecting(6, 5, 1);   /* a picture outside of the folder is none */
    assert_non_null(strstr(r.first_reason, "../products.jsonl: it is not in the folder"));
    expect_pixels("A-1", PICTURE_SMALL, 160, 80);
    expect_pixels("A-1", PICTURE_LARGE, 480, 240);
    expect_pixels("A-2", PICTURE_LARGE, 480, 288);
    expect_pixels("A-3", PICTURE_LARGE, 100, 60);            /* never made larger */
    expect_pixels("A-5", PICTURE_SMALL, 64, 64);
    struct picture p;
    assert_int_equal(pictures_find(pictures, "A-4", PICTURE_SMALL, &p), OK);
    assert_string_equal(p.type, "image/svg+xml");
    assert_int_equal(p.n, sizeof SVG - 1);
    picture_release(&p);
    assert_int_equal(pictures_find(pictures, "A-6", PICTURE_SMALL, &p), ERR_NOT_FOUND);
    assert_int_equal(pictures_find(pictures, "nobody", PICTURE_SMALL, &p), ERR_NOT_FOUND);
    assert_int_equal(pictures_find(pictures, "A-1", 100, &p), ERR_USAGE);
    pictures_import(pictures, in_folder("in"), &r, NULL);
    assert_int_equal(r.unchanged, 5);
}

static void a_camera_held_sideways(void **state)
{
    (void)state;
    import_products("{\"id\":\"S\",\"title\":\"a\"}\n");
    /* Orientation 6: the first row is the right side. Upright, the quarter that was bottom left (blue) is top left. */
    keep("in/S.jpg", make_jpeg(400, 200, 6));
    import_expecting(1, 1, 0);
    struct picture p;
    int w, h;
    assert_int_equal(pictures_find(pictures, "S", PICTURE_LARGE, &p), OK);
    uint8_t *rgba = WebPDecodeRGBA((const uint8_t *)p.bytes, p.n, &w, &h);
    assert_int_equal(w, 200);
    assert_int_equal(h, 400);
    assert_true(rgba[(100 * 200 + 50) * 4 + 2] > 200 && rgba[(100 * 200 + 50) * 4] < 60);
    WebPFree(rgba);
    picture_release(&p);
}

static void categories(void **state)
{
    (void)state;
    import_products("{\"id\":\"H\",\"title\":\"a\",\"category\":\"数码 > 耳机\",\"category_en\":\"Electronics > Headphones\"}\n"
                    "{\"id\":\"K\",\"title\":\"a\",\"category\":\"数码 > 键盘\",\"category_en\":\"Electronics > Keyboards\"}\n");
    keep("in/headphones.png", make_png(10, 20));
    keep("in/Electronics.png", make_png(20, 10));
    keep("in/stranger.png", make_png(20, 10));
    import_expecting(3, 2, 1);
    expect_pixels("H", PICTURE_SMALL, 10, 20);
    expect_pixels("K", PICTURE_SMALL, 20, 10);
    keep("in/K.png", make_png(30, 10));
    import_expecting(4, 1, 1);
    expect_pixels("K", PICTURE_SMALL, 30, 10);
}

/* ---- the bad ones ---- */

static uint32_t crc(const uint8_t *p, size_t n)
{
    uint32_t c = 0xFFFFFFFF;
    while (n--) {
        c ^= *p++;
        for (int i = 0; i < 8; i++) c = c & 1 ? c >> 1 ^ 0xEDB88320 : c >> 1;
    }
    return ~c;
}

static void put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void refused(struct bytes b, status code, const char *word)
{
    struct pixels pixels;
    enum picture_kind kind = picture_kind(b.data, b.n);
    uint64_t seen = mem_seen();
    status s = picture_decode(kind, b.data, b.n, &pixels);
    if (s != code || !strstr(status_message(), word)) fail_msg("kind %d: %d, not %d with %s: %s", kind, s, code, word, s ? status_message() : "");
    assert_null(pixels.rgba);
    (void)seen;
    free(b.data);
}

static void bombs(void **state)
{
    (void)state;
    struct bytes png = make_png(10, 10);
    put32(png.data + 16, 65000);
    put32(png.data + 20, 65000);
    put32(png.data + 29, crc(png.data + 12, 17));
    refused(png, ERR_LIMIT, "65000 x 65000");
    struct bytes jpeg = make_jpeg(10, 10, 0);
    for (size_t i = 0; i + 9 < jpeg.n; i++)
        if (jpeg.data[i] == 0xFF && jpeg.data[i + 1] == 0xC0) memcpy(jpeg.data + i + 5, "\xFD\xE8\xFD\xE8", 4);
    refused(jpeg, ERR_LIMIT, "65000 x 65000");
    struct bytes webp = make_webp(10, 10);
    memcpy(webp.data + 21, "\xFF\xFF\xFF\x0F", 4);   /* VP8L: 14 bits each */
    refused(webp, ERR_LIMIT, "16384 x 16384");
}

static struct bytes cut(struct bytes b, size_t n)
{
    b.n = n < b.n ? n : b.n;
    return b;
}

static void truncated(void **state)
{
    (void)state;
    struct bytes whole = make_png(64, 64);
    size_t n = whole.n;
    free(whole.data);
    for (size_t i = 9; i < n - 13; i += 3) refused(cut(make_png(64, 64), i), ERR_FORMAT, "PNG");
    whole = make_jpeg(64, 64, 0);
    n = whole.n;
    free(whole.data);
    for (size_t i = 4; i < n - 2; i += 7) refused(cut(make_jpeg(64, 64, 0), i), ERR_FORMAT, "JPEG");
    whole = make_webp(64, 64);
    n = whole.n;
    free(whole.data);
    for (size_t i = 12; i < n; i++) refused(cut(make_webp(64, 64), i), ERR_FORMAT, "WebP");
}

/* Any byte changed: a picture or a sentence, never a crash. */
static void altered(void **state)
{
    struct rng r;
    (void)state;
    rng_seed(&r, 7);
    for (int i = 0; i < 600; i++) {
        struct bytes b = i % 3 == 0 ? make_png(40, 30) : i % 3 == 1 ? make_jpeg(40, 30, 3) : make_webp(40, 30);
        struct pixels pixels;
        for (uint64_t k = rng_below(&r, 6) + 1; k > 0; k--) b.data[12 + rng_below(&r, b.n - 12)] = (uint8_t)rng_next(&r);
        if (picture_decode(picture_kind(b.data, b.n), b.data, b.n, &pixels) == OK) mem_free(pixels.rgba);
        free(b.data);
    }
}

static void drawings_that_do_more(void **state)
{
    static const char *const bad[] = {
        "<svg><script>alert(1)</script></svg>", "<svg onload=\"alert(1)\"/>", "<svg><a href=\"javascript:alert(1)\"/></svg>",
        "<svg><image href=\"http://x/y.png\"/></svg>", "<svg><use href=\"http://x/y.svg#a\"/></svg>", "<svg><rect fill=\"url(http://x)\"/></svg>",
        "<svg><style>@import 'http://x';</style></svg>", "<svg><foreignObject/></svg>", "<svg xmlns:l=\"http://www.w3.org/1999/xlink\"><use l:href=\"data:x\"/></svg>",
        "<!DOCTYPE svg [<!ENTITY a \"b\">]><svg>&a;</svg>", "<svg><rect></svg>", "<svg", "<html><svg/></html>", "<svg><rect style=\"fill:URL( 'http://x')\"/></svg>",
    };
    (void)state;
    assert_int_equal(svg_check(SVG, sizeof SVG - 1), OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (svg_check(bad[i], strlen(bad[i])) != ERR_FORMAT) fail_msg("taken: %s", bad[i]);
}

static void wrong_names(void **state)
{
    (void)state;
    import_products("{\"id\":\"A\",\"title\":\"a\"}\n{\"id\":\"B\",\"title\":\"a\"}\n{\"id\":\"C\",\"title\":\"a\"}\n");
    put("in/A.png", "GIF89a..........", 16);
    put("in/B.jpg", "", 0);
    keep("in/C.jpg", make_png(10, 10));   /* by its content a PNG, and taken */
    struct pictures_report r = import_expecting(3, 1, 2);
    assert_non_null(strstr(r.first_reason, "no JPEG, PNG, WebP or SVG"));
}

static void memory_and_disk(void **state)
{
    (void)state;
    import_products("{\"id\":\"A\",\"title\":\"a\"}\n{\"id\":\"B\",\"title\":\"a\"}\n");
    keep("in/A.png", make_png(300, 300));
    keep("in/B.jpg", make_jpeg(300, 300, 0));
    struct pictures_report r;
    struct picture p;
    for (uint64_t n = 1; n < 200; n++) {
        mem_fail_at(n);
        status s = pictures_import(pictures, in_folder("in"), &r, NULL);
        mem_fail_at(0);
        assert_true(s == OK || s == ERR_NOMEM);
        if (s == OK && r.refused == 0) break;
    }
    for (uint64_t n = 1; n <= 4; n++) {
        char command[100];
        snprintf(command, sizeof command, "rm -rf %s", in_folder("kept"));
        assert_int_equal(system(command), 0);
        file_fail_write_at(n);
        assert_int_equal(pictures_import(pictures, in_folder("in"), &r, NULL), OK);
        file_fail_write_at(0);
        assert_int_equal(r.refused, 1);
    }
    assert_int_equal(pictures_import(pictures, in_folder("in"), &r, NULL), OK);
    assert_int_equal(r.refused, 0);
    for (uint64_t n = 1;; n++) {
        mem_fail_at(n);
        status s = pictures_find(pictures, "A", PICTURE_SMALL, &p);
        mem_fail_at(0);
        picture_release(&p);
        if (s == OK) break;
        assert_int_equal(s, ERR_NOMEM);
    }
}

/* ---- the network ---- */

struct server { int fd, port; pthread_t thread; struct bytes png; };

static void *serve(void *context)
{
    struct server *s = context;
    for (int fd; (fd = accept(s->fd, NULL, NULL)) >= 0; close(fd)) {
        char request[2000], header[200];
        ssize_t n = read(fd, request, sizeof request - 1);
        if (n <= 0) continue;
        request[n] = 0;
        if (strncmp(request, "GET /quit", 9) == 0) {
            close(fd);
            break;
        }
        if (strncmp(request, "GET /loop", 9) == 0) snprintf(header, sizeof header, "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
        else if (strncmp(request, "GET /moved", 10) == 0) snprintf(header, sizeof header, "HTTP/1.1 302 Found\r\nLocation: /a.png\r\nContent-Length: 0\r\n\r\n");
        else if (strncmp(request, "GET /file", 9) == 0) snprintf(header, sizeof header, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n");
        else if (strncmp(request, "GET /huge", 9) == 0) snprintf(header, sizeof header, "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
        else if (strncmp(request, "GET /svg", 8) == 0) snprintf(header, sizeof header, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<svg/>");
        else if (strncmp(request, "GET /none", 9) == 0) snprintf(header, sizeof header, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
        else if (strncmp(request, "GET /stall", 10) == 0) {
            usleep(400000);
            continue;
        } else snprintf(header, sizeof header, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", s->png.n);
        if (write(fd, header, strlen(header)) < 0) continue;
        if (strstr(header, "Connection: close") && write(fd, s->png.data, s->png.n) < 0) continue;
    }
    return NULL;
}

static void server_start(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    s->png = make_png(20, 20);
    s->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->fd, 16), 0);
    getsockname(s->fd, (struct sockaddr *)&a, &n);
    s->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_stop(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)s->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(write(fd, "GET /quit", 9), 9);
    pthread_join(s->thread, NULL);
    close(fd);
    close(s->fd);
    free(s->png.data);
}

static void fetching(void **state)
{
    static const char *const paths[] = {"a.png", "moved", "loop", "file", "huge", "svg", "none", "stall"};
    struct server server;
    struct strbuf feed = {0};
    struct pictures_report r;
    struct picture p;
    (void)state;
    server_start(&server);
    for (int i = 0; i < 8; i++) strbuf_printf(&feed, "{\"id\":\"%s\",\"title\":\"x\",\"image\":\"http://127.0.0.1:%d/%s\"}\n", paths[i], server.port, paths[i]);
    strbuf_puts(&feed, "{\"id\":\"other\",\"title\":\"x\",\"image\":\"ftp://127.0.0.1/x\"}\n");
    import_products(feed.data);
    strbuf_release(&feed);
    assert_int_equal(pictures_fetch(pictures, &(struct pictures_fetch_options){.timeout_ms = 300}, &r, NULL), OK);
    assert_int_equal(r.added, 0);
    assert_int_equal(r.refused, 8);
    assert_non_null(strstr(r.first_reason, "private network"));
    assert_int_equal(pictures_fetch(pictures, &(struct pictures_fetch_options){.allow_private = true, .timeout_ms = 300}, &r, NULL), OK);
    assert_int_equal(r.added, 2);
    assert_int_equal(r.refused, 6);
    assert_non_null(strstr(r.first_reason, "/loop: "));
    expect_pixels("a.png", PICTURE_SMALL, 20, 20);
    expect_pixels("moved", PICTURE_SMALL, 20, 20);
    assert_int_equal(pictures_find(pictures, "file", PICTURE_SMALL, &p), ERR_NOT_FOUND);
    assert_int_equal(pictures_fetch(pictures, &(struct pictures_fetch_options){.allow_private = true, .timeout_ms = 300, .bytes_max = 10}, &r, NULL), OK);
    assert_int_equal(r.unchanged, 2);   /* not asked for again */
    server_stop(&server);
}

static bool is_public(int family, const char *text)
{
    struct sockaddr_storage a = {.ss_family = (sa_family_t)family};
    void *at = family == AF_INET ? (void *)&((struct sockaddr_in *)&a)->sin_addr : (void *)&((struct sockaddr_in6 *)&a)->sin6_addr;
    assert_int_equal(inet_pton(family, text, at), 1);
    return address_is_public((struct sockaddr *)&a);
}

static void addresses(void **state)
{
    static const char *const inside4[] = {"0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"};
    static const char *const inside6[] = {"::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::", "2001:db8::1", "::127.0.0.1"};
    (void)state;
    for (size_t i = 0; i < sizeof inside4 / sizeof inside4[0]; i++) assert_false(is_public(AF_INET, inside4[i]));
    for (size_t i = 0; i < sizeof inside6 / sizeof inside6[0]; i++) assert_false(is_public(AF_INET6, inside6[i]));
    assert_true(is_public(AF_INET, "8.8.8.8") && is_public(AF_INET, "172.32.0.1") && is_public(AF_INET, "1.1.1.1"));
    assert_true(is_public(AF_INET6, "2606:4700::1111") && is_public(AF_INET6, "::ffff:8.8.8.8"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_kind, setup, teardown),    cmocka_unit_test_setup_teardown(a_camera_held_sideways, setup, teardown),
        cmocka_unit_test_setup_teardown(categories, setup, teardown),    cmocka_unit_test(bombs),
        cmocka_unit_test(truncated),                                     cmocka_unit_test(altered),
        cmocka_unit_test(drawings_that_do_more),                         cmocka_unit_test_setup_teardown(wrong_names, setup, teardown),
        cmocka_unit_test_setup_teardown(memory_and_disk, setup, teardown), cmocka_unit_test_setup_teardown(fetching, setup, teardown),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

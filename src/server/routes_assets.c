/* Pages, scripts and styles that are part of the program (assets.h is made by cmake/assets.cmake from web/dist). */
#include "assets.h"
#include "server_int.h"

#include <string.h>

static status send_asset(struct call *c, const char *name)
{
    for (size_t i = 0; i < asset_count; i++)
        if (strcmp(assets[i].name, name) == 0) {
            c->asset = &assets[i];
            return OK;
        }
    return fail(ERR_NOT_FOUND, "there is no asset of this name");
}

static status page(struct call *c)
{
    caller_make_shopper(c);
    return send_asset(c, "index.html");
}

static status widget(struct call *c)
{
    call_header(c, "Access-Control-Allow-Origin", "*");
    call_header(c, "Cross-Origin-Resource-Policy", "cross-origin");
    return send_asset(c, "widget.js");
}

static status console(struct call *c) { return send_asset(c, "console.html"); }

static status openapi(struct call *c)
{
    call_header(c, "Access-Control-Allow-Origin", "*");
    return send_asset(c, "openapi.json");
}

static status named(struct call *c)
{
    char name[128];
    snprintf(name, sizeof name, "assets/%s", c->arguments[0]);
    return send_asset(c, name);
}

const struct route routes_assets[] = {
    {"GET", "/", SCOPE_NONE, LANE_LOOP, page, ROUTE_NO_LIMIT, 0},
    {"GET", "/widget.js", SCOPE_NONE, LANE_LOOP, widget, ROUTE_NO_LIMIT, 0},
    {"GET", "/console", SCOPE_NONE, LANE_LOOP, console, ROUTE_NO_LIMIT | ROUTE_ADMIN_LISTENER, 0},
    {"GET", "/openapi.json", SCOPE_NONE, LANE_LOOP, openapi, ROUTE_NO_LIMIT, 0},
    {"GET", "/assets/{name}", SCOPE_NONE, LANE_LOOP, named, ROUTE_NO_LIMIT, 0},
    {0},
};

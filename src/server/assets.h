/* What is part of the program and sent as it is. Defined in assets.c, which the build makes of web/dist and openapi.json (cmake/assets.cmake). */
#ifndef DAOGOU_ASSETS_H
#define DAOGOU_ASSETS_H

#include "http/http.h"

extern const struct http_asset assets[];
extern const size_t asset_count;

#endif

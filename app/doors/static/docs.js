"use strict";

SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#contract",
  deepLinking: true,
  docExpansion: "list",
  validatorUrl: null,
  requestInterceptor(request) {
    // One dialect demands it of requests without a body too; to the others it is nothing.
    const named = Object.keys(request.headers).some((name) => name.toLowerCase() === "content-type");
    if (!named && !request.loadSpec) {
      request.headers["Content-Type"] = "application/json";
    }
    return request;
  },
});
